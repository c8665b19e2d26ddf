"""The memory on disk: whole or not there, good only for what it was made with."""

from pathlib import Path
from uuid import UUID

import pytest
from matterkit import COPIES, trace

from pipeline.desk.snapshot import Snapshot, Unusable, load, save
from pipeline.judge.relate import Index

VERSIONS = {"scheme": "1", "rules": "7"}
WINDOW_S = 90 * 86_400


def index() -> Index:
    made = Index(rows_max=5000)
    for number, text in enumerate(text for pair in COPIES for text in pair):
        made.add(UUID(int=(number + 1) << 96), number, trace(text, person=f"p{number}"))
    return made


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path, memory = tmp_path / "memory.snapshot", index()
    save(memory, path, {"desk.memory.v1": 17}, VERSIONS)
    found = load(path, VERSIONS, window_s=WINDOW_S, rows_max=5000)
    assert isinstance(found, Snapshot)
    assert found.read_to == {"desk.memory.v1": 17}
    asked = trace(COPIES[3][0])
    assert found.index.candidates(asked, 100) == memory.candidates(asked, 100) != ()
    assert [file.name for file in tmp_path.iterdir()] == ["memory.snapshot"]


def test_an_empty_memory_is_a_snapshot_too(tmp_path: Path) -> None:
    save(Index(), tmp_path / "m", {}, VERSIONS)
    assert isinstance(load(tmp_path / "m", VERSIONS, window_s=WINDOW_S, rows_max=5_000_000), Snapshot)


def why(
    path: Path, versions: dict[str, str] | None = None, window_s: int = WINDOW_S, rows_max: int = 5000
) -> str:
    found = load(path, versions or VERSIONS, window_s=window_s, rows_max=rows_max)
    assert isinstance(found, Unusable)
    return found.why


def test_it_says_why_it_is_of_no_use(tmp_path: Path) -> None:
    path = tmp_path / "memory.snapshot"
    assert "no snapshot" in why(path)
    save(index(), path, {}, VERSIONS)
    assert "scheme" in why(path, {**VERSIONS, "scheme": "2"})
    assert "window" in why(path, window_s=5)
    assert "broken" in why(path, rows_max=10)
    path.write_bytes(b"something else")
    assert "no snapshot of this program" in why(path)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.95])
def test_a_changed_or_cut_file_is_not_believed(tmp_path: Path, place: float) -> None:
    path = tmp_path / "memory.snapshot"
    save(index(), path, {}, VERSIONS)
    whole = path.read_bytes()
    at = int(len(whole) * place)
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    assert why(path)
    path.write_bytes(whole[:at])
    assert why(path)


def test_who_fails_in_between_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "memory.snapshot"
    save(index(), path, {"t": 1}, VERSIONS)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="space"):
        save(index(), path, {"t": 2}, VERSIONS)
    monkeypatch.undo()
    found = load(path, VERSIONS, window_s=WINDOW_S, rows_max=5000)
    assert isinstance(found, Snapshot)
    assert found.read_to == {"t": 1}
    assert len(list(tmp_path.iterdir())) == 1
