"""Is what would exclude a letter what the letter asks for, or only told of in it?

A refusal has to be certain. An organ, a bribe, a judgement counts in full where it stands in the subject line, in the
last request, or in a letter so short that it is about little else; and where everyday things of a city do not have as
many words. Anything else is for a person to look at.
"""

import re
from enum import Enum

from pipeline.judge.reading.organs import asked_to_overturn
from pipeline.judge.reading.tokens import Clause, Token, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Actor

DOUBTFUL = 0.75
"""Below what excluding clauses ask for."""

_SHORT = 120
_OPENING = 40
_REQUEST = bit("please", "accuse", "overturn", "suggest")
_ACCUSE = bit("accuse")
_EVERYDAY = bit("daily", "service_matter", "market", "social", "labour", "benefit")
_BRIBES = bit("integrity_strong", "integrity")
_OUTRIGHT = bit("integrity_strong")
_ACCUSED = bit("official", "party", "public_staff")
_COURTESY = re.compile(
    r"(?:尊敬|敬爱|各级|各位|上级|有关|相关|恳请|望|请|向|求|给|到|靠|希望|主管|政府|这些|您的?|部门的?)的?(?:各位|各级|上级|市|县|区|省|政府|有关|相关)?$"
)
_HEEDING = re.compile(
    r"^(?:们)?(?:重视|关注|明察|明查|调查|彻查|严查|核查|查|给予|尽快|为|能|出面|督促|予以|主持|您|你|好|:|,)"
)
_ORIGIN = re.compile(
    r"(?:我|本人|老婆|妻子|老公|丈夫|女友|男友|外地|孩子)(?:们|家)?(?:是|来自)[^,。!?;]{0,8}(?:的|人)|外省人|(?:比|连|可是|而|和|与|跟)[^,。!?;]{0,12}(?:都|叫|相比|不如|就可|普调|比)|都?不如"
)
_LEANS = re.compile(r"(?:依仗|倚仗|仗着|凭借|靠着)[^,。!?;]{0,2}$")
_ANOTHER = re.compile(r"顺便|顺带|另外|此外|还有一|第二(?:个|件)|其二|二是|再一个|(?<![0-9])2[、. ]")
"""Another matter may follow."""
_SPOKEN_TO = (":", "您", "你", ",您", ",你")
_PERSON = ("主席", "副主席", "委员", "代表", "常委", "主任", "副主任")


def accusing(view: View, base: int) -> float:
    """How sure a reading is that an official is accused of taking money. *base*: where the telling starts."""
    if not _with_official(view) or _is_of_a_business(view, base):
        return DOUBTFUL
    if _is_short(view, base) and _is_to_be_punished(view):
        return 1.0
    return _asked(view, base, _BRIBES if _is_short(view, base) else _OUTRIGHT)


def _is_to_be_punished(view: View) -> bool:
    """Is somebody in office, in one clause with the taking, to be looked into; or an office, in one sentence with it, reported?"""
    last = next((clause for clause in reversed(view.clauses) if clause.bits & _REQUEST), None)
    in_one = any(clause.bits & _BRIBES and clause.bits & bit("official") for clause in view.clauses)
    if in_one and last is not None and last.bits & _ACCUSE:
        return True
    if not view.clauses[0].bits & _ACCUSE or view.has(bit("business", "service")):
        return False
    return any(bits & _BRIBES and bits & bit("official", "gov") for bits in view.sentences)


def other_organ(view: View, base: int, actor: Actor, named: int) -> float:
    """How sure a reading is that *actor*, known by the words *named*, is the one to act."""
    if actor in (Actor.CONGRESS, Actor.CPPCC) and _is_a_member(view, named) and view.has(_EVERYDAY):
        return DOUBTFUL
    asks_the_city = _in_request(view, bit("gov")) and not _in_request(view, named)
    if actor is Actor.COURT and asks_the_city and not view.has(bit("overturn")):
        return DOUBTFUL
    return _asked(view, base, named)


