"""What a registration number looks like, and whether sixteen digits are one: for whoever reads one that a person wrote.

Fifteen digits and a check digit by ISO/IEC 7064 MOD 11,10, which finds every single wrong digit. Pure.
"""

import unicodedata

NUMBER_DIGITS = 16


def check_digit(digits: str) -> str:
    """The digit that makes *digits* a number (ISO/IEC 7064 MOD 11,10, hybrid system)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def plain(text: str) -> str:
    """A number as typed by a person (spaces, dashes, full-width digits) without its decoration; unchecked."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c not in "-‐–—_.·")


def shown(number: str, mark: str = " ") -> str:
    """A number in groups of four with *mark* between them; the part that may follow it (``-2``) stays.

    Channels put dashes: it is one word to copy.
    """
    digits, dash, part = number.partition("-")
    return mark.join(digits[place : place + 4] for place in range(0, len(digits), 4)) + dash + part


def is_number(text: str) -> bool:
    """Whether *text* is sixteen plain digits with the right check digit."""
    return (
        len(text) == NUMBER_DIGITS
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:-1]) == text[-1]
    )
