"""From a letter to its matters. ``read`` is computed once a letter; ``matters`` sees them from one city."""

from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.judge.reading import (
    breadth,
    certainty,
    demands,
    objects,
    organs,
    places,
    reports,
    split,
    stages,
)
from pipeline.judge.reading.circumstances import circumstances_of
from pipeline.judge.reading.frame import Framed, framed
from pipeline.judge.reading.tokens import Token, bit, clauses
from pipeline.judge.reading.view import View, view_of
from pipeline.policies.matter import (
    Actor,
    Circumstances,
    Demand,
    Matter,
    Object,
    Procedure,
    Stage,
    Where,
)
from pipeline.text.divisions import Aliases
from pipeline.text.plain import Writing
from schemas.decision import Span
from schemas.letter import Said


@dataclass(frozen=True, slots=True)
class Piece:
    """One matter before anybody asks where it is. *start*, *end*: its place in the text as stored."""

    start: int
    end: int
    view: View
    matter: Matter
    about: Circumstances


@dataclass(frozen=True, slots=True)
class Reading:
    """A letter as it was read: at least one piece."""

    letter: Said
    frame: Framed
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A letter in clauses, before anybody asks what it wants."""

    frame: Framed
    whole: View


def seen(letter: Said, writing: Writing | None = None) -> Seen:
    """*letter* in clauses. *writing*: its own, where it is known."""
    frame = framed(letter, writing)
    return Seen(frame, view_of(frame.said, clauses(frame.said)))


def read(letter: Said, channel: str = "", department: str = "", known: Seen | None = None) -> Reading:
    """*letter* as matters. *channel*: as the door names it. *department*: the unit whose own mailbox it came to, if any.

    *known*: the letter in clauses, where it is known.
    """
    known = known or seen(letter)
    frame = known.frame
    views = split.parts_of(known.whole)
    edges = _edges(letter, frame, views)
    pieces = []
    for view, (start, end) in zip(views, edges, strict=True):
        matter = _matter(frame, split.purpose_of(view))
        about = circumstances_of(letter, frame, view, matter.demand, (channel, department))
        pieces.append(Piece(start, end, view, matter, about))
    return Reading(letter, frame, tuple(pieces))


def placed(piece: Piece, letter: Said, territory: tuple[str, ...], aliases: Aliases = ()) -> Matter:
    """The matter of *piece*, seen from the city that administers *territory*."""
    where, names, sure = places.where_of(piece.view, letter.place, territory, aliases)
    matter = piece.matter
    if where is Where.ELSEWHERE and sure < 1.0:
        sure = min(sure, certainty.elsewhere(piece.view))
    if where is Where.UNSAID and not names:
        return matter
    return replace(matter, place=where, places=names, sure=min(matter.sure, sure))


def _edges(letter: Said, frame: Framed, views: tuple[View, ...]) -> list[tuple[int, int]]:
    """Where each part stands in the text as stored: together they cover all of it."""
    count = len(letter.text)
    if len(views) == 1:
        return [(0, count)]
    starts = [0]
    for view in views[1:]:
        span = frame.span(max(view.start, frame.base), max(view.start, frame.base) + 1, "")
        starts.append(max(starts[-1], span.start if span else 0))
    return list(zip(starts, [*starts[1:], count], strict=True))


def _matter(frame: Framed, view: View) -> Matter:
    stage, procedure, staged = stages.stage_of(view)
    organ = organs.organ_of(view)
    again = reports.again_of(view)
    over = stage in (Stage.DONE, Stage.CONCLUDED)
    overturns = view.has(bit("overturn")) and (
        over or organ.actor in (Actor.COURT, Actor.ARBITRATION, Actor.ARMY)
    )
    wanted = demands.demand_of(
        view, again,
        reminds=reports.reminds(view), asks_status=reports.asks_status(view), overturns=overturns,
    )  # fmt: skip
    actor, sure = organ.actor, organ.sure
    if wanted.demand in (
        Demand.ASK,
        Demand.PRAISE,
        Demand.ADVERTISE,
        Demand.NONE,
        Demand.ABUSE,
        Demand.STATUS,
    ):
        actor, sure = None, 1.0
    if actor is None and overturns and procedure in (Procedure.ARBITRATION, Procedure.REVIEW):
        actor, sure = Actor.ARBITRATION if procedure is Procedure.ARBITRATION else None, 0.9
    soldiers = organs.army_at_work(view) if actor is None and wanted.demand is not Demand.ASK else None
    about = objects.object_of(view, actor, wanted.demand)
    if soldiers is not None and about.object in _SOCIAL:
        actor = Actor.ARMY
    if (
        stage in (Stage.DONE, Stage.PENDING)
        and actor is None
        and not overturns
        and _is_beside_the_case(view, wanted.demand)
        and not (wanted.demand is Demand.HANDLE and organs.is_ignored(view))
    ):
        stage, procedure = Stage.NONE, Procedure.NONE
    reach, reached = breadth.breadth_of(view, wanted.demand)
    if about.object is Object.INTEGRITY:
        actor, demand = Actor.OFFICIAL, Demand.ACCUSE
        sure = certainty.accusing(view, frame.head)
    else:
        sure = min(sure, _certain(frame, view, actor, wanted.demand, (stage, procedure)))
        demand = Demand.HANDLE if wanted.demand is Demand.ACCUSE else wanted.demand
    tokens = (wanted.token, organ.token if actor else None, about.token, staged, reached)
    return Matter(
        demand=demand,
        actor=actor or _local_actor(view, about.object),
        object=about.object,
        stage=stage,
        procedure=procedure,
        breadth=reach,
        again=again,
        unfounded=demands.is_unfounded(view),
        asked=wanted.asked,
        sure=min(sure, about.sure, wanted.sure),
        spans=_spans(frame, tokens),
    )


def _certain(
    frame: Framed, view: View, actor: Actor | None, demand: Demand, reached: tuple[Stage, Procedure]
) -> float:
    """How sure it is that another organ or a decided case, where there is one, is what the letter asks about."""
    if actor is not None:
        return certainty.other_organ(view, frame.head, actor, organs.words_of(actor))
    stage, procedure = reached
    if stage not in (Stage.DONE, Stage.CONCLUDED):
        return 1.0
    if demand is Demand.OVERTURN or procedure is Procedure.PETITION:
        return certainty.of_a_case(view, frame.head, stages.words_of(procedure))
    return 1.0


_SOCIAL = frozenset({Object.DAILY_LIFE, Object.SOCIAL_ORDER, Object.PUBLIC_SERVICE})


def _is_beside_the_case(view: View, demand: Demand) -> bool:
    """Is a case only told of, while a unit of the city is to do its own part, a question is asked, or its end may stand?"""
    return (
        demand in (Demand.ASK, Demand.SUGGEST, Demand.PRAISE)
        or view.has(bit("overturn_not"))
        or organs.local_fault(view)
        or organs.is_disobeyed(view)
        or organs.asks_a_unit(view)
    )


@lru_cache(maxsize=1)
def _locals() -> tuple[tuple[int, Actor], ...]:
    return (
        (bit("official"), Actor.OFFICIAL), (bit("service"), Actor.PUBLIC_SERVICE),
        (bit("business"), Actor.BUSINESS), (bit("gov"), Actor.GOVERNMENT), (bit("private_people"), Actor.PERSON),
    )  # fmt: skip


def _local_actor(view: View, what: Object) -> Actor:
    """Who of the city is complained of: the first one that is named in a clause where something is wrong."""
    if what is Object.PRIVATE:
        return Actor.PERSON
    if (
        view.has(bit("rescue_service"))
        and what is not Object.LIFE_DANGER
        and view.near(bit("rescue_service"), bit("problem", "style", "accuse", "please"))
    ):
        first = view.first(bit("rescue_service"))
        if first is not None and view.said[first[0] : first[1]] != "出车":
            return Actor.RESCUE_SERVICE
    if what is Object.WORK_STYLE:
        return Actor.OFFICIAL
    wrong = bit("problem", "style", "unmet")
    for bits, actor in _locals():
        if view.near(bits, wrong):
            return actor
    for bits, actor in _locals():
        if view.has(bits):
            return actor
    return Actor.UNKNOWN


def _spans(frame: Framed, tokens: tuple[Token | None, ...]) -> tuple[Span, ...]:
    spans = []
    for token in tokens:
        if token is not None:
            span = frame.span(token[0], token[1], frame.said[token[0] : token[1]])
            if span is not None and span not in spans:
                spans.append(span)
    return tuple(spans)
