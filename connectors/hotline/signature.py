"""The signature of a push: HMAC-SHA-256, in hexadecimal, over these lines joined by line feeds:

    method, upper case            POST
    path, as the door knows it    /in/hotline/ACCOUNT
    query, sorted and encoded     call_id=20261123-0001&format=aliyun   (an empty line where there is none)
    X-Timestamp                   seconds since 1970
    X-Nonce                       8 to 64 of A-Z a-z 0-9 _ -
    SHA-256 of the body           hexadecimal, lower case

``sign`` makes it, for callers and tests; ``check`` proves it.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from pydantic import SecretStr

from schemas.errors import Untrusted

MOUNT = "/in/hotline"

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_SECONDS = re.compile(r"[0-9]{9,11}\Z")
_SIGNATURE = re.compile(r"[0-9a-f]{64}\Z")


class WrongClock(Untrusted):
    """The signature is right, its time is not: the sender's clock is off, or the request is an old one sent again."""


def sign(
    key: str, *, path: str, query: Iterable[tuple[str, str]], timestamp: str, nonce: str, body: bytes
) -> str:
    """The signature of a POST; *path* begins with the account, ``/mayor``."""
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in query)
    lines = (
        "POST",
        MOUNT + path,
        "&".join(f"{name}={value}" for name, value in pairs),
        timestamp,
        nonce,
        hashlib.sha256(body).hexdigest(),
    )
    signed = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def _quoted(said: str) -> str:
    """Percent-encoded as it came: the host hands out bytes that are no UTF-8 as surrogate escapes."""
    return quote(said, safe="-_.~", errors="surrogateescape")


def check(
    keys: Sequence[SecretStr],
    *,
    path: str,
    query: Iterable[tuple[str, str]],
    timestamp: str,
    nonce: str,
    signature: str,
    body: bytes,
    now: datetime,
    clock_s_max: float,
) -> None:
    """Raises Untrusted; WrongClock only to who has the key."""
    if not (_SECONDS.match(timestamp) and _NONCE.match(nonce) and _SIGNATURE.match(signature.lower())):
        raise Untrusted("no signature")
    pairs = tuple(query)
    good = [
        hmac.compare_digest(
            sign(key.get_secret_value(), path=path, query=pairs, timestamp=timestamp, nonce=nonce, body=body),
            signature.lower(),
        )
        for key in keys
    ]
    if not any(good):
        raise Untrusted("wrong signature")
    if abs(now.timestamp() - int(timestamp)) > clock_s_max:
        raise WrongClock("the time of the signature is too far from ours")
