"""Senders: they write at a steady rate by the clock, ask again with the same key until they hear yes, and remember it.

Latency is measured from the moment a letter was due, not from when a free connection came by: a door that stands
still for a second is seen by every letter of that second.
"""

import asyncio
import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from linekit.letters import Draft, drafts
from linekit.web import Answer, Connection

TRY_AGAIN_S = 0.2
ASK_TIMEOUT_S = 10.0
YES = (200, 201, 202)
REFUSED = (429, 503)
FORM_PATH = "/in/web_form/api/letters"


@dataclass(frozen=True, slots=True)
class Yes:
    """One letter whose sender heard yes at least once."""

    draft: Draft
    account: str
    number: str
    query_code: str


@dataclass
class Heard:
    """Everything senders were told. ``numbers``: every number heard for a key; more than one is a broken promise."""

    yes: dict[str, Yes] = field(default_factory=dict)
    numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    refused: Counter[int] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    due_to_answer_s: list[tuple[float, float]] = field(default_factory=list)
    """(when due on the monotonic clock, seconds to the first answer) of each letter's first try."""
    heard_at: dict[str, float] = field(default_factory=dict)
    """When (monotonic clock) the first yes for a number came."""
    last_yes_at: float = 0.0

    def note(self, draft: Draft, account: str, number: str, query_code: str) -> None:
        self.numbers[draft.key].add(number)
        self.yes.setdefault(draft.key, Yes(draft, account, number, query_code))
        self.last_yes_at = time.monotonic()
        self.heard_at.setdefault(number, self.last_yes_at)

    def changed(self) -> list[str]:
        """Keys that heard more than one number."""
        return [key for key, numbers in self.numbers.items() if len(numbers) > 1]

    def all_numbers(self) -> list[str]:
        return [yes.number for yes in self.yes.values()]

    def newest(self) -> Yes:
        return self.yes[next(reversed(self.yes))]

    def seconds(self) -> list[float]:
        return [seconds for _, seconds in self.due_to_answer_s]


def read_yes(answer: Answer) -> tuple[str, str]:
    """Number (16 digits) and query code out of the form's JSON."""
    said = answer.json()
    return str(said["number"]).replace("-", ""), str(said.get("query_code", ""))


class FormSender:
    """Letters by the web form's JSON API at ``door`` (host:port), to the given accounts in turn."""

    def __init__(self, door: str, accounts: tuple[str, ...], heard: Heard, *, connections: int = 16) -> None:
        host, _, port = door.rpartition(":")
        self.heard = heard
        self._accounts = itertools.cycle(accounts)
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for _ in range(connections):
            self._free.put_nowait(Connection(host, int(port)))
        self.patience_s = 120.0

    async def send(self, draft: Draft, due: float, *, account: str = "", bytes_min: int = 0) -> None:
        """Until yes, or until patience ends: then the sender knows nothing, and nothing was promised."""
        account = account or next(self._accounts)
        body = draft.json_body(account, bytes_min=bytes_min)
        first = True
        while time.monotonic() - due < self.patience_s:
            connection = await self._free.get()
            try:
                answer = await connection.ask(
                    "POST",
                    FORM_PATH,
                    headers=form_headers(draft.key),
                    body=body,
                    timeout_s=ASK_TIMEOUT_S,
                )
            except (OSError, TimeoutError) as error:
                self.heard.failed[type(error).__name__] += 1
                await asyncio.sleep(TRY_AGAIN_S)
                continue
            finally:
                self._free.put_nowait(connection)
            if first:
                self.heard.due_to_answer_s.append((due, time.monotonic() - due))
                first = False
            if answer.status in YES:
                self.heard.note(draft, account, *read_yes(answer))
                return
            if answer.status not in REFUSED:
                raise AssertionError(f"a good letter was answered {answer.status}: {answer.body[:300]!r}")
            self.heard.refused[answer.status] += 1
            await asyncio.sleep(TRY_AGAIN_S)

    def close(self) -> None:
        while not self._free.empty():
            self._free.get_nowait().close()


def form_path(account: str) -> str:
    return f"/in/web_form/{account}/api/letters"


def form_headers(key: str) -> dict[str, str]:
    return {"content-type": "application/json", "accept": "application/json", "idempotency-key": key}


