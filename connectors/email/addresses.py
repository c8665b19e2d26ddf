"""Whose mail this is: recipient addresses as settings and envelopes write them, in one form that can be compared."""

import unicodedata

NULL_SENDERS = frozenset({"", "<>"})
"""How the envelope of a bounce names its sender, depending on who asks."""


def canonical(address: str) -> str:
    """*address* in lower case, its domain in ASCII (``市民@市政.example`` and its xn-- form are the same)."""
    local, at, domain = unicodedata.normalize("NFC", address.strip()).lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return f"{local}{at}{domain}"
    return f"{local}{at}{domain}"


def domain_of(address: str) -> str:
    """The domain of a canonical address, or an empty string."""
    local, _, domain = address.rpartition("@")
    return domain if local else ""


def storable(address: str, characters_max: int) -> str:
    """*address* as text that can be stored: bytes that were no UTF-8 are shown as the replacement character."""
    text = address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text.replace("\x00", "")[:characters_max]
