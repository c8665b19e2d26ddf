"""winmail.dat: files and words come out as they were put in; whatever is wrong with a pack costs little and loses nothing."""

import base64
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tnef_pack
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.payload import normalise
from connectors.email.tnef import unpack
from schemas.letter import Content, NewFile, Raw

PHOTO = b"\xff\xd8\xff\xe0 photo"
PACK = tnef_pack.pack(
    tnef_pack.code_page(),
    tnef_pack.one(1, 0x9003, tnef_pack.properties({(0x1013, 0x102): "<p>路灯<b>坏了</b></p>".encode("gbk")})),
    *tnef_pack.file("XIANCH~1.JPG", PHOTO, long_name="现场 照片.jpg", media_type="image/jpeg"),
    *tnef_pack.file("说明.pdf", b"%PDF-1.7"),
)


def mail(pack: bytes, *, text: str = "") -> Content:
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"] if text else []
    parts.append(
        "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(pack).decode()
    )
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    head = "From: a@mail.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    raw = Raw(
        account="a@b.cn",
        external_id="x",
        conversation="",
        letter_key="x",
        body=f"{head}{body}--b--\r\n".encode(),
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return normalise((raw,))


def names(content: Content) -> list[str]:
    return [file.name for file in content.attachments if isinstance(file, NewFile)]


def test_files_come_out_with_their_names_and_words_where_there_are_no_others() -> None:
    content = mail(PACK)
    assert content.text == "路灯坏了"
    assert [(f.name, f.media_type, f.content) for f in content.attachments if isinstance(f, NewFile)] == [
        ("现场 照片.jpg", "image/jpeg", PHOTO),
        ("说明.pdf", "application/pdf", b"%PDF-1.7"),
    ]
    assert mail(PACK, text="请看照片").text == "请看照片"


@pytest.mark.parametrize("cut", [5, 40, 150])
def test_a_broken_pack_is_kept_beside_what_came_out_of_it(cut: int) -> None:
    content = mail(PACK[:-cut])
    assert names(content)[-1] == "winmail.dat"
    assert "defects" in content.flags


def test_what_only_calls_itself_a_pack_is_a_file() -> None:
    content = mail(b"hello", text="x")
    assert names(content) == ["winmail.dat"]


def test_rich_text_alone_keeps_the_pack() -> None:
    rich = tnef_pack.pack(tnef_pack.one(1, 0x9003, tnef_pack.properties({(0x1009, 0x102): b"rtf"})))
    assert names(mail(rich)) == ["winmail.dat"]
    assert names(mail(rich, text="x")) == []


HUGE = b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    "pack",
    [
        tnef_pack.pack(*[tnef_pack.one(1, 0x8000, b"")] * 200_000),
        tnef_pack.pack(tnef_pack.one(1, 0x9003, HUGE + b"\x00" * 1_000_000)),
        tnef_pack.pack(tnef_pack.one(1, 0x9003, b"\x01\x00\x00\x00\x02\x11\x00\x10" + HUGE)),
        tnef_pack.pack(*(tnef_pack.file("a", b"x")[0],) * 5000),
    ],
    ids=["objects", "properties", "values", "files"],
)
def test_no_pack_is_slow(pack: bytes) -> None:
    began_s = time.process_time()
    unpacked = unpack(pack)
    assert time.process_time() - began_s < 1.0
    assert unpacked is not None
    assert unpacked.broken


@given(st.binary(max_size=200), st.integers(0, len(PACK)), st.integers(0, 40))
def test_any_bytes_are_read_or_no_pack(noise: bytes, at: int, gap: int) -> None:
    unpacked = unpack(PACK[:at] + noise + PACK[at + gap :])
    assert unpacked is None or len(unpacked.files) <= 3


def test_packs_of_the_collections_hold_the_files_that_their_lists_name(letters_data: Path) -> None:
    folder = letters_data / "mail" / "mimekit" / "tnef"
    packs = sorted(folder.glob("*.tnef"))
    differing = {}
    for path in packs:
        unpacked = unpack(path.read_bytes())
        assert unpacked is not None
        listed = path.with_suffix(".list").read_text(errors="replace").splitlines()
        expected = sum(not name.startswith("body.") for name in filter(None, listed))
        if len(unpacked.files) != expected:
            differing[path.stem] = (expected, len(unpacked.files))
    print(f"{len(packs)} packs; the number of files differs in {differing}")
    assert packs
    # The lists leave out files without a name in the short form, and count pictures inside enclosed mails.
    assert set(differing) <= {"christmas", "long-filename", "missing-filenames"}
