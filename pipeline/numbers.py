"""Registration numbers, query codes and person references: derived from a city's key, the same on every node.

A number is fifteen digits of HMAC-SHA-256 over the letter's id and a check digit by ISO/IEC 7064 MOD 11,10, which
finds every single wrong digit. No date and no counter is in it, so it says nothing about other letters and cannot be
guessed without the key. The query code is derived under another label and is kept only hashed, under a third.
Pure: no clock, no chance, no I/O.
"""

import hmac
import re
import unicodedata
from uuid import UUID

from schemas.letter import Sender
from schemas.numbers import NUMBER_DIGITS, check_digit, is_number, plain, shown

__all__ = [
    "NUMBER_DIGITS",
    "check_digit",
    "code_hash",
    "is_number",
    "key_fingerprint",
    "person_ref",
    "plain",
    "query_code",
    "registration_number",
    "shown",
]

CODE_DIGITS = 8
_NO_DIGITS = re.compile("[^0-9]+")
PHONE_DIGITS_MIN = 7
"""Fewer digits are no telephone number: two strangers who both typed "1" are not one person."""


def _mac(city_key: bytes, label: str, text: str) -> bytes:
    return hmac.digest(city_key, f"{label}\x1f{text}".encode("utf-8", "surrogatepass"), "sha256")


def _digits(mac: bytes, count: int) -> str:
    return str(int.from_bytes(mac) % 10**count).zfill(count)


def registration_number(city_key: bytes, letter_id: UUID, counter: int = 0, digits: int = 15) -> str:
    """The number of a letter. *counter* rises only where the number before belongs to another letter already."""
    body = _digits(_mac(city_key, "number", f"{letter_id}\x1f{counter}"), digits)
    return body + check_digit(body)


def query_code(city_key: bytes, letter_id: UUID) -> str:
    """The eight digits that, beside the number, let a citizen see the letter's state."""
    return _digits(_mac(city_key, "query-code", str(letter_id)), CODE_DIGITS)


def code_hash(city_key: bytes, number: str, code: str) -> str:
    """What is kept of a query code. Without the city's key the eight digits cannot be tried out against it."""
    return _mac(city_key, "code-hash", f"{number}\x1f{code}").hex()


def _phone_digits(phone: str) -> str:
    digits = _NO_DIGITS.sub("", unicodedata.normalize("NFKC", phone)).removeprefix("00")
    # A mobile number has 11 digits and starts with 1; a land line with its area code starts with 0.
    if len(digits) >= 12 and digits.startswith("86"):
        digits = digits[2:]
    return digits if len(digits) >= PHONE_DIGITS_MIN else ""


def person_ref(city_key: bytes, sender: Sender) -> str:
    """Who wrote, as 64 hex digits that mean nothing without the key: by phone, else e-mail, else the channel's handle.

    Empty where nobody is named. The same telephone gives the same reference on every channel of the city.
    """
    if phone := _phone_digits(sender.phone):
        who = f"tel:{phone}"
    elif email := sender.email.strip().lower():
        who = f"mailto:{email}"
    elif handle := sender.handle.strip():
        who = f"handle:{handle}"
    else:
        return ""
    return _mac(city_key, "person", who).hex()


def key_fingerprint(key: bytes) -> str:
    """What stands beside a city on ``line.city.v1``: tells keys apart, gives nothing away."""
    return _mac(key, "fingerprint", "").hex()
