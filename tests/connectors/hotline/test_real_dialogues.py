"""Real dialogues and recognisers' documented answers, beside the project: read as calls, or refused, nothing else."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from connectors.hotline.payload import normalise
from connectors.hotline.reading import FORMATS
from schemas.errors import Malformed
from schemas.letter import Raw

Cut = Callable[..., Sequence[Raw]]


def sessions(data: Path) -> dict[str, list[tuple[str, str]]]:
    path = data / "dialogue" / "jddc_sessions.txt"
    if not path.is_file():
        pytest.skip(f"{path.name} is missing")
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        session, _, side, _, _, _, said = line.split("\t", 6)
        found[session].append((side, said))
    return found


def test_every_session_is_a_call_with_both_sides(letters_data: Path, cut_file: Cut) -> None:
    spoken = sessions(letters_data)
    lines = [
        json.dumps({"call_id": name, "turns": [{"channel": side, "text": said} for side, said in turns]})
        for name, turns in spoken.items()
    ]
    pieces = cut_file("\n".join(lines).encode(), "calls.jsonl", speakers={"0": "citizen", "1": "agent"})
    contents = {piece.letter_key: normalise((piece,)) for piece in pieces}
    assert len(contents) == len(spoken)
    for name, turns in spoken.items():
        said = [text.strip() for _, text in turns if text.strip()]
        assert [turn.text for turn in contents[name].turns] == said
    both = sum("one_speaker" not in content.flags for content in contents.values())
    assert both > 0.9 * len(contents)


def test_a_table_of_turns_says_the_same(letters_data: Path, cut_file: Cut) -> None:
    spoken = sessions(letters_data)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["来电编号", "声道", "通话内容"])
    rows = [(name, side, said) for name, turns in spoken.items() for side, said in turns if said.strip()]
    writer.writerows((name, side, "'" + said if said.startswith("=") else said) for name, side, said in rows)
    pieces = cut_file(
        table.getvalue().encode("gb18030"),
        "calls.csv",
        speakers={"0": "citizen", "1": "agent"},
        rows=len(rows),
    )
    assert sum(len(normalise((piece,)).turns) for piece in pieces) == len(rows)


def test_answers_of_recognisers_we_do_not_know_are_refused(letters_data: Path, cut_file: Cut) -> None:
    path = letters_data / "channels" / "asr_vendor_samples.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is missing")
    for sample in json.loads(path.read_text("utf-8")):
        body = json.dumps(sample["body"], ensure_ascii=False).encode()
        for format_ in FORMATS:
            with pytest.raises(Malformed):
                normalise(cut_file(body, "answer.json", format=format_))
