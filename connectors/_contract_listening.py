"""The examination of listeners: each story is played by a peer, against an accept that delays, refuses and records.

Nobody has to say what a yes looks like in a protocol: it is what the peer hears when its letters were stored and does
not hear when they were refused. Heard too early, heard in both cases, or never heard at all, it is no yes.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors._contract_checks import as_expected
from connectors._contract_input import AGAIN, CANARY, ONE, PAUSE_S_MAX, QUICK_TRIES, Story
from connectors._contract_peer import HttpPeer, NotAsked, Peer, spoilt_answers
from connectors._contract_reading import Reading, shown
from schemas.errors import Malformed, Refused, Unavailable
from schemas.letter import Raw, Registered
from schemas.ports import ConnectorSettings

HOLD_S = 0.15
STOP_S_MAX = 3.0
FETCH_S_MAX = 10.0
RUBBISH_S = 0.2
TICK_S = 0.005

Mode = Literal["store", "first", "unavailable", "malformed"]


@dataclass
class Run:
    """What happened while one story was played."""

    raws: list[Raw] = field(default_factory=list)
    again: list[Raw] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    calls: int = 0
    pause_s: float = 0.0
    broken: list[tuple[str, str]] = field(default_factory=list)


class Desk:
    """An accept that keeps what it was handed, and does as *mode* says."""

    def __init__(self, mode: Mode, run: Run, peer: Peer) -> None:
        self._mode, self._run, self._peer = mode, run, peer
        self._known: set[tuple[str, str]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.playing_again = False

    async def accept(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        self._run.calls += not self.playing_again
        (self._run.again if self.playing_again else self._run.raws).extend(raws)
        stored = self._mode == "store" or (self._mode == "first" and not self._known)
        if not stored:
            raise Malformed(CANARY) if self._mode == "malformed" else Unavailable(CANARY, 0.05)
        self._idle.clear()
        try:
            if not self._known:
                await asyncio.sleep(HOLD_S)
                self._run.early = list(self._peer.heard)
        finally:
            self._idle.set()
        return tuple(self._one(raw) for raw in raws)

    async def idle(self) -> None:
        await self._idle.wait()

    def _one(self, raw: Raw) -> Registered:
        key = (raw.account, raw.external_id)
        known = key in self._known
        self._known.add(key)
        return AGAIN if known else ONE


class Listening:
    """One listener class under its settings, with the peer that plays the other side."""

    def __init__(
        self, connector_class: type[Any], settings: ConnectorSettings, peer: type[Peer] = HttpPeer
    ) -> None:
        self._class = connector_class
        self._settings = settings
        self._peer = peer
        self._reading = Reading(connector_class)
        self.handed_in = 0

    def outcome(self, story: Story) -> dict[str, Any]:
        """What comes of a story, as its expected file holds it."""
        stored, refused = (self._run(story.path.read_bytes(), mode) for mode in ("store", "unavailable"))
        return self._outcome(stored, refused)

    def story(self, story: Story, *, thorough: bool) -> Iterator[tuple[str, str]]:
        """Rules that this story breaks; *thorough*: where it breaks none, also with a peer that talks rubbish."""
        payload = story.path.read_bytes()
        found = list(self._played(story, payload))
        yield from found
        if thorough and not found and self._peer is HttpPeer:
            for number, answers in enumerate(spoilt_answers(payload)):
                broken = self._run(answers, "store", rubbish=True).broken
                yield from ((rule, f"rubbish {number}: {detail}") for rule, detail in broken)

    def _played(self, story: Story, payload: bytes) -> Iterator[tuple[str, str]]:
        stored, refused = self._run(payload, "store"), self._run(payload, "unavailable")
        yield from (*stored.broken, *refused.broken)
        if story.is_peer:
            yield from as_expected(story, self._outcome(stored, refused))
        self.handed_in += len(stored.raws)
        if hasattr(self._class, "fetch"):
            yield from self._fetches(payload, stored.raws)
        if stored.raws and not stored.broken:
            yield from self._yes(stored, refused, payload)
            yield from self._same_keys(stored, payload)
            yield from self._reading.rules(stored.raws)
            yield from self._run(payload, "malformed").broken
        if (pause_s := self._quietest(payload, stored.pause_s)) > PAUSE_S_MAX:
            yield "loop", f"the event loop stood still for {pause_s:.2f} s in the best of {QUICK_TRIES} tries"

    def _outcome(self, stored: Run, refused: Run) -> dict[str, Any]:
        return {
            "pieces": [shown(raw) for raw in stored.raws],
            "yes": _yes_of(stored, refused),
        } | self._reading.outcome(stored.raws)

    def _yes(self, stored: Run, refused: Run, payload: bytes) -> Iterator[tuple[str, str]]:
        yes = _yes_of(stored, refused)
        if not yes:
            yield "accept", "its peer hears the same whether letters were stored or not: that is no yes"
            return
        if early := sorted(set(yes) & set(stored.early)):
            yield "accept", f"yes was said before accept returned: {early[0][:200]}"
        if stored.calls > 1 and not stored.broken:
            half = self._run(payload, "first")
            if half.calls > 1 and set(yes) <= set(half.heard):
                yield "accept", "only the first accept returned, and yes was said for all"

    def _same_keys(self, stored: Run, payload: bytes) -> Iterator[tuple[str, str]]:
        keys, again = _keys(stored.raws), _keys(stored.again)
        if not again <= keys:
            yield "repeatable", "the same letters, handed over again, have other keys"
        fresh = self._run(payload, "store")
        if not fresh.broken and _plain(fresh.raws) != _plain(stored.raws):
            yield "repeatable", "after a new start the same letters make other pieces"

    def _quietest(self, payload: bytes, pause_s: float) -> float:
        for _ in range(QUICK_TRIES - 1):
            if pause_s <= PAUSE_S_MAX:
                break
            pause_s = min(pause_s, self._run(payload, "store").pause_s)
        return pause_s

    def _fetches(self, payload: bytes, raws: Sequence[Raw]) -> Iterator[tuple[str, str]]:
        """A file that the peer still holds comes piece by piece, or as Unavailable or Refused; nothing else."""
        for ref in (*self._reading.refs(raws), "no-such-file"):
            try:
                with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                    runner.run(self._fetch(payload, ref))
            except (Unavailable, Refused):
                continue
            except Exception as error:
                yield (
                    "errors",
                    f"fetch() raised {type(error).__name__}, which is neither Unavailable nor Refused",
                )

    async def _fetch(self, payload: bytes, ref: str) -> None:
        peer = self._peer(payload)
        connector = self._class(await peer.open(self._settings))
        try:
            async with asyncio.timeout(FETCH_S_MAX):
                async for chunk in connector.fetch(ref):
                    if not isinstance(chunk, bytes):
                        raise TypeError("a piece of a file that is no bytes")
        finally:
            await peer.close()

    # --- one run -------------------------------------------------------------------------------------------------

    def _run(self, story: bytes, mode: Mode, *, rubbish: bool = False) -> Run:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(self._meet(story, mode, rubbish=rubbish))

    async def _meet(self, story: bytes, mode: Mode, *, rubbish: bool) -> Run:
        run, peer = Run(), self._peer(story)
        desk = Desk(mode, run, peer)
        connector = self._class(await peer.open(self._settings))
        clock = asyncio.create_task(_watch(run))
        listening: asyncio.Task[None] = asyncio.create_task(connector.listen(desk.accept))
        playing = asyncio.create_task(_play(peer, connector, desk, rubbish=rubbish))
        try:
            await asyncio.wait({listening, playing}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                run.broken.append(("errors", f"listen() ended by itself ({mode}): {_why(listening)}"))
            elif isinstance(error := playing.exception(), NotAsked):
                run.broken.append(("errors", f"{error} ({mode})"))
            elif error is not None:
                raise error
        finally:
            run.heard = list(peer.heard)
            for task in (clock, playing):
                task.cancel()
            await asyncio.gather(clock, playing, return_exceptions=True)
            await _stop(listening, run)
            await peer.close()
        return run


async def _play(peer: Peer, connector: Any, desk: Desk, *, rubbish: bool) -> None:
    if rubbish and isinstance(peer, HttpPeer):
        await peer.answered(PAUSE_S_MAX * 4)
        await asyncio.sleep(RUBBISH_S)  # a listener that dies of an answer does so at once
        return
    await peer.play(connector)
    await desk.idle()
    desk.playing_again = True
    await peer.play(connector)
    await desk.idle()


async def _watch(run: Run) -> None:
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        await asyncio.sleep(TICK_S)
        run.pause_s = max(run.pause_s, loop.time() - began - TICK_S)


async def _stop(listening: asyncio.Task[None], run: Run) -> None:
    if listening.done():
        return
    listening.cancel()
    done, _ = await asyncio.wait({listening}, timeout=STOP_S_MAX)
    if not done:
        run.broken.append(("stops", f"cancelled with nothing in hand, listen() went on for {STOP_S_MAX:g} s"))
        listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        if done and (error := listening.exception()) is not None:
            run.broken.append(("stops", f"cancelled, listen() raised {type(error).__name__}"))


def _why(listening: asyncio.Task[None]) -> str:
    if listening.cancelled():
        return "cancelled"
    error = listening.exception()
    return "returned" if error is None else f"raised {type(error).__name__}"


def _yes_of(stored: Run, refused: Run) -> list[str]:
    return sorted(set(stored.heard) - set(refused.heard))


def _keys(raws: Sequence[Raw]) -> set[tuple[str, str, str, int]]:
    return {(raw.account, raw.external_id, raw.letter_key, raw.piece_no) for raw in raws}


def _plain(raws: Sequence[Raw]) -> list[Raw]:
    return [raw.model_copy(update={"received_at": None}) for raw in raws]
