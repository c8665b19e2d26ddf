"""Masks a sender's own contact wherever it stands in a text: an order goes to people who need the matter, not the phone.

Only what the sender gave as contact is looked for, however it is spaced, dashed or widened in the text. The telephone
of a shop complained of stays: nobody could work on the matter without it.
"""

import re
from functools import lru_cache

from schemas.letter import Sender

_NOT_DIGITS = re.compile(r"[^0-9]")
_DIGITS = re.compile(r"[0-9０-９]+")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9０-９][0-9０-９ ()（）\-－–]{5,24}")
PHONE_DIGITS_MIN = 7
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
_BETWEEN = r"[\s\-－–—.·()（）]{0,2}"


def mask_contact(text: str, sender: Sender) -> str:
    """*text* with the sender's telephone as 138****0001 and mail address as z***@example.cn."""
    phones, mails = _contacts(sender.phone, sender.email, sender.handle)
    for digits in phones:
        text = _mask_phone(text, digits)
    for mail in mails:
        text = _mask_mail(text, mail)
    return text


@lru_cache(maxsize=4)  # title, body and place of one letter
def _contacts(phone: str, email: str, handle: str) -> tuple[list[str], list[str]]:
    phones = {_phone_digits(phone), _phone_digits(handle)} - {""}
    mails = {said for said in (email.strip(), handle.strip()) if _MAIL.fullmatch(said)}
    return sorted(phones), sorted(mails)


def _phone_digits(said: str) -> str:
    if not _PHONE.fullmatch(said.strip()):
        return ""
    digits = _NOT_DIGITS.sub("", said.translate(_WIDE)).removeprefix("00")
    if len(digits) > 11 and digits.startswith("86"):
        digits = digits[2:]
    return digits if len(digits) >= PHONE_DIGITS_MIN else ""


def _mask_phone(text: str, digits: str) -> str:
    # Most letters do not hold it: the pattern is made only where all its digits follow one another, apart or not.
    if digits not in "".join(_DIGITS.findall(text)).translate(_WIDE):
        return text
    each = [f"[{digit}{chr(ord(digit) + 0xFEE0)}]" for digit in digits]
    kept = 3 if len(digits) >= 11 else 2
    hidden = f"{digits[:kept]}****{digits[-kept - 1 :] if kept == 3 else digits[-kept:]}"
    return re.sub(_BETWEEN.join(each), hidden, text)


def _mask_mail(text: str, mail: str) -> str:
    if mail.partition("@")[0].lower() not in text.lower():
        return text
    local, _, domain = mail.partition("@")
    pattern = re.escape(local) + "[@＠]" + re.escape(domain)
    return re.sub(pattern, lambda _: f"{local[0]}***@{domain}", text, flags=re.IGNORECASE)
