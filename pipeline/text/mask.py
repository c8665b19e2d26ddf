"""Masks private people's data in a text by role: an order goes to those who need the matter, not the person.

Hidden are the sender's contact, identity numbers, cards, private people's names, the sender's own car and door. The place
of the matter and the thing complained of stay (address, reported plate, a shop's telephone, an official's post): nobody
could work on the matter without them. What the sender gave as contact is hidden wherever it stands, however it is spaced.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipeline.text.personal import Finding, find
from pipeline.text.personal_words import COMPOUND_SURNAMES, SURNAMES, WORDS
from schemas.letter import Sender

_NOT_DIGITS = re.compile(r"[^0-9]")
_DIGITS = re.compile(r"[0-9０-９]+")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9０-９][0-9０-９ ()（）\-－–]{5,24}")
PHONE_DIGITS_MIN = 7
_WIDE = str.maketrans(
    "０１２３４５６７８９〇零一幺二三四五六七八九", "012345678900112345678 9".replace(" ", "")
)
_BETWEEN = r"[\s\-－–—.·()（）]{0,2}"
_FULL_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_COMPOUND = frozenset(COMPOUND_SURNAMES.split("|"))
_NO_PERSON_BEHIND = "路街村镇县区市省乡桥站山湖河江"


def mask_contact(text: str, sender: Sender, names: Iterable[str] = ()) -> str:
    """*text* without private people's data: telephones as 138****0001, mail as z***@example.cn, names as 王**.

    *names* are hidden wherever they stand: what ``names_in`` found in the whole letter, of which *text* is a part.
    Never longer than *text*; masking again changes nothing.
    """
    findings = tuple(each for each in find(text) if each.whose == "person")
    known = {*_sure_names(text, findings), *names, sender.name.strip()}
    for each in reversed(findings):
        text = text[: each.start] + hidden(each, text[each.start : each.end]) + text[each.end :]
    for name in sorted(_full_names(known), key=len, reverse=True):
        text = _mask_name(text, name)
    phones, mails = _contacts(sender.phone, sender.email, sender.handle)
    for digits in phones:
        text = _mask_phone(text, digits)
    for mail in mails:
        text = _mask_mail(text, mail)
    return text


def names_in(text: str) -> frozenset[str]:
    """Private people's names that *text* gives by a sure cue."""
    return frozenset(_sure_names(text, find(text)))


def _sure_names(text: str, findings: Iterable[Finding]) -> Iterator[str]:
    return (text[each.start : each.end] for each in findings if each.kind == "name" and each.sure)


def hidden(finding: Finding, said: str) -> str:
    """What stands in the order where *said* stood in the letter; never longer."""
    match finding.kind:
        case "mobile" | "landline":
            return _hide_phone(said)
        case "identity":
            return said[:2] + "*" * min(len(said) - 2, 16)
        case "card":
            return "*" * min(len(said) - 4, 12) + said[-4:]
        case "email":
            return _hide_mail(said)
        case "plate":
            return said[:2] + "*" * min(len(said) - 2, 6)
        case "name":
            return _hide_name(said)
        case "address":
            return "*" * min(len(said), 3)


def _hide_mail(mail: str) -> str:
    local, domain = re.split("[@＠﹫]", mail, maxsplit=1)
    kept = local[0] if len(local) > 1 else ""
    return f"{kept}{'*' * min(3, len(local) - len(kept))}@{domain.strip().lower()}"


def _hide_name(name: str) -> str:
    kept = 2 if name[:2] in _COMPOUND else 1
    return name[:kept] + "*" * (len(name) - kept)


def _full_names(names: Iterable[str]) -> set[str]:
    """Names that can be looked for without a cue: a family name and a given one, no common word."""
    return {
        name for name in names if _FULL_NAME.fullmatch(name) and name[0] in SURNAMES and name not in WORDS
    }


def _mask_name(text: str, name: str) -> str:
    if name not in text:
        return text
    return re.sub(rf"{name}(?![{_NO_PERSON_BEHIND}])", _hide_name(name), text)


@lru_cache(maxsize=4)  # title, body and place of one letter
def _contacts(phone: str, email: str, handle: str) -> tuple[list[str], list[str]]:
    phones = {_phone_digits(phone), _phone_digits(handle)} - {""}
    mails = {said for said in (email.strip(), handle.strip()) if _MAIL.fullmatch(said)}
    return sorted(phones), sorted(mails)


def _phone_digits(said: str) -> str:
    if not _PHONE.fullmatch(said.strip()):
        return ""
    digits = _local(_NOT_DIGITS.sub("", said.translate(_WIDE)))
    return digits if len(digits) >= PHONE_DIGITS_MIN else ""


def _local(digits: str) -> str:
    digits = digits.removeprefix("00")
    return digits[2:] if len(digits) > 11 and digits.startswith("86") else digits


def _hide_phone(said: str) -> str:
    digits = _local(_NOT_DIGITS.sub("", said.translate(_WIDE)))
    if len(digits) < PHONE_DIGITS_MIN:
        return "*" * min(len(said), 4)
    return _hidden_digits(digits)


def _hidden_digits(digits: str) -> str:
    before, behind = (3, 4) if len(digits) >= 11 else (2, 2)
    return digits[:before] + "*" * min(4, len(digits) - before - behind) + digits[-behind:]


def _mask_phone(text: str, digits: str) -> str:
    # Most letters do not hold it: the pattern is made only where all its digits follow one another, apart or not.
    if digits not in "".join(_DIGITS.findall(text)).translate(_WIDE):
        return text
    each = [f"[{digit}{chr(ord(digit) + 0xFEE0)}]" for digit in digits]
    return re.sub(_BETWEEN.join(each), _hidden_digits(digits), text)


def _mask_mail(text: str, mail: str) -> str:
    if mail.partition("@")[0].lower() not in text.lower():
        return text
    local, _, domain = mail.partition("@")
    pattern = re.escape(local) + "[@＠]" + re.escape(domain)
    return re.sub(pattern, lambda found: _hide_mail(found[0]), text, flags=re.IGNORECASE)
