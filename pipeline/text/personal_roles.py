"""Whose a number is: the sender's, or that of the thing complained of. Folded text.

Read is the clause before it. ``老板电话139…`` and ``被举报人:…,电话139…`` belong to the matter; ``请联系我,138…`` and a
number that stands alone are the writer's. Identity numbers are somebody's in any case.
"""

import re
from typing import Literal

from pipeline.text.personal_words import CONTACT_OF_OTHERS, MATTERS, OWN, OWN_CAR, PAID_BACK, PAID_TO

Whose = Literal["person", "matter"]

CLAUSE_CHARACTERS = 24
_CLAUSE_ENDS = re.compile(r"[,。;!?、\n~]")
_ACCUSED = re.compile(
    r"被(?:投诉|举报|申诉|反映|控告|告|检举)(?:人|方|单位|者|对象)?(?:姓名)?[:：]?[^。;!?\n]{0,20}$"
)
_BEHIND = re.compile(
    r"[ ]?\(?(?:的(?:骚扰|推销|电话|短信|来电|诈骗)|打来|发来|给我打|一直打|骚扰|是(?:诈骗|骚扰|骗子|老板|房东|物业|中介|经理|客服|他的|她的|对方))"
)
_OFFICE_MAIL = re.compile(r"@[^@]*\.gov\b|@[^@]*gov\.cn", re.ASCII)


def of_number(folded: str, start: int, end: int, kind: str) -> Whose:
    """Whose the telephone, identity number or card at ``[start, end)`` is."""
    if kind == "identity":
        return "person"
    if any(each.search(folded, max(0, start - 40), start) for each in (_ACCUSED, CONTACT_OF_OTHERS)):
        return "matter"
    if _BEHIND.match(folded, end):
        return "matter"
    if kind == "card":
        clause = _clause(folded, start)
        paid_to = _last(PAID_TO, clause) > _last(OWN, clause) and PAID_BACK.search(clause) is None
        return "matter" if paid_to else "person"
    return _by_clause(folded, start)


def of_mail(folded: str, start: int, end: int) -> Whose:
    """Whose the mail address is: an office's belongs to the matter."""
    if _OFFICE_MAIL.search(folded, start, end):
        return "matter"
    return _by_clause(folded, start)


def of_plate(folded: str, start: int) -> Whose:
    """Whose the car is: a plate is the thing complained of unless the writer calls the car their own."""
    return "person" if OWN_CAR.search(folded, max(0, start - CLAUSE_CHARACTERS), start) else "matter"


def _by_clause(folded: str, start: int) -> Whose:
    clause = _clause(folded, start)
    matters = _last(MATTERS, clause)
    return "matter" if matters > _last(OWN, clause) else "person"


def _clause(folded: str, start: int) -> str:
    """What stands between the last mark and *start*."""
    return _CLAUSE_ENDS.split(folded[max(0, start - CLAUSE_CHARACTERS) : start])[-1]


def _last(pattern: re.Pattern[str], clause: str) -> int:
    return max((match.start() for match in pattern.finditer(clause)), default=-1)
