"""What the linters cannot see: sizes, paths, docstrings, and that the walls are checked and complete."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("connectors", "pipeline", "schemas", "sinks")
FOLDERS = (*PACKAGES, "tests", "bench", "deploy")
LINES_MAX = 300
LONGER: dict[str, str] = {
    "pipeline/judge/relate/ring.py": "the arrays of one structure and every way through them",
}
"""Path: why it is one idea all the same."""
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".sh",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".sql",
    ".json",
    ".txt",
    ".xml",
}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work/|root/|home/\w|Users/\w)")


def files(*folders: str, suffixes: set[str]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def at_root() -> list[Path]:
    named = ("Makefile", "xinshu.py", "pyproject.toml", ".ci/run", ".gitignore")
    return [ROOT / name for name in named] + sorted(ROOT.glob("*.md"))


def configuration() -> dict[str, object]:
    read: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return read


def layers(contract: str) -> str:
    tool = configuration()["tool"]
    assert isinstance(tool, dict)
    for one in tool["importlinter"]["contracts"]:
        if contract in one["name"]:
            return " ".join(one["layers"])
    pytest.fail(f"no import contract named {contract!r}")


def test_no_file_is_long_without_a_reason() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in files(*FOLDERS, suffixes={".py", ".sh"})
    }
    assert {name: count for name, count in lengths.items() if count > LINES_MAX and name not in LONGER} == {}
    assert [name for name in LONGER if lengths.get(name, 0) <= LINES_MAX] == [], (
        "no longer needs its exception"
    )


def test_no_path_of_one_machine_is_written_down() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (*files(*FOLDERS, suffixes=TEXT), *at_root())
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    paths = [*files(*PACKAGES, "bench", "deploy", suffixes={".py"}), ROOT / "xinshu.py"]
    silent = [
        str(path.relative_to(ROOT)) for path in paths if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_tests_are_no_packages() -> None:
    """Equal file names in different folders would clash, and a test folder would shadow what it tests."""
    packages = (ROOT / "tests").rglob("__init__.py")
    assert [path for path in packages if "support" not in path.parts] == []


def test_the_walls_are_checked() -> None:
    recipe = (ROOT / "Makefile").read_text().split("\ncheck:", 1)[1].split("\n\n", 1)[0]
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports"):
        assert tool in recipe


TRESPASSES = {
    "connectors/web_form/trespass.py": "import sinks, aiokafka",
    "connectors/email/trespass.py": "import connectors.web_form",
    "sinks/sql/trespass.py": "import sinks.jsonl",
    "pipeline/desk/trespass.py": "import pipeline.intake",
    "pipeline/register/trespass.py": "import xinshu",
    "pipeline/judge/trespass.py": "import time",
}


def test_every_wall_stops_a_trespasser(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package)
    for name in ("pyproject.toml", "xinshu.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, line in TRESPASSES.items():
        (tmp_path / name).write_text(line + "\n")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "0 kept, 7 broken" in done.stdout, done.stdout
    for trespasser in TRESPASSES:
        assert trespasser.removesuffix(".py").replace("/", ".") in done.stdout


@pytest.mark.parametrize(("folder", "contract"), [("connectors", "No channel"), ("sinks", "No sink")])
def test_every_channel_and_sink_stands_behind_the_walls(folder: str, contract: str) -> None:
    """A folder is a plug-in; it is registered, and named in the wall that keeps it from its siblings."""
    plugins = {
        path.parent.name for path in (ROOT / folder).glob("*/__init__.py") if path.parent.name[0] != "_"
    }
    assert plugins, f"no plug-ins in {folder}"
    assert plugins <= set(re.findall(r"\w+", layers(contract)))
    project = configuration()["project"]
    assert isinstance(project, dict)
    assert plugins == set(project["entry-points"][f"xinshu.{folder}"])


def test_nothing_names_a_package_index() -> None:
    for path in sorted((ROOT / "requirements").iterdir()):
        assert "://" not in path.read_text(), path.name
