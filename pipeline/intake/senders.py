"""How much one sender may send: letters in a moving window, by address and by sender at that address.

Counted is what was stored as new: a second press of the button, a full disk and a mistake in the form cost nothing.
An IPv6 address counts by its /64, which one household has whole. The sender (phone, mail address) counts together with
the address, so that nobody can lock a stranger out by writing in his name. A program or gateway that sends for many is
not counted: its channel does not say ``from_person``.

A private address that brings ``X-Forwarded-For`` and is no named proxy is most likely a proxy that the settings forgot:
it is not counted by address, or the whole city would be one sender; the log says so once.

All is kept in this process only, digests instead of addresses, in bounded memory: beyond ``senders_max`` the one who
sent nothing for longest is forgotten. (``limits`` reads the policies; its own store grows with every address it ever
saw and walks through all of them in a thread.)
"""

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network

import limits
import structlog

from pipeline import logs
from pipeline.metrics import LIMITED
from pipeline.peers import network_of
from pipeline.settings import Limits
from schemas.errors import TooMany
from schemas.letter import Raw

_OUR_SIDE = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)

log = structlog.get_logger()


class Window:
    """At most so many events of one key in so many seconds, as *policy* says (``120/minute``)."""

    def __init__(self, policy: str, keys_max: int, clock: Callable[[], float] = time.monotonic) -> None:
        item = limits.parse(policy)
        self._amount, self._window_s = item.amount, float(item.get_expiry())
        self._keys_max, self._clock = keys_max, clock
        self._events: OrderedDict[bytes, deque[float]] = OrderedDict()

    def wait_s(self, key: bytes) -> float:
        """Seconds until one more is allowed; 0: now."""
        events, now = self._events.get(key), self._clock()
        if events is None:
            return 0.0
        while events and events[0] <= now - self._window_s:
            events.popleft()
        return events[0] + self._window_s - now if len(events) >= self._amount else 0.0

    def add(self, key: bytes) -> float:
        """One more; returns its mark for ``take_back``."""
        mark = self._clock()
        self._events.setdefault(key, deque()).append(mark)
        self._events.move_to_end(key)
        if len(self._events) > self._keys_max:
            self._events.popitem(last=False)
        return mark

    def take_back(self, key: bytes, mark: float) -> None:
        """It was none after all."""
        events = self._events.get(key)
        if events is not None and mark in events:
            events.remove(mark)
            if not events:
                del self._events[key]


class Senders:
    """Counts what people send, as ``[door.limits]`` says."""

    def __init__(self, settings: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret = secrets.token_bytes(16)

        def window(policy: str) -> Window | None:
            return Window(policy, settings.senders_max, clock) if policy else None

        self._by_address, self._by_sender = window(settings.per_address), window(settings.per_sender)
        self._warned = False

    def count(
        self, channel: str, client: str, raws: Iterable[Raw], *, unnamed_proxy: bool = False
    ) -> Callable[[], None]:
        """Count a request that is about to be stored; call what comes back if it was not. Raises TooMany."""
        network = network_of(client)
        keys: list[tuple[str, Window, bytes]] = []
        if self._by_address and not (unnamed_proxy and self._forgotten(client)):
            keys.append(("address", self._by_address, self._key(network)))
        if self._by_sender:
            named = sorted({raw.conversation for raw in raws if raw.conversation})
            keys += [("sender", self._by_sender, self._key(f"{network} {sender}")) for sender in named]
        for by, window, key in keys:
            if wait_s := window.wait_s(key):
                LIMITED.labels(channel, by).inc()
                raise TooMany(f"too many letters from one {by}", wait_s)
        marks = [(window, key, window.add(key)) for _, window, key in keys]

        def take_back() -> None:
            for window, key, mark in marks:
                window.take_back(key, mark)

        return take_back

    def _forgotten(self, client: str) -> bool:
        """Whether this is a proxy on our own side that the settings forgot."""
        if not _on_our_side(client):
            return False
        if not self._warned:
            self._warned = True
            log.warning(logs.PROXY_UNNAMED)
        return True

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=self._secret, digest_size=16).digest()


def _on_our_side(client: str) -> bool:
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return True  # a Unix socket
    return any(address in network for network in _OUR_SIDE)
