"""What may stand in a pack's file: its tables as checked models. What they mean together is ``reading``'s."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.policies.calendar import WORKDAYS_MAX
from pipeline.policies.conditions import AnyOf
from pipeline.policies.yaml_lines import Part
from schemas.base import Name
from schemas.decision import AnsweredBy, DispatchMode, HeldReason
from schemas.letter import Kind

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Za-z0-9._]{0,39}$")]
Effect = Literal["accept", "exclude", "forward", "escalate", "hold", "answer"]
Status = Literal["published", "unverified", "sample"]
"""published: its source was read; unverified: known, its source still to be read; sample: made up for trying out."""


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, AfterValidator(_day)]


class Rule(Part):
    """One clause: its code and its words."""

    code: Code
    quote: Words


class Source(Part):
    """The text a pack was made from. *basis*: a regulation; practice, a text without force; house, a rule of this system."""

    title: Words
    number: str = ""
    basis: Literal["regulation", "practice", "house"] = "regulation"
    note: str = ""


class Effective(Part):
    """From the first to the last day on which the pack is in force, in the city's time. Not named: not known, open."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    source: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ and self.to and self.to < self.from_:
            message = f"the last day {self.to} lies before the first day {self.from_}"
            raise ValueError(message)
        return self


class Exception_(Part):  # noqa: N801 - the pack's own word; Exception is taken
    """Where the clause does not apply. With *code* and *quote* the letter is accepted under them, else others decide."""

    when: AnyOf = Field(min_length=1)
    code: Code | None = None
    quote: Words | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.code is None) != (self.quote is None):
            message = "code and quote belong together"
            raise ValueError(message)
        return self


class UnitFor(Part):
    """To whom it goes where *when* holds."""

    unit: Words
    when: AnyOf = ()


CATCH_ALL_WORDS = ("其他", "其它", "其余")


class ClauseEntry(Part):
    """A clause and what it does where *when* holds.

    *reply*: the reason in words a citizen understands. *sure*: the certainty it asks of the reading; below it a person
    decides. *held_as*: the house rule that a hold is told under. *proposes*: what a person holding it is offered.
    *catch_all*: never fires by itself. *outweighs_silence*: accepts although the national rule points to a legal route.
    """

    code: Code
    quote: Words
    effect: Effect
    when: AnyOf = ()
    unless: tuple[Exception_, ...] = ()
    reply: str = Field(default="", max_length=500)
    units: tuple[UnitFor, ...] = ()
    sure: float = Field(default=0.0, ge=0, le=1)
    held_as: Code | None = None
    reason: HeldReason | None = None
    proposes: Literal["exclude", "accept", "escalate"] | None = None
    catch_all: bool = False
    outweighs_silence: bool = False
    marks: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        for message, wrong in (
            (
                "a catch-all must not fire by itself: effect hold, proposes exclude",
                self.catch_all and (self.effect != "hold" or self.proposes != "exclude"),
            ),
            (
                "this reads like a catch-all: say catch_all: true, effect: hold, proposes: exclude",
                self.effect == "exclude"
                and self.quote.lstrip("0123456789.、;；").startswith(CATCH_ALL_WORDS),
            ),
            (
                f"a clause with the effect {self.effect} needs a when: without it it would fire for every letter",
                self.effect != "accept" and not any(one.model_fields_set for one in self.when),
            ),
            (
                "an excluding clause needs a reply: the reason in plain words",
                self.effect == "exclude" and not self.reply,
            ),
            ("an excluding clause needs sure of at least 0.5", self.effect == "exclude" and self.sure < 0.5),
            ("a hold needs its reason", self.effect == "hold" and self.reason is None),
            (
                "reason and proposes belong to a hold",
                self.effect != "hold" and bool(self.reason or self.proposes),
            ),
            (
                "an escalating or forwarding clause names its units",
                self.effect in {"escalate", "forward"} and not self.units,
            ),
            ("outweighs_silence belongs to accept", self.outweighs_silence and self.effect != "accept"),
        ):
            if wrong:
                raise ValueError(message)
        return self


class Deadline(Part):
    """A term and where it stands. No *kinds*: all that have no term of their own."""

    kinds: tuple[Kind, ...] = ()
    days: int = Field(ge=1, le=WORKDAYS_MAX)
    count: Literal["workdays", "days"] = "workdays"
    status: Status
    source: Words


class TerritoryTable(Part):
    """Where the pack holds: code prefixes of divisions, the names people use, and the names of its own divisions."""

    codes: tuple[Annotated[str, Field(pattern=r"^[0-9]{2,6}$")], ...] = ()
    names: tuple[Words, ...] = ()
    aliases: tuple[Words, ...] = ()
    divisions: dict[Annotated[str, Field(pattern=r"^[0-9]{6}$")], tuple[Words, ...]] = Field(
        default_factory=dict
    )


class Dispatch(Part):
    """How orders are sent out, and who answers the citizen."""

    mode: DispatchMode
    who_replies: AnsweredBy = "unit"
    code: Code | None = None
    quote: Words | None = None


class Publicity(Part):
    """May a letter and its answer be published: never by default, after a review, only with an opinion, as the sender asks."""

    rule: Literal["off", "reviewed", "with_opinion", "as_asked", "unsaid"]
    code: Code | None = None
    quote: Words | None = None


class Confidentiality(Part):
    """What is kept from whom. *restricted*: matters whose orders are confidential."""

    restricted: AnyOf = ()
    code: Code | None = None
    quote: Words | None = None


class OrganEntry(Part):
    """Another organ, its number, where the number is from, and the matters that are its."""

    key: Name
    name: Words
    phone: str = Field(default="", max_length=40)
    status: Status
    source: Words
    when: AnyOf = ()


class UnitEntry(Part):
    """A unit of the directory: the topics, territories and words by which letters find it."""

    unit: Words
    topics: tuple[Words, ...] = ()
    territories: tuple[str, ...] = ()
    cues: tuple[Words, ...] = ()
    leader: str = ""
    liaison: str = ""
    status: Status
    source: str = ""


class UnitTable(Part):
    """The unit directory. *fallback*: who takes what nobody claims; empty: the city's settings name it."""

    fallback: str = ""
    entries: tuple[UnitEntry, ...] = ()


class AnswerEntry(Part):
    """A question that can be answered at once. *asks*: RE2 patterns over the normalised question; *never*: those that rule it out."""

    id: Name
    title: Words
    asks: tuple[Words, ...] = Field(min_length=1)
    never: tuple[Words, ...] = ()
    answer: Words
    unit: Words
    valid_from: Day | None = None
    valid_until: Day
    status: Status
    source: Words


class PackFile(Part):
    """One source text's pack."""

    pack: Name
    succeeds_as: Name | None = None
    version: Words
    title: Words
    source: Source
    effective: Effective = Effective()
    silence: Name | None = None
    territory: TerritoryTable = TerritoryTable()
    mailboxes: tuple[Words, ...] = ()
    kinds: dict[Words, Kind] = Field(default_factory=dict)
    emergency: Rule | None = None
    clauses: tuple[ClauseEntry, ...] = Field(min_length=1)
    deadlines: tuple[Deadline, ...] = Field(min_length=1)
    dispatch: Dispatch | None = None
    publicity: Publicity = Publicity(rule="unsaid")
    confidentiality: Confidentiality = Confidentiality()
    organs: tuple[OrganEntry, ...] = ()
    units: UnitTable | None = None
    units_from: Name | None = None
    answers: tuple[AnswerEntry, ...] = ()
    answers_from: Name | None = None
