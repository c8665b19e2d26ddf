"""Several matters in one letter: where one ends and the next begins. Reasons, steps and demands of one are not several.

A list (一是…二是…, 1. … 2. …) or a turn (另外, 还有) parts a letter where both sides have a matter of their own: things of
different groups, each with something wrong or wanted. Where the letter says how many there are (反映两件事), less is asked.
"""

import re
from bisect import bisect_left
from itertools import pairwise

from pipeline.judge.reading.tokens import ALL_GROUPS, Clause, bit
from pipeline.judge.reading.view import View, view_of

PARTS_MAX = 6

# What begins with one set of characters is searched for fast: the mark is matched, what follows only looked at.
_ITEM_WORDING = r"(?:第?[一二三四五六][是、,::.．]|一个是|头一(?:个|件|桩)|第[一二三四五六](?:个|件|桩)|第[一二三四五六](?=[^年月日届中小次个章条款项]{1})|[1-6①-⑥](?:[、.．)]| (?=[\u4e00-\u9fff]))(?![0-9])|\([一二三四1-6]\)|首先|其次|其一|其二|其三|再次|最后)"
_TURN_WORDING = r"(?:另外|此外|另(?=[,有,])|还有(?!人|没有|多少|多久|几|一[个位户家]?人|老人|孩子|[0-9一二两三几]+(?:年|个?月|天))|再就是|哦?对了还有|还想(?:反映|问|请|说|投诉)|还要反映|顺便|再一个|再说一(?:下|件)|同时还|同时(?=[,我请希小])|除此之外|第二(?:件|个)(?:事|问题)?|另一(?:件|个)(?:事|问题))"
_AFTER_MARK = r"[。;!?,:\n\s](?=%s)"
_FIRST_ITEM, _ITEM = re.compile(_ITEM_WORDING), re.compile(_AFTER_MARK % _ITEM_WORDING)
_TURN = re.compile(_AFTER_MARK % _TURN_WORDING)
_ITEM_WORD = re.compile(
    r"一是|二是|一个是|头一|第二个|第二件|一、|二、|1、|2、|1\.|2\.|\(1|\(2|\(一|\(二|首先|其次|其一|第一|第二|一\.|1:|一:|1 "
)
_COUNTING_WORD = re.compile(
    r"件|个问题|个事|个诉求|桩|点问题|分别|个情况|个投诉|两事|二事|三事|项|个不同|两样|三样"
)
_TURN_WORD = re.compile(r"另|此外|还有|再就是|还想|还要|顺便|再一个|再说|同时|除此|第二")
_HOW_MANY = re.compile(
    r"(?:[两二三四五几]|2|3)(?:个|件|桩|点|项)(?:问题|事|事情|诉求|情况|投诉|不同)|分别(?:处理|解决|答复|反映|受理)|两件|两样|三样|两个事|[两二三]事"
)
_MATTER = ALL_GROUPS
_WRONG = bit(
    "problem",
    "please",
    "suggest",
    "ask_strong",
    "style",
    "unmet",
    "overturn",
    "accuse",
    "daily",
    "integrity",
    "organ_fault",
    "service_matter",
    "labour",
    "market",
    "social",
    "private",
)

_EACH = "一个是"
"""Said twice, it counts as it lists."""

_WRITES_FOR = re.compile(
    r"(?:写信|来信|来电|打电话|留言)(?:是|主要是|只是|就是)?(?:为了|想|要|希望|建议|反映|咨询)|(?:想|要)(?:反映|说|问|咨询|建议|投诉)的(?:是|问题)"
)
_OF_OTHERS = bit(
    "court", "court_deed", "proc", "proc_deed", "suit", "suit_pending", "suit_done", "arbitration", "arb_pending",
    "arb_done", "review", "review_pending", "review_done", "petition_done", "discipline", "party", "congress",
    "cppcc", "army", "overturn",
)  # fmt: skip

_Run = tuple[int, tuple[Clause, ...]]
"""Clauses in a row, after the bits of all of them."""


