"""From ``xinshu connector new`` to a letter on the topic: the package is installed as a stranger's and runs in a line."""

import json
import os
import subprocess
import sys
import sysconfig
import time
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from linekit.broker import ROOT, Broker
from linekit.finding import wait_until
from linekit.history import records
from linekit.line import Line
from linekit.settings import free_ports
from schemas import topics, wire
from schemas.letter import Letter

MINUTES_MAX = 10
TEXT = "和平路十号门前的路灯坏了三天"


class Package:
    """A channel's package, made and installed in an environment of its own, which also sees what ours holds."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.home = folder / f"xinshu-{name.replace('_', '-')}"
        self.bin = folder / "venv" / "bin"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        ours = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        (self.site / "ours.pth").write_text(ours)
        self.xinshu = self.bin / "xinshu"
        self.xinshu.write_text(f"#!{self.bin}/python\nfrom pipeline.cli.main import main\n\nmain()\n")
        self.xinshu.chmod(0o755)

    @property
    def site(self) -> Path:
        (site,) = (self.bin.parent / "lib").glob("python*/site-packages")
        return site

    def run(self, *command: str | Path, cwd: Path | None = None, code: int = 0) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd or self.home, env={**os.environ, "LANG": "C.UTF-8"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def make(self, *options: str) -> None:
        self.run(self.xinshu, "connector", "new", self.name, *options, "--into", self.home.parent, cwd=ROOT)
        offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
        self.run(sys.executable, "-m", "pip", "--python", self.bin / "python", "install", *offline, ".")

    def keeps_the_contract(self) -> None:
        self.run(self.xinshu, "connector", "check", self.name)
        self.run(self.bin / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider")

    def table(self, city: str, **over: Any) -> dict[str, Any]:
        """``settings.toml`` as it was written, for a city of the line."""
        (table,) = tomllib.loads((self.home / "settings.toml").read_text("utf-8"))["connectors"].values()
        table["accounts"]["hall"]["city"] = city
        return {"connectors": {self.name: table | over}}


@pytest.fixture(params=["webhook", "poll"])
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def send(line: Line, package: Package) -> None:
    answer = httpx.post(
        f"http://{line.door}/in/{package.name}/hall",
        headers={"authorization": "Bearer a-long-random-word"},
        json={"id": "k-1", "text": TEXT, "phone": "13800001234"},
    )
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["number"]) == 16


def on_the_topic(line: Line, channel: str) -> list[str]:
    found = (
        wire.decode(topics.INBOX, one.value) for one in records(line.bootstrap, topics.INBOX, line.prefix)
    )
    return [item.text for item in found if isinstance(item, Letter) and item.channel == channel]


def test_a_new_channel_runs_in_the_line_at_once(
    shape: str, broker: Broker, place: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    capsys: pytest.CaptureFixture[str] = request.getfixturevalue("capsys")
    began = time.monotonic()
    package = Package(tmp_path, f"town_{shape}")
    package.make(*(["--poll"] if shape == "poll" else []))
    package.keeps_the_contract()
    (port,) = free_ports(1)
    over = {"url": f"http://127.0.0.1:{port}/letters", "every_s": 0.2} if shape == "poll" else {}
    monkeypatch.setattr("linekit.processes.XINSHU", package.xinshu)
    line = Line(place / shape, broker=broker, prefix=f"{shape}.", over=package.table("jiangcheng", **over))
    with line:
        line.create_topics()
        line.start("door")
        if shape == "webhook":
            send(line, package)
        else:
            peer = subprocess.Popen(
                [sys.executable, package.home / "try_peer.py", str(port)], stdout=subprocess.PIPE, text=True
            )
            try:
                assert peer.stdout is not None
                assert peer.stdout.readline() == "yes for try-1\n"
            finally:
                peer.kill()
                peer.wait()
                if peer.stdout is not None:
                    peer.stdout.close()
        wait_until(lambda: bool(on_the_topic(line, package.name)), 30, "the letter on the topic", pause_s=0.1)
    seconds = time.monotonic() - began
    (text,) = on_the_topic(line, package.name)
    assert TEXT in text
    line.assert_silent()
    assert seconds < MINUTES_MAX * 60
    with capsys.disabled():
        print(f"\n{shape}: {seconds:.1f} s from `connector new` to a letter on the topic")


def test_the_package_says_xinshu_and_nothing_else_of_ours_and_is_strictly_typed(
    shape: str, tmp_path: Path
) -> None:
    package = Package(tmp_path, f"typed_{shape}")
    package.make(*(["--poll"] if shape == "poll" else []))
    for path in package.home.rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            assert not line.startswith(("from schemas", "from connectors", "from pipeline")), path
    cache = str(ROOT / "var" / "mypy-scaffold")
    package.run(package.bin / "python", "-m", "mypy", "--strict", "--cache-dir", cache, "src", "tests")
    package.run(Path(sys.executable).with_name("ruff"), "check", "--no-cache", ".")


def test_a_fault_in_the_package_is_named_by_the_command(tmp_path: Path) -> None:
    package = Package(tmp_path, "spoilt")
    package.make()
    source = package.site / "xinshu_spoilt" / "payload.py"
    source.write_text(source.read_text("utf-8").replace(", phone=message.phone", ""))
    said = package.run(package.xinshu, "connector", "check", "spoilt", "--json", code=1)
    assert {finding["rule"] for finding in json.loads(said)} == {"drops", "golden"}