def of_a_case(view: View, base: int, words: int) -> float:
    """How sure a reading is that the letter is about a case that was decided, known by *words*."""
    return _asked(view, base, words)


def elsewhere(view: View) -> float:
    """How sure a reading is that a place named is that of the matter, not where somebody is from or what is compared."""
    return DOUBTFUL if _ORIGIN.search(view.said, view.start, view.end) else 1.0


def _asked(view: View, base: int, words: int) -> float:
    everyday, counted = view.count(_EVERYDAY), view.count(words)
    if everyday and _ANOTHER.search(view.said, view.start, view.end):
        return DOUBTFUL
    subject = _of_subject(view, base, words)
    requested = _in_request(view, words)
    if _is_short(view, base):
        outweighs = everyday <= counted if not words & _BRIBES or view.has(_OUTRIGHT) else everyday < counted
        sure = outweighs or subject is _Weight.MORE or (not subject and requested)
    elif subject is _Weight.MORE or (subject and requested):
        sure = True
    else:
        told = subject is not None or requested or _opens(view, base, words)
        sure = told and everyday < counted
    return 1.0 if sure or asked_to_overturn(view, words) else DOUBTFUL


def _is_short(view: View, base: int) -> bool:
    return view.end - max(view.start, base) <= _SHORT


class _Weight(Enum):
    """Has the subject line more words of the kind than of everyday things?"""

    MORE = "more"
    LESS = "less"


def _of_subject(view: View, base: int, words: int) -> _Weight | None:
    tokens = [token for clause in view.clauses if clause.end <= base for token in clause.tokens]
    meant = [token for token in tokens if token[2] & words]
    if not meant:
        return None
    everyday = sum(1 for token in tokens if token[2] & _EVERYDAY & ~words)
    outright = any(token[2] & _OUTRIGHT and not _LEANS.search(view.said[: token[0]]) for token in meant)
    return _Weight.MORE if len(meant) + outright > everyday else _Weight.LESS


def _opens(view: View, base: int, words: int) -> bool:
    """Does a letter without a subject line begin with it?"""
    return base == 0 and any(
        token[0] - view.start <= _OPENING
        for clause in view.clauses[:2]
        for token in clause.tokens
        if token[2] & words
    )


def _in_request(view: View, words: int) -> bool:
    last = next((clause for clause in reversed(view.clauses) if clause.bits & _REQUEST), None)
    return last is not None and last.bits & words != 0


def _with_official(view: View) -> bool:
    """Is somebody in office, or an office in the same clause, named where the taking is told, and not written to?"""
    sentences = {clause.sentence for clause in view.clauses if clause.bits & _BRIBES}
    reports = not view.is_long and view.has(_ACCUSE)
    return any(
        (clause.sentence in sentences if token[2] & _ACCUSED or reports else clause.bits & _BRIBES != 0)
        and _is_accused(view.said, clause, token)
        for clause, token in view.tokens(_ACCUSED | bit("gov"))
    )


def _is_of_a_business(view: View, base: int) -> bool:
    """Is it a business that takes, by the subject line, or one at whose gifts somebody only wonders?"""
    if view.has(bit("business")) and not view.has(_OUTRIGHT):
        return not any(clause.bits & _BRIBES and clause.bits & _ACCUSED for clause in view.clauses)
    return any(
        clause.bits & _BRIBES and clause.bits & bit("business") and not clause.bits & (_ACCUSED | bit("gov"))
        for clause in view.clauses
        if clause.end <= base
    )


def _is_accused(said: str, clause: Clause, token: Token) -> bool:
    if said[token[1] : token[1] + 2].startswith(_SPOKEN_TO):
        return False
    if said[token[0] : token[1]] in ("领导", "政府", "有关部门", "相关部门"):
        before = said[max(clause.start, token[0] - 6) : token[0]]
        return _COURTESY.search(before) is None and _HEEDING.match(said[token[1] : token[1] + 4]) is None
    return True


def _is_a_member(view: View, named: int) -> bool:
    return any(view.said.startswith(_PERSON, token[1]) for _, token in view.tokens(named))
