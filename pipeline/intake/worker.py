"""Runs the parser worker, kills it at its limits, and finds out whose fault it was.

Letters are read in company: one request for many, answered one by one. Where the worker dies or says nothing for
``COMPANY_S`` seconds, the letter it was at (it keeps the place in a file mapped into memory) is the suspect and the
others go on in a new worker. A suspect is tried alone, with its full time, in a process of its own; after two deaths it is given up. So one poisonous letter costs the
others two seconds.

What is to be read next may be said while the last letters are read, as far as the pipe takes it: the worker goes on at
once, and its answers wait in the pipe until somebody asks for them.
"""

import contextlib
import fcntl
import json
import os
import pickle
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import structlog

from pipeline import logs, metrics
from pipeline.blobs import BlobStore
from pipeline.intake.answers import Normalised, Request, Result, Suspect, Unreadable
from pipeline.intake.frames import LENGTH, PROGRESS
from schemas.errors import Malformed
from schemas.letter import Attachment, Content

COMPANY_S = 2.0
START_S = 20.0
SOLO_DEATHS_MAX = 2
ANSWER_BYTES_MAX = 32 * 1024 * 1024
FILES_BYTES_MAX = 64 * 1024 * 1024
PIPE_BYTES = 1024 * 1024
"""Most batches fit, so that the worker finds the next one when it is done. As much as Linux gives to anybody."""

_log = structlog.get_logger()


class WorkerLost(Exception):
    """The worker died, or was killed at a limit."""


def _as_told(requests: Sequence[Request]) -> list[tuple[str, tuple[tuple[bytes, bytes, str], ...]]]:
    return [(one.channel, one.pieces) for one in requests]


