"""Updates that other projects keep as their tests, with the results they expect, as far as they expect what we do."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram import Telegram
from connectors.telegram.payload import normalise
from schemas.errors import Malformed
from schemas.letter import MediaRef


def moment(go: str) -> datetime:
    """``time.Date(2016, 1, 30, 2, 07, 48, 0, time.UTC)``: a zero in front is no error in Go."""
    year, month, day, hour, minute, second = map(int, go.removeprefix("time.Date(").split(",")[:6])
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_courier_reads_the_same(letters_data: Path) -> None:
    path = letters_data / "channels" / "courier" / "telegram.json"
    seen = 0
    for case in json.loads(path.read_text()):
        label, data = case["Label"], case["Data"].encode()
        try:
            raws = Telegram.from_file(data, "case", {})
        except Malformed:
            assert case["ExpectedRespStatus"] == "400", label
            continue
        if not raws:
            # They answer a bare /start with nothing to read in it, and updates without a message not at all.
            assert case["ExpectedBodyContains"] == "Ignoring" or "Start" in label, label
            continue
        content = normalise(raws)
        if "ExpectedURN" not in case:
            continue  # their test is about fetching the file
        seen += 1
        assert content.sender.name == case["ExpectedContactName"], label
        assert content.sender.handle == case["ExpectedURN"].partition("#")[0], label
        assert raws[0].letter_key.endswith(f":{case['ExpectedExternalID']}"), label
        assert content.sent_at == moment(case["ExpectedDate"]), label
        # What a page inside Telegram sends is kept as it is; they show the label of its button and keep it elsewhere.
        expected = case.get("ExpectedPayload") or case["ExpectedMsgText"]
        assert content.text == expected, label
    assert seen >= 10


SENT = {
    "document": ("documentfileid", "application/pdf", "document.pdf", ""),
    "photo": ("photofileid3", "image/jpeg", "照片-3.jpg", "caption 123<b>abc</b>"),
    "video": ("videofileid", "video/mp4", "视频-6.mp4", ""),
    "voice": ("voicefileid", "audio/ogg", "语音-7.ogg", ""),
}


@pytest.mark.parametrize("story", ["text", "text2", *SENT])
def test_zammads_private_messages(letters_data: Path, story: str) -> None:
    data = (letters_data / "channels" / "zammad_telegram" / "private" / f"{story}.json").read_bytes()
    told: dict[str, Any] = json.loads(data)["message"]
    (raw,) = Telegram.from_file(data, story, {})
    content = normalise([raw])
    assert content.sender.handle == f"telegram:{told['from']['id']}"
    assert content.sent_at == datetime.fromtimestamp(told["date"], UTC)
    if story not in SENT:
        assert content.text == told["text"]
        return
    file_id, media_type, name, text = SENT[story]
    assert content.attachments == (MediaRef(ref=f"telegram/{file_id}", name=name, media_type=media_type),)
    assert content.text == text


def test_zammads_channels_and_commands_are_no_letters(letters_data: Path) -> None:
    folder = letters_data / "channels" / "zammad_telegram"
    paths = [
        *(folder / "channel").glob("*.json"),
        *(folder / "private").glob("start*.json"),
        folder / "private" / "end.json",
    ]
    assert len(paths) >= 10
    assert [path.name for path in paths if Telegram.from_file(path.read_bytes(), path.name, {})] == []
