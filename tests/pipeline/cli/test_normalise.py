"""``xinshu normalise`` for a channel whose files hold many letters, and which brings options along."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from readingkit import know_poison

from pipeline import logs
from pipeline.intake import worker

Call = Callable[..., tuple[int, str, str]]
Lines = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(know_poison(tmp_path, monkeypatch)))
    monkeypatch.setattr(worker, "COMPANY_S", 1.0)


@pytest.fixture
def lines(call: Call, tmp_path: Path) -> Lines:
    """What is printed for files of these contents, with these options."""

    def lines(*contents: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        names = []
        for n, content in enumerate(contents):
            (tmp_path / f"f{n}.txt").write_text(content)
            names.append(f"f{n}.txt")
        code, out, err = call("normalise", "poison", *options, *names)
        assert (code, err) == (0, "")
        # The logs of this process are not set up (see conftest): what they say stands among the letters.
        found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        assert [one["input"] for one in found] == names
        return found

    return lines


def texts(line: dict[str, Any]) -> list[str]:
    return [letter["text"] for letter in line["letters"]]


def test_pieces_are_grouped_into_letters(lines: Lines) -> None:
    (line,) = lines("A 2/2 a2\nB 1/1 b\nA 1/2 a1\nC 3/0 c1\nC 1/0 c2\nB 1/1 b\nD 2/3 d2")
    assert texts(line) == ["a1+a2", "b", "c1+c2", "d2"]
    assert line["letters"][0]["received_at"] is None
    assert {"sender", "subject", "text", "attachments", "turns", "sent_at"} <= set(line["letters"][0])
    assert "errors" not in line


def test_a_letter_that_cannot_be_read_is_named_by_its_place(lines: Lines) -> None:
    first, second = lines(
        "A 1/1 a\nB 1/1 malformed:\nC 1/1 fault:\nD 1/1 d\nE 1/1 die:\nF 1/1 f", "A 1/1 again"
    )
    assert texts(first) == ["a", "d", "f"]
    assert [(one["index"], one["error"]["kind"]) for one in first["errors"]] == [
        (1, "malformed"), (2, "fault"), (4, "malformed"),
    ]  # fmt: skip
    assert first["errors"][0]["error"]["detail"] == "the third line"
    assert texts(second) == ["again"]


def test_a_file_of_which_nothing_can_be_read(lines: Lines) -> None:
    found = lines("another kind", "A 1/1 malformed:", "A 1/1 malformed:\nB 1/1 fault:", "", "A 1/1 good")
    assert [one.get("error", {}).get("detail") for one in found] == [
        "a line of another kind", "the third line", "the third line", None, None,
    ]  # fmt: skip
    assert [len(one.get("errors", ())) for one in found] == [0, 0, 2, 0, 0]
    assert [one.get("letters") if n == 3 else "letters" in one for n, one in enumerate(found)] == [
        False, False, False, [], True,
    ]  # fmt: skip


def test_a_batch_is_cut(lines: Lines) -> None:
    good, bad, fault = lines("one\ntwo", "malformed", "fault", options=("--as", "batch"))
    assert texts(good) == ["one", "two"]
    assert bad["error"] == {"kind": "malformed", "detail": "no table"}
    assert fault["error"]["kind"] == "malformed"
    (other,) = lines("one", options=("--as", "fault"))
    assert other["error"] == {"kind": "fault", "detail": "ZeroDivisionError"}


def test_files_found_and_files_held_are_named(lines: Lines) -> None:
    (line,) = lines("A 1/1 file:x\nB 1/1 media:p1")
    found, held = (letter["attachments"][0] for letter in line["letters"])
    assert (found["name"], found["size_bytes"]) == ("图.png", 3000)
    assert held == {"name": "p1.jpg", "media_type": "image/jpeg", "size_bytes": None, "sha256": None}


def test_an_options_file_is_read(lines: Lines, call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("!")
    (line,) = lines("A 1/1 a", options=("--words", "words.txt"))
    assert texts(line) == ["a!"]
    code, _, err = call("normalise", "poison", "--words", "none.txt", "f0.txt")
    assert code == 2
    assert "none.txt" in err


def test_logs_do_not_stand_among_the_letters(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_text("A 1/1 die:")
    set_up: list[str] = []
    monkeypatch.setattr(logs, "set_up", set_up.append)
    call("normalise", "poison", "f")
    assert set_up == ["normalise"]


def test_help_lists_a_channels_own_options(call: Call) -> None:
    code, out, _ = call("normalise", "poison", "--help")
    assert code == 0
    assert "--as" in out
    assert "加在每封信后面的话" in out
    _, out, _ = call("normalise", "email", "--help")
    assert "--as" not in out
    assert call("normalise", "--help")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("poison", "--dialect", "x", "f"), "poison 没有选项 --dialect;它自己的选项:--as --words"),
        (("email", "--as", "batch", "f"), "email 没有选项 --as;它自己的选项:没有"),
        (("poison", "--as", "other", "f"), "pieces"),
    ],
)
def test_anothers_option_is_a_wrong_call(call: Call, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = call("normalise", *arguments)
    assert (code, out) == (2, "")
    assert says in err