class Worker:
    """One parser process. Blocking; used by one thread at a time."""

    COMMAND: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "pipeline.intake.worker_main")

    def __init__(
        self, channels: Sequence[str], blobs: BlobStore, folder: Path, memory_bytes: int, timeout_s: float
    ) -> None:
        self._channels = tuple(channels)
        self._blobs = blobs
        self._folder = folder
        self.memory_bytes = memory_bytes
        self.timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._heard = bytearray()
        self._unsent = memoryview(b"")
        self._asked_ahead: Sequence[Request] = ()

    def read(self, requests: Sequence[Request], then: Sequence[Request] = ()) -> Generator[Result]:
        """One result each, in order, as they come; ``suspect`` where the worker died of it.

        *then* is what the next call will want read: it may be begun meanwhile. Broken off before its end this leaves
        no process behind, whose next answers would be taken for others'.
        """
        runs: list[Sequence[Request] | Suspect] = [requests]
        left = len(requests)
        try:
            while runs:
                run = runs.pop()
                if run == "suspect":
                    left -= 1
                    yield run
                    continue
                answered = 0
                try:
                    for result in self._answers(run, then=() if runs else then):
                        answered += 1
                        left -= 1
                        yield result
                except WorkerLost:
                    culprit = min(max(self._progress(), answered), len(run) - 1)
                    self.kill()
                    runs += [run[culprit + 1 :], "suspect", run[answered:culprit]]
        except BaseException:
            if left:
                self.kill()
            raise

    def _progress(self) -> int:
        """The place of the item at which the worker was last."""
        if self._scratch is None:
            return 0
        return int(LENGTH.unpack((self._scratch / PROGRESS).read_bytes())[0])

    def read_alone(self, request: Request) -> Normalised | Unreadable:
        """The result of a suspect; Unreadable after ``SOLO_DEATHS_MAX`` deaths. Leaves no process behind."""
        try:
            for _ in range(SOLO_DEATHS_MAX):
                try:
                    (result,) = self._answers([request], self.timeout_s)
                except WorkerLost:
                    self.kill()
                    continue
                return result
        finally:
            self.kill()
        return Unreadable(
            "parser_killed", f"no answer within {self.timeout_s:g} s and {self.memory_bytes} bytes"
        )

    def kill(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None
        self._unsent, self._asked_ahead = memoryview(b""), ()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def start(self) -> None:
        """Have a process that is ready. Raises WorkerLost."""
        if self._process is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="worker-", dir=self._folder))
        self._heard.clear()
        (self._scratch / PROGRESS).write_bytes(bytes(LENGTH.size))
        self._process = subprocess.Popen(
            [
                *self.COMMAND,
                *(str(self._scratch), str(self.memory_bytes), str(self.timeout_s), *self._channels),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "MALLOC_ARENA_MAX": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
        for to_worker in (True, False):
            with contextlib.suppress(OSError):  # a host may give less
                fcntl.fcntl(self._pipe(to_worker=to_worker), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(self._pipe(to_worker=True), False)
        if self._frame(time.monotonic() + START_S)[:1] != b"R":
            raise WorkerLost

    def ask(self, request: Any) -> None:
        """Say to a worker that runs what is wanted of it, in ``worker_main``'s words. Raises WorkerLost."""
        self._say(request)
        self._send_all(time.monotonic() + START_S)

    def _answers(
        self, requests: Sequence[Request], patience_s: float = COMPANY_S, then: Sequence[Request] = ()
    ) -> Iterator[Normalised | Unreadable]:
        if not requests:
            return
        if self._asked_ahead and self._asked_ahead is not requests:
            self.kill()  # it answers what nobody wants to hear
        self.start()
        if self._asked_ahead is requests:
            self._asked_ahead = ()
            self._send_all(time.monotonic() + START_S)
        else:
            self.ask(_as_told(requests))
        if then:
            self._asked_ahead = then
            self._say(_as_told(then))
        wait_s = min(patience_s, self.timeout_s)
        for _ in requests:
            self._send()
            yield self._result(self._frame(time.monotonic() + wait_s))

    def _pipe(self, *, to_worker: bool) -> int:
        pipe = self._process and (self._process.stdin if to_worker else self._process.stdout)
        if not pipe:
            raise WorkerLost
        return pipe.fileno()

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            metrics.WORKER_KILLED.labels("silent").inc()
            _log.warning(logs.WORKER_KILLED, reason="silent")
            raise WorkerLost

    def _say(self, request: Any) -> None:
        question = pickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL)
        self._unsent = memoryview(LENGTH.pack(len(question)) + question)

    def _send_all(self, deadline: float) -> None:
        self._send()
        while self._unsent:
            self._wait(self._pipe(to_worker=True), select.POLLOUT, deadline)
            self._send()

    def _send(self) -> None:
        """As much as the pipe takes now."""
        if not self._unsent:
            return
        try:
            self._unsent = self._unsent[os.write(self._pipe(to_worker=True), self._unsent) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            raise WorkerLost from None

    def _frame(self, deadline: float) -> bytes:
        descriptor = self._pipe(to_worker=False)
        heard = self._heard
        while len(heard) < LENGTH.size or len(heard) < LENGTH.size + LENGTH.unpack_from(heard)[0]:
            self._wait(descriptor, select.POLLIN, deadline)
            chunk = os.read(descriptor, 1 << 18)
            if not chunk:
                metrics.WORKER_KILLED.labels("died").inc()
                _log.warning(logs.WORKER_KILLED, reason="died")
                raise WorkerLost
            heard += chunk
            if len(heard) >= LENGTH.size and LENGTH.unpack_from(heard)[0] > ANSWER_BYTES_MAX:
                raise WorkerLost
        end = LENGTH.size + LENGTH.unpack_from(heard)[0]
        frame = bytes(heard[LENGTH.size : end])
        del heard[:end]
        return frame

    def _result(self, frame: bytes) -> Normalised | Unreadable:
        kind, payload = frame[:1], frame[1:]
        try:
            match kind:
                case b"C":
                    cue, _, content = payload.partition(b"\n")
                    return Normalised(Content.model_validate_json(content), cue.decode())
                case b"N":
                    cue, files, content = payload.split(b"\n", 2)
                    read = Content.model_validate_json(content)
                    return Normalised(self._with_files(read, json.loads(files)), cue.decode())
                case b"M":
                    return Unreadable("malformed", payload.decode())
                case b"X":
                    return Unreadable(payload.decode("ascii")[:100], is_fault=True)
                case _:
                    return Unreadable("bad_answer", is_fault=True)
        except (ValueError, TypeError, Malformed, FileNotFoundError):
            # A parser that was taken over may answer anything: what is not a content is a fault of that letter.
            return Unreadable("bad_answer", is_fault=True)

    def _with_files(self, content: Content, files: list[tuple[int, str, str, str]]) -> Content:
        """*content* with the files that the worker wrote into its scratch folder, now in the blob store."""
        if self._scratch is None:
            raise WorkerLost
        attachments = list(content.attachments)
        left_bytes = FILES_BYTES_MAX
        for place, name, media_type, written in files:
            path = self._scratch / Path(written).name
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as source:
                ref = self._blobs.copy_in(source, left_bytes)
            path.unlink()
            left_bytes -= ref.size_bytes
            attachments.insert(
                place,
                Attachment(sha256=ref.sha256, size_bytes=ref.size_bytes, name=name, media_type=media_type),
            )
        return content.model_copy(update={"attachments": tuple(attachments)})
