"""Files read offline: ``xinshu normalise hotline --format … --map … --speakers … FILE``."""

import json
from typing import Any

import pytest

from connectors.hotline import Hotline
from connectors.hotline.calls import BadTranscript, moment
from schemas.letter import Content
from schemas.ports import CutsBatches, ReadsFiles


def read(payload: bytes, name: str, **options: str) -> list[Content]:
    (batch,) = Hotline.from_file(payload, name, options)
    assert batch.is_batch
    return [Hotline.normalise((piece,)) for piece in Hotline.cut(batch)]


def test_the_channel_cuts_batches_and_reads_files() -> None:
    assert isinstance(Hotline, CutsBatches)
    assert isinstance(Hotline, ReadsFiles)
    assert {option.name for option in Hotline.file_options} == {"format", "map", "speakers"}


def test_a_file_is_read_by_its_ending_or_by_what_is_said() -> None:
    table = "流水号\t说了什么\nA1\t路灯坏了\n".encode()
    columns = json.dumps({"call_id": "流水号", "text": "说了什么"})
    for name, options in (("in/calls.tsv", {}), ("calls", {"format": "csv"})):
        (content,) = read(table, name, map=columns, **options)
        assert content.text == "路灯坏了"


def test_speakers_are_mapped_and_never_guessed() -> None:
    call = json.dumps(
        {"call_id": "A1", "turns": [{"channel": 1, "text": "路灯"}, {"channel": 0, "text": "好"}]}
    ).encode()
    (guessed,) = read(call, "call.json")
    assert {turn.speaker for turn in guessed.turns} == {"unknown"}
    (mapped,) = read(call, "call.json", speakers='{"1": "citizen", "0": "agent"}')
    assert [turn.speaker for turn in mapped.turns] == ["citizen", "agent"]


@pytest.mark.parametrize(
    "options", [{"map": "{"}, {"map": '{"callid": "x"}'}, {"speakers": '{"0": "boss"}'}, {"map": "[]"}]
)
def test_a_map_that_is_none_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadTranscript):
        Hotline.from_file(b"x", "calls.csv", options)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23 15:42:10", "2026-11-23T15:42:10+08:00"),
        ("2026-11-23T15:42:10.250+08:00", "2026-11-23T15:42:10.250000+08:00"),
        ("2026-11-23T07:42:10Z", "2026-11-23T07:42:10+00:00"),
        ("2026/11/3 5:42", "2026-11-03T05:42:00+08:00"),
        ("2026年11月23日 15时42分10秒", "2026-11-23T15:42:10+08:00"),
        ("20261123154210", "2026-11-23T15:42:10+08:00"),
        ("2026-11-23", "2026-11-23T00:00:00+08:00"),
        ("2026-13-23 15:42", None),
        ("46349.33", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_the_call_centres(written: str | None, meant: str | None) -> None:
    found = moment(written)
    assert (found.isoformat() if found else None) == meant
