"""The processes of a line under test: all of it by ``xinshu up``, or part by part.

Every wait is for a condition, with a deadline; what the parts print is kept under ``logs``. Processes are found by
what they are (children of the ones started here), never by name alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil

from linekit import settings as toml
from linekit.broker import ROOT, wait_gone
from linekit.finding import PARTS, NotReady, Part, answers_ready, family, kind_of, listener, wait_until
from linekit.places import Places
from pipeline.assembly import GO_ON_ELSEWHERE
from pipeline.crash import ENVIRONMENT

T = TypeVar("T")
XINSHU = Path(sys.executable).with_name("xinshu")
READY_S_MAX = 60.0
STOP_S_MAX = 30.0


class Processes(Places):
    """The processes of one line. Start them with ``up`` or, part by part, with ``start``; end them with ``stop``."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        if self.broker is None:
            # The broker of ``up`` is to be one that can be killed and cut: out of jars, also where an engine answers.
            self.environ |= {"KAFKA_BOOTSTRAP_SERVERS": "", "DOCKER_HOST": "tcp://127.0.0.1:1"}
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._again: dict[str, Callable[[], object]] = {}
        self._log_no = 0
        self._desk_ports: dict[str, int] = {}

    @property
    def bootstrap(self) -> str:
        """The broker's address, also of the one that ``xinshu up`` runs."""
        if self.broker is not None:
            return self.broker.address
        for process in self.processes().get("broker", []):
            for argument in process.cmdline():
                if argument.endswith("server.properties"):
                    return listener(Path(argument))
        raise NotReady("xinshu up runs no broker")

    # --- starting and stopping ---------------------------------------------------------------------------------

    def command(self, *arguments: str, settings: Path | None = None) -> list[str]:
        return [str(XINSHU), *arguments, "--settings", str(settings or self.settings_path)]

    def run(
        self, *arguments: str, timeout_s: float = 60.0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """One command of the command line, to its end; what it printed is kept with the logs."""
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=ROOT,
            env={**os.environ, **self.environ},
            check=False,
        )
        self._log_path(f"command-{arguments[0]}").write_text(done.stdout + "\n" + done.stderr)
        return done

    def _log_path(self, name: str) -> Path:
        self._log_no += 1
        return self.logs / f"{self._log_no:03d}-{name}.log"

    def _spawn(
        self,
        name: str,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        settings: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        with self._log_path(name).open("wb") as log:
            process = subprocess.Popen(
                self.command(*arguments, settings=settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **self.environ, **(environ or {})},
            )
        self._started[name] = process
        self._again[name] = lambda: self._spawn(name, *arguments, settings=settings)
        return process

    def start_again(self) -> None:
        """Start what has ended with "start me again", as ``up`` would. Raises AssertionError for any other end."""
        for name, process in list(self._started.items()):
            code = process.poll()
            if code is None:
                continue
            assert code == GO_ON_ELSEWHERE, f"{name} ended with {code}\n{self.tail(name)}"
            self._again[name]()

    def up(self, *, ready_s_max: float = READY_S_MAX) -> float:
        """``xinshu up``; seconds until everything is ready."""
        began = time.monotonic()
        self._spawn("up", "up")
        self.wait_ready(ready_s_max=ready_s_max)
        return time.monotonic() - began

    def start(self, *parts: Part, crash: str = "", wait: bool = True) -> None:
        """Start single parts; *crash* names the crash point they die at."""
        for part in parts or PARTS:
            self._spawn(part, "run", part, environ={ENVIRONMENT: crash} if crash else None)
        if wait and not crash:
            self.wait_ready(*parts)

    def start_desk(self, slot: str) -> None:
        """One more desk of the same group, with a settings file of its own. Returns when it is ready."""
        path = self.folder / f"{slot}.toml"
        port = self._desk_ports.setdefault(slot, toml.free_ports(1)[0])
        path.write_text(toml.as_toml(toml.merged(self.tables, {"desk": {"slot": slot, "health_port": port}})))
        self._spawn(slot, "run", "desk", settings=path)
        wait_until(lambda: self.is_desk_ready(slot), READY_S_MAX, f"{slot} ready")

    def is_desk_ready(self, slot: str) -> bool:
        """Of a desk that ``start_desk`` began."""
        return answers_ready(f"{toml.HOST}:{self._desk_ports[slot]}")

    def create_topics(self) -> None:
        done = self.run("topics", "create")
        assert done.returncode == 0, done.stdout + done.stderr

    def is_ready(self, part: Part) -> bool:
        return answers_ready(self.address(part))

    def wait_ready(self, *parts: Part, ready_s_max: float = READY_S_MAX) -> float:
        began = time.monotonic()
        for part in parts or PARTS:
            try:
                wait_until(lambda part=part: self._ready_or_dead(part), ready_s_max, f"{part} ready")  # type: ignore[misc] # mypy cannot infer a lambda with a default
            except NotReady as error:
                raise NotReady(f"{error}\n{self.tail(part)}") from None
        return time.monotonic() - began

    def _ready_or_dead(self, part: Part) -> bool:
        process = self._started.get(part) or self._started.get("up")
        if process is not None and process.poll() is not None:
            raise NotReady(f"{part} ended with {process.returncode} before it was ready")
        return self.is_ready(part)

    def tail(self, name: str, characters: int = 3000) -> str:
        """The end of what a part (or ``up``) printed."""
        logs = sorted(self.logs.glob(f"*-{name}.log")) or sorted(self.logs.glob("*-up.log"))
        return logs[-1].read_text(errors="replace")[-characters:] if logs else ""

    def tails(self, characters: int) -> str:
        """The end of what each process started here printed, and whether it still runs."""
        return "\n".join(
            f"--- {name}: exit code {process.poll()}\n{self.tail(name, characters)}"
            for name, process in self._started.items()
        )

    def stop_part(self, part: str, *, stop_s_max: float = STOP_S_MAX) -> tuple[int, float]:
        """SIGTERM; exit code and seconds it took. Raises NotReady where it did not end in time."""
        process = self._started.pop(part)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(stop_s_max), time.monotonic() - began
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise NotReady(
                f"{part} did not end within {stop_s_max:g} s of SIGTERM\n{self.tail(part)}"
            ) from None

    def stop(self) -> None:
        """End everything started here. The broker given from outside goes on."""
        faults = []
        for name in reversed(list(self._started)):
            if self._started[name].poll() is not None:
                del self._started[name]
                continue
            try:
                self.stop_part(name)
            except NotReady as error:
                faults.append(str(error))
        assert not faults, "\n".join(faults)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        everyone = [each for process in self._started.values() for each in family(process.pid)]
        try:
            self.stop()
        finally:
            for process in everyone:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

    # --- hurting -----------------------------------------------------------------------------------------------

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Every process of this line by what it is: up, the parts, worker, broker."""
        found: dict[str, list[psutil.Process]] = {}
        for name, started in self._started.items():
            for process in family(started.pid):
                found.setdefault(kind_of(process, name if process.pid == started.pid else ""), []).append(
                    process
                )
        if self.broker is not None and self.broker.runs:
            found["broker"] = [psutil.Process(self.broker.pid)]
        return found

    def runs(self, part: str) -> bool:
        """Whether a part started here still runs."""
        process = self._started.get(part)
        return process is not None and process.poll() is None

    def wait_process(self, part: str, deadline_s: float) -> None:
        """Until somebody (``xinshu up``) has started it again."""
        wait_until(lambda: part in self.processes(), deadline_s, f"{part} runs")

    def pid(self, part: str) -> int:
        processes = self.processes()
        assert part in processes, f"{part} does not run; there are {sorted(processes)}"
        # Of several doors the oldest works; a younger one stands by.
        oldest = min(processes[part], key=lambda process: (process.create_time(), process.pid))
        pid: int = oldest.pid
        return pid

    def hurt_broker(self, damage: Callable[[Path], T]) -> T:
        """Stop the broker in its tracks, do *damage* to its folder, kill it. Whoever keeps it starts it again."""
        folder = self.broker.folder if self.broker is not None else self.var / "kafka"
        with self.frozen("broker"):
            done = damage(folder)
            self.kill("broker")
        if self.broker is not None:
            self.broker.start()
        return done

    def kill(self, part: str) -> int:
        """kill -9; the process id it had. Returns when the process is gone."""
        pid = self.pid(part)
        if part == "broker" and self.broker is not None:
            self.broker.kill()
            return pid
        os.kill(pid, signal.SIGKILL)
        if part in self._started:
            self._started.pop(part).wait(10)
        wait_gone(pid, 10)
        return pid

    def wait_death(self, part: Part, deadline_s: float) -> int:
        """Until a part started here has ended by itself: its exit code (negative: the signal)."""
        process = self._started[part]
        try:
            code = process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise NotReady(f"{part} lives on after {deadline_s:g} s\n{self.tail(part)}") from None
        del self._started[part]
        return code

    @contextlib.contextmanager
    def frozen(self, part: str) -> Iterator[None]:
        """Stopped in its tracks (SIGSTOP) for as long as the block lasts."""
        pid = self.pid(part)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