def parts_of(whole: View) -> tuple[View, ...]:
    """*whole* as one view, or as the views of its matters."""
    said = whole.said
    if len(whole.clauses) < 2:
        return (whole,)
    starts = _item_starts(said)
    turns = _turn_starts(whole)
    told = (_COUNTING_WORD.search(said) is not None and _HOW_MANY.search(said) is not None) or said.count(
        _EACH
    ) > 1
    if len(starts) < 2 and not turns and not told:
        return (whole,)
    of = ~0 if told else _MATTER
    parts = _cut(whole, starts, of, is_list=True) if len(starts) > 1 else []
    if not _are_matters(parts, told=told):
        parts = _cut(whole, turns, of) if turns else []
        if not _are_matters(parts, told=told):
            parts = _two_told(whole) if told else []
    if not 2 <= len(parts) <= PARTS_MAX:
        return (whole,)
    return tuple(view_of(said, clauses) for _, clauses in parts)


def purpose_of(view: View) -> View:
    """What the sender says that the letter is for (今天写信是想…), where what was told before it is an end of another
    organ's and nothing of that is asked about; else *view*.
    """
    if not view.has(_OF_OTHERS):
        return view
    match = _WRITES_FOR.search(view.said, view.start, view.end)
    if match is None:
        return view
    asked = tuple(clause for clause in view.clauses if clause.end > match.start())
    bits = _bits_of(asked)
    if bits & _OF_OTHERS or not (bits & _MATTER and bits & _WRONG):
        return view
    return view_of(view.said, asked)


def _item_starts(said: str) -> list[int]:
    if _ITEM_WORD.search(said) is None:
        return []
    first = [0] if _FIRST_ITEM.match(said) else []
    return first + [match.end() for match in _ITEM.finditer(said)]


def _turn_starts(whole: View) -> list[int]:
    if _TURN_WORD.search(whole.said) is None:
        return []
    return [match.end() for match in _TURN.finditer(whole.said) if match.end() > whole.start]


def _cut(whole: View, starts: list[int], of: int, *, is_list: bool = False) -> list[_Run]:
    """What stands between *starts*; an introduction without a matter, or a close without one, goes with its neighbour.

    *of*: what makes a matter; in a list nothing but ``_MATTER`` makes one of the introduction.
    """
    edges = [whole.start, *(start for start in starts if start > whole.start), whole.end + 1]
    begun = [clause.start for clause in whole.clauses]
    places = [bisect_left(begun, edge) for edge in edges]
    runs = [whole.clauses[first:after] for first, after in pairwise(places)]
    merged: list[_Run] = []
    carried: tuple[Clause, ...] = ()
    for place, run in enumerate(runs):
        if _bits_of(run) & (_MATTER if is_list and not place and starts[0] > whole.start else of):
            merged.append((_bits_of(carried + run), carried + run))
            carried = ()
        elif merged:
            bits, clauses = merged[-1]
            merged[-1] = bits | _bits_of(run), clauses + run
        else:
            carried += run
    return merged


def _bits_of(clauses: tuple[Clause, ...]) -> int:
    bits = 0
    for clause in clauses:
        bits |= clause.bits
    return bits


def _are_matters(parts: list[_Run], *, told: bool) -> bool:
    if not 2 <= len(parts) <= PARTS_MAX:
        return False
    groups = [bits & ALL_GROUPS for bits, _ in parts]
    if told:
        return any(bits & _WRONG for bits, _ in parts) and all(
            one & ~other or other & ~one or not one | other for one, other in pairwise(groups)
        )
    if not all(bits & _MATTER and bits & _WRONG for bits, _ in parts):
        return False
    return all(not one & other for one, other in pairwise(groups))


def _two_told(whole: View) -> list[_Run]:
    """The letter says two and marks none: cut at the sentence end where the groups change altogether."""
    for place in range(1, len(whole.clauses)):
        if whole.clauses[place].sentence == whole.clauses[place - 1].sentence:
            continue
        left, right = whole.clauses[:place], whole.clauses[place:]
        parts = [(_bits_of(left), left), (_bits_of(right), right)]
        if _are_matters(parts, told=False):
            return parts
    return []
