"""The wheel, as a city's IT team gets it: built, installed with the locked dependencies into a clean environment, and
started from a folder that holds strangers' packages of our names."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "var" / "wheel"
LOCK = ROOT / "requirements" / "runtime.txt"
PACKAGES = ("connectors", "pipeline", "schemas", "sinks")
DATA = {".html", ".yaml", ".css", ".json", ".js", ".svg", ".sql", ".typed", ".template"}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path = ROOT, ok: bool = True) -> subprocess.CompletedProcess[str]:
    """Run with next to no environment: nothing of ours is found by accident."""
    kept = {
        key: value for key, value in os.environ.items() if key.startswith("PIP_") or key in {"HOME", "PATH"}
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ok and done.returncode != 0:
        pytest.fail(
            f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}",
            pytrace=False,
        )
    return done


@pytest.fixture(scope="module")
def wheel() -> Path:
    dist = WORK / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, ROOT)
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean(wheel: Path) -> Path:
    """The ``bin`` folder of an environment that holds the locked runtime packages and our wheel, nothing else.

    The packages are downloaded once for each state of the lock file; after that no network is needed.
    """
    state = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = WORK / f"venv-{state}"
    packages = WORK / f"packages-{state}"
    if not (home / "ready").exists():
        for old in (*WORK.glob("venv-*"), *WORK.glob("packages-*")):
            shutil.rmtree(old)
        pip = (sys.executable, "-m", "pip", "--quiet")
        run(*pip, "download", "--require-hashes", "--only-binary", ":all:", "--dest", packages, "-r", LOCK)
        run(sys.executable, "-m", "venv", home)
        install = (
            home / "bin/python",
            "-m",
            "pip",
            "--quiet",
            "install",
            "--no-index",
            "--find-links",
            packages,
        )
        run(*install, "--require-hashes", "-r", LOCK)
        (home / "ready").touch()
    run(
        home / "bin/python",
        "-m",
        "pip",
        "--quiet",
        "install",
        "--no-deps",
        "--no-index",
        "--force-reinstall",
        wheel,
    )
    run(home / "bin/python", "-m", "pip", "check")
    return home / "bin"


@pytest.fixture
def among_strangers(tmp_path: Path) -> Path:
    """A folder with packages of our names that are not ours."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise RuntimeError('the stranger was imported')\n")
    return tmp_path


def test_the_wheel_holds_our_packages_whole_and_nothing_else(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in inside if ".dist-info/" not in name}
    assert tops == {*PACKAGES, "xinshu.py"}
    expected = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", *DATA} and "__pycache__" not in path.parts
    }
    assert expected - inside == set()


@pytest.mark.parametrize("arguments", [("--help",), ("connector", "list")])
def test_the_command_uses_ours_among_strangers(
    clean: Path, among_strangers: Path, arguments: tuple[str, ...]
) -> None:
    said = run(clean / "xinshu", *arguments, cwd=among_strangers).stdout
    expected = {"--help": "up", "connector": "web_form"}
    assert expected[arguments[0]] in said


def test_importing_among_strangers_is_refused_by_name(clean: Path, among_strangers: Path) -> None:
    refused = run(clean / "python", "-c", "import xinshu", cwd=among_strangers, ok=False)
    assert refused.returncode == 1
    assert "ImportError" in refused.stderr
    assert str(among_strangers / "schemas") in refused.stderr


def test_the_four_packages_have_one_owner(clean: Path, tmp_path: Path) -> None:
    program = "import importlib.metadata as m, json; print(json.dumps(m.packages_distributions()))"
    owners = json.loads(run(clean / "python", "-c", program, cwd=tmp_path).stdout)
    assert {package: owners.get(package) for package in PACKAGES} == {
        package: ["xinshu"] for package in PACKAGES
    }
    # The developer's environment too: there ours are on the path by reference, so only strangers could be listed.
    here = packages_distributions()
    assert {owner for package in PACKAGES for owner in here.get(package, ())} <= {"xinshu"}


def test_every_locked_package_may_be_used_in_public_administration() -> None:
    """None is under a licence that would reach over to a city's own plug-ins (GPL, AGPL); LGPL would be fine."""
    from importlib.metadata import distributions

    locked = {
        line.split("==")[0] for line in LOCK.read_text().splitlines() if "==" in line and line[0] != " "
    }
    bad = []
    for distribution in distributions():
        meta = distribution.metadata
        if meta["Name"].lower().replace("_", "-") not in locked:
            continue
        said = [*(meta.get_all("License-Expression") or []), *(meta.get_all("License") or [])]
        said += [one for one in meta.get_all("Classifier") or [] if one.startswith("License")]
        if not said:  # only the licence itself lies there
            files = meta.get_all("License-File") or []
            said = [text for name in files if (text := distribution.read_text(f"licenses/{name}"))]
        assert said, f"{meta['Name']} names no licence"
        text = " ".join(line[:200] for line in said)
        if ("GPL" in text or "General Public" in text) and "LGPL" not in text and "Lesser" not in text:
            bad.append(meta["Name"])
    assert bad == []


@pytest.mark.parametrize(("lock", "extra"), [("runtime.txt", ""), ("dev.txt", "dev")])
def test_the_lock_files_hold_what_the_project_asks_for(lock: str, extra: str) -> None:
    """Whoever edits pyproject.toml runs `make lock` too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    locked = dict(
        re.findall(r"^([\w.-]+)==([\w.+!-]+)", line)[0] for line in lines if re.match(r"[\w.-]+==", line)
    )
    unmet = [
        one
        for one in map(Requirement, wanted)
        if (name := canonicalize_name(one.name)) not in locked or locked[name] not in one.specifier
    ]
    assert unmet == []
