"""The one thread that writes the spool: adaptive group commit, and never a false yes.

A job is a function of the connection. When the thread is idle a job is committed at once; what arrives meanwhile is
committed together with one fsync. A job's caller hears its result only after COMMIT has returned. A full disk refuses
what is new and still drains what is there. After any other failure of the disk nobody knows what an fsync left
undone: everybody hears Unavailable, the connection is not touched again, and *on_fatal* ends the process.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.intake.disk import Disk
from pipeline.intake.rows import NewRow
from pipeline.intake.storing import Outcome, Storing
from schemas.errors import Unavailable

JOBS_PER_COMMIT_MAX = 500
JOBS_WAITING_MAX = 10_000

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]

_ONE_JOBS_FAULT = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)
"""Errors of one statement: its job fails alone. Every other error of SQLite is one of the file."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Task:
    job: Job
    is_new: bool
    future: asyncio.Future[Any]
    rows: Sequence[NewRow] | None = None
    outcome: Any = None
    failed: bool = False


class Writer:
    """Owns *connection* from ``start`` to ``stop``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        disk: Disk,
        storing: Storing,
        loop: asyncio.AbstractEventLoop,
        on_fatal: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._disk = disk
        self._storing = storing
        self._loop = loop
        self._on_fatal = on_fatal
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="spool-writer", daemon=True)
        self._closing = False
        self.broken = False

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    async def stop(self) -> None:
        """Commit what was handed in, then close the file."""
        self._closing = True
        self._tasks.put(None)
        await asyncio.to_thread(self._thread.join)

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> "asyncio.Future[T]":
        """The result of *job* once it is committed. Raises Unavailable."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._hand_in(_Task(job, is_new=False, future=future))
        return future

    def store(self, rows: Sequence[NewRow]) -> "asyncio.Future[Outcome]":
        """What became of *rows*, all or nothing, once they are committed. Raises Unavailable, where there is no room too."""
        if self._disk.full:
            raise Unavailable("spool: full")
        if self._tasks.qsize() > JOBS_WAITING_MAX:
            raise Unavailable("spool: busy", retry_after_s=5)
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._hand_in(_Task(lambda c: self._storing.one(c, rows), is_new=True, future=future, rows=rows))
        return future

    def _hand_in(self, task: _Task) -> None:
        if self.broken or self._closing:
            raise Unavailable("spool: closed" if self._closing else "spool: disk failing")
        self._tasks.put(task)

    def fail(self) -> None:
        """The disk failed elsewhere (a blob): stop accepting and let the process end. From any thread."""
        if not self.broken:
            self.broken = True
            self._loop.call_soon_threadsafe(self._on_fatal)

    def _work(self) -> None:
        while (tasks := self._next()) is not None:
            if tasks and self.broken:
                self._refuse(tasks, "spool: disk failing")
            elif tasks:
                self._commit(tasks)
                self._answer(tasks)
        if not self.broken:
            self._connection.close()

    def _next(self) -> list[_Task] | None:
        """Whatever is waiting, or an empty list after a second in which the disk was looked at. None: the end."""
        try:
            first = self._tasks.get(timeout=1.0)
        except queue.Empty:
            if not self.broken:
                self._look()
            return []
        if first is None:
            return None
        tasks = [first]
        while len(tasks) < JOBS_PER_COMMIT_MAX:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            if task is None:
                self._tasks.put(None)
                break
            tasks.append(task)
        return tasks

    def _look(self) -> None:
        try:
            self._disk.look()
        except OSError as error:
            _log.critical(logs.FAULT, exc_info=error, reason="spool")
            self.fail()

    def _commit(self, tasks: Sequence[_Task], *, again: bool = False) -> None:
        try:
            self._disk.look()
            started = time.perf_counter()
            self._connection.execute("BEGIN IMMEDIATE")
            for task in self._store_many(tasks):
                self._run(task)
            crash_point("spool.before_commit")
            self._connection.execute("COMMIT")
            crash_point("spool.committed")
            metrics.FSYNC_SECONDS.observe(time.perf_counter() - started)
        except Exception as error:  # whatever it is: what it left undone nobody knows
            self._failed(tasks, error, again=again)

    def _store_many(self, tasks: Sequence[_Task]) -> list[_Task]:
        """Store what can be stored together; the tasks that are left."""
        new = [task for task in tasks if task.rows is not None]
        if sum(len(task.rows or ()) for task in new) < 2:
            return list(tasks)
        self._connection.execute("SAVEPOINT job")
        try:
            outcomes = self._storing.many(self._connection, [task.rows or () for task in new])
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _ONE_JOBS_FAULT):
                raise
            self._connection.execute("ROLLBACK TO job")
            outcomes = [None] * len(new)
        self._connection.execute("RELEASE job")
        for task, outcome in zip(new, outcomes, strict=True):
            task.outcome, task.failed = outcome, False
        return [task for task in tasks if task.rows is None or task.outcome is None]

    def _run(self, task: _Task) -> None:
        self._connection.execute("SAVEPOINT job")
        try:
            task.outcome, task.failed = task.job(self._connection), False
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _ONE_JOBS_FAULT):
                raise
            task.outcome, task.failed = error, True
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")

    def _failed(self, tasks: Sequence[_Task], error: Exception, *, again: bool) -> None:
        full = (
            isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        )
        if full:
            try:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._disk.write_failed()
            except (sqlite3.Error, OSError) as second:
                full, error = False, second
        if not full:
            _log.critical(logs.FAULT, exc_info=error, reason="spool")
            for task in tasks:
                task.outcome, task.failed = Unavailable("spool: disk failing"), True
            self.fail()
            return
        for task in tasks:
            task.outcome, task.failed = Unavailable("spool: full"), True
        old = [task for task in tasks if not task.is_new]
        if old and not again:
            self._commit(old, again=True)

    def _refuse(self, tasks: Sequence[_Task], reason: str) -> None:
        for task in tasks:
            task.outcome, task.failed = Unavailable(reason), True
        self._answer(tasks)

    def _answer(self, tasks: Sequence[_Task]) -> None:
        self._loop.call_soon_threadsafe(_resolve, tasks)


def _resolve(tasks: Sequence[_Task]) -> None:
    for task in tasks:
        if task.future.done():  # its caller gave up waiting; the row is stored all the same
            continue
        if task.failed:
            task.future.set_exception(task.outcome)
        else:
            task.future.set_result(task.outcome)
