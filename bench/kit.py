"""What every bench shares: the machine's facts, percentiles, a folder of its own, and figures set beside their aims.

A bench prints what it measured for a person, and as its last line the same as JSON (with ``--json``: that line alone).
"""

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from linekit.broker import Broker  # noqa: E402 - found only once the path is set
from linekit.finding import wait_until  # noqa: E402 - as above
from linekit.line import Line  # noqa: E402 - as above
from linekit.stolen import stolen_share, ticks  # noqa: E402 - as above

# A bench that is told to end leaves as by an exception, so that the line and the broker it started end with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

BARS = " ▁▂▃▄▅▆▇█"
ADDITIONS = 2_000_000


def parser(doc: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", action="store_true", help="print nothing but the figures as one line of JSON")
    return made


def pace() -> float:
    """Million additions a second of plain Python on one core, now: hosts differ by it, and one host from hour to hour."""
    began = time.perf_counter()
    total = 0
    for number in range(ADDITIONS):
        total += number
    return round(ADDITIONS / (time.perf_counter() - began) / 1e6, 1)


def machine() -> dict[str, Any]:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    jars = sorted((ROOT / "var" / "kafka-libs").glob("kafka_2.13-*.jar"))
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "kafka": jars[0].stem.partition("-")[2] if jars else "given",
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "million_additions_per_s": pace(),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that *share* of all lie at or below; nan where there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def latency(values: Sequence[float]) -> dict[str, float]:
    """p50, p99, p99.9 and the worst, in milliseconds."""
    shares = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999, "max_ms": 1.0}
    return {name: round(percentile(values, share) * 1000, 1) for name, share in shares.items()}


def histogram(values: Sequence[float], *, columns: int = 60) -> str:
    """Milliseconds from left to right (each column 1.2 times the last), how many from low to high."""
    if not values:
        return ""
    counts = [0] * columns
    for value in values:
        column, edge = 0, 0.0005
        while value > edge and column < columns - 1:
            column, edge = column + 1, edge * 1.2
        counts[column] += 1
    last = max(index for index, count in enumerate(counts) if count)
    top = max(counts)
    bars = "".join(BARS[0 if not count else max(1, round(count / top * 8))] for count in counts[: last + 1])
    return f"0.5 ms |{bars}| {0.5 * 1.2**last:.0f} ms"


@dataclass
class Report:
    """Figures as they come, each with its aim if it has one."""

    name: str
    as_json: bool
    figures: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=machine)
    began: list[int] = field(default_factory=ticks)

    def __post_init__(self) -> None:
        self.say(f"# {self.name}")
        self.say("  ".join(f"{name}: {value}" for name, value in self.facts.items()))

    def say(self, text: str) -> None:
        if not self.as_json:
            print(text, flush=True)

    def figure(
        self, name: str, value: Any, *, at_most: float | None = None, at_least: float | None = None
    ) -> None:
        self.figures[name] = value
        if at_most is not None:
            self.asked[name] = f"at most {at_most:g}"
        if at_least is not None:
            self.asked[name] = f"at least {at_least:g}"
        aim = f"   (aim: {self.asked[name]})" if name in self.asked else ""
        met = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
        if not met:
            self.missed.append(name)
        self.say(f"{name:<44} {value!s:>14}{aim}{'' if met else '   MISSED'}")

    def end(self) -> int:
        """Print the line for programs; 1 where an aim was missed."""
        self.facts["load_average_after"] = [round(value, 2) for value in os.getloadavg()]
        self.facts["stolen_share"] = stolen_share(self.began)
        self.facts["million_additions_per_s_after"] = pace()
        self.say(f"{'of the processor time wanted, the host took away':<60} {self.facts['stolen_share']:.1%}")
        self.say(f"{'million additions a second, after':<60} {self.facts['million_additions_per_s_after']}")
        done = {"bench": self.name, "machine": self.facts, "figures": self.figures, "asked": self.asked,
                "missed": self.missed}  # fmt: skip
        print(json.dumps(done, ensure_ascii=False), flush=True)
        return 1 if self.missed else 0


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """On the same disk as the project: fsync costs there what it costs in production."""
    home = ROOT / "var" / "bench"
    home.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="b-", dir=home))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def running_line(
    *, cities: Sequence[str] = ("jiangcheng",), over: dict[str, Any] | None = None
) -> Iterator[Line]:
    """``xinshu up`` on a broker of the bench's own, with a heap fit for load."""
    with folder() as place:
        broker = Broker(place / "kafka", heap_mb=512)
        try:
            broker.start()
            with Line(place / "line", broker=broker, cities=cities, over=over) as line:
                line.up()
                yield line
        finally:
            broker.close()


def wrk(script: Path, url: str, *arguments: str, clients: int, seconds: int) -> str:
    """What wrk printed after *seconds* of load by *script*."""
    program = shutil.which("wrk")
    if program is None:
        sys.exit("wrk is missing: deploy/setup/system-packages.sh test")
    done = subprocess.run(
        [program, "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s", str(script), url,
         "--", *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def said(output: str, name: str) -> float:
    """The number that the script's last lines give under *name*."""
    found = re.search(rf"^{name}=([\d.]+)$", output, re.MULTILINE)
    if found is None:
        sys.exit(f"wrk did not say {name}:\n{output}")
    return float(found[1])


def settled(line: Line, deadline_s: float) -> float:
    """Seconds until the door has read the decision of all it accepted."""
    return wait_until(
        lambda: line.metrics().get("xinshu_spool_depth", 1.0) == 0,
        deadline_s,
        "every accepted letter is decided",
        pause_s=0.5,
    )