async def by_the_clock(
    send: Callable[[Draft, float], "asyncio.Future[None] | asyncio.Task[None]"],
    letters: Iterator[Draft],
    rate_per_s: float,
    go_on: Callable[[int], bool],
) -> list["asyncio.Future[None] | asyncio.Task[None]"]:
    """Start one letter every 1/rate seconds, whatever becomes of those before; the tasks started."""
    began = time.monotonic()
    tasks = []
    for count, draft in enumerate(letters):
        if not go_on(count):
            break
        due = began + count / rate_per_s
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        tasks.append(send(draft, due))
    return tasks


class Load:
    """Letters at *rate_per_s* from a thread of its own, until ``stop``."""

    def __init__(
        self,
        door: str,
        accounts: tuple[str, ...],
        rate_per_s: float,
        *,
        heard: Heard | None = None,
        letters: Iterator[Draft] | None = None,
        letters_max: int | None = None,
    ) -> None:
        self.heard = heard if heard is not None else Heard()
        self._door = door
        self._accounts = accounts
        self._rate_per_s = rate_per_s
        self._letters = letters if letters is not None else drafts()
        self._letters_max = letters_max
        self._stopped = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                runner.run(self._send_all())
        except BaseException as fault:
            self._fault = fault

    async def _send_all(self) -> None:
        sender = FormSender(self._door, self._accounts, self.heard)
        try:
            async with asyncio.TaskGroup() as group:
                await by_the_clock(
                    lambda draft, due: group.create_task(sender.send(draft, due)),
                    self._letters,
                    self._rate_per_s,
                    lambda count: (
                        not self._stopped.is_set()
                        and (self._letters_max is None or count < self._letters_max)
                    ),
                )
        finally:
            sender.close()

    def wait_yes(self, count: int, deadline_s: float) -> None:
        """Until *count* letters in all were answered yes."""
        end = time.monotonic() + deadline_s
        while len(self.heard.yes) < count:
            self._raise()
            assert time.monotonic() < end, (
                f"{len(self.heard.yes)} of {count} letters accepted in {deadline_s:g} s; "
                f"refused {dict(self.heard.refused)}, failed {dict(self.heard.failed)}"
            )
            time.sleep(0.01)

    def wait_refused(self, count: int, deadline_s: float) -> None:
        """Until *count* refusals were heard from now on."""
        end, before = time.monotonic() + deadline_s, self.heard.refused.total()
        while self.heard.refused.total() < before + count:
            self._raise()
            assert time.monotonic() < end, (
                f"only {self.heard.refused.total() - before} refusals in {deadline_s:g} s"
            )
            time.sleep(0.01)

    def wait_next_yes(self, deadline_s: float) -> float:
        """Seconds until the next letter that was *begun and answered* from now on is accepted."""
        began = time.monotonic()
        while self.heard.last_yes_at < began:
            self._raise()
            assert time.monotonic() - began < deadline_s, f"nothing was accepted for {deadline_s:g} s"
            time.sleep(0.005)
        return self.heard.last_yes_at - began

    def stop(self, deadline_s: float = 60.0) -> Heard:
        """No new letters; wait until each that was begun has its answer."""
        self._stopped.set()
        self._thread.join(deadline_s)
        self._raise()
        assert not self._thread.is_alive(), f"senders still wait for an answer after {deadline_s:g} s"
        return self.heard

    def _raise(self) -> None:
        if self._fault is not None:
            raise AssertionError("the senders met something unexpected") from self._fault

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            self._stopped.set()


def again(door: str, heard: Heard) -> list[str]:
    """Send every accepted letter once more; what was answered otherwise than the first time."""
    wrong: list[str] = []

    async def one(connection: Connection, yes: Yes) -> None:
        answer = await connection.ask(
            "POST", FORM_PATH, headers=form_headers(yes.draft.key), body=yes.draft.json_body(yes.account)
        )
        if answer.status not in YES or read_yes(answer)[0] != yes.number:
            wrong.append(f"{yes.number}: answered {answer.status} {answer.body[:100]!r}")

    async def lane(todo: list[Yes]) -> None:
        host, _, port = door.rpartition(":")
        connection = Connection(host, int(port))
        for yes in todo:
            await one(connection, yes)
        connection.close()

    async def every() -> None:
        todo = [yes for yes in heard.yes.values() if yes.query_code != "-"]
        await asyncio.gather(*(lane(todo[start::8]) for start in range(8)))

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(every())
    return wrong
