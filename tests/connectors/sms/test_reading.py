"""The small readings, as tables: times, headers of long messages, percent-encoding, base64, numbers, charsets."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors.sms.mapping import Map
from connectors.sms.payload import Message, phone_of, text_of
from connectors.sms.reading import Place, is_receipt, place_of_udh, read, word_octets
from connectors.sms.times import BEIJING, moment_of
from connectors.sms.vendors import MAPS
from schemas.errors import Malformed

LAMP = datetime(2026, 11, 22, 19, 20, 1, tzinfo=BEIJING)
MINUTE = LAMP.replace(second=0)


@pytest.mark.parametrize(
    ("written", "form", "meant"),
    [
        ("2026-11-22 19:20:01", "", LAMP),
        ("2026/11/22 19:20:01", "", LAMP),
        ("2026-11-22T19:20:01", "", LAMP),
        ("2026-11-22T11:20:01Z", "", LAMP),
        ("2026-11-22T19:20:01+08:00", "", LAMP),
        ("2026年11月22日 19时20分01秒", "", LAMP),
        ("2026-11-22 19:20", "", MINUTE),
        ("26-11-22 19:20:01", "", LAMP),
        ("20261122192001", "", LAMP),
        ("261122192001", "", LAMP),
        ("202611221920", "", MINUTE),
        ("2611221920", "", MINUTE),
        ("1795346401", "", LAMP),
        ("1795346401000", "", LAMP),
        ("1795346401", "unix", LAMP),
        ("1795346401000", "unix_ms", LAMP),
        ("22.11.2026 19:20", "%d.%m.%Y %H:%M", MINUTE),
        ("2611221920", "unix", datetime(2052, 10, 3, 0, 52, tzinfo=UTC)),
        ("yesterday", "", None),
        ("0001-01-01 00:00:00", "", None),
        ("9999-12-31T23:59:59Z", "", None),
        ("2026-13-22 19:20:01", "", None),
        ("9" * 400, "unix", None),
        ("22.11.2026", "%Y", None),
    ],
)  # fmt: skip
def test_times(written: str, form: str, meant: datetime | None) -> None:
    found = moment_of(written, form, BEIJING)
    if form == "unix" and meant is not None:
        assert found is not None
        assert found.year == meant.year
    else:
        assert found == meant


def test_a_time_zone_of_the_gateway_holds_where_none_is_written() -> None:
    tokyo = moment_of("2026-11-22 20:20:01", "", ZoneInfo("Asia/Tokyo"))
    assert tokyo == LAMP


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("0500032a0201", Place("2a", 1, 2)),
        ("06080401020302", Place("0102", 2, 3)),
        ("0a0504000000000003ff ff 9".replace(" ", "")[:12], None),
        ("0b05040b8423f00003070201", Place("07", 1, 2)),
        ("0500032a0101", None),
        ("0500032a0203", None),
        ("0500032a0200", None),
        ("050003", None),
        ("", None),
        ("05000305ffff", Place("05", 255, 255)),
    ],
)
def test_headers_of_long_messages(header: str, place: Place | None) -> None:
    assert place_of_udh(bytes.fromhex(header)) == place


@pytest.mark.parametrize(
    "written", ["0500032a0201", "0500032A0201", "%05%00%03*%02%01", "\x05\x00\x03*\x02\x01"]
)
def test_a_header_is_read_however_it_is_written(written: str) -> None:
    assert word_octets({"udh": written}, ("udh",)) == bytes.fromhex("0500032a0201")


MAP = Map(text=("text",), sender=("from",))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("%E8%B7%AF%E7%81%AF+ok%0A", "路灯 ok\n"),
        ("%C2%B7%B5%C6", "路灯"),
        ("100%", "100%"),
        ("100%25", "100%25"),
        ("http://x.example/?q=%E8%B7%AF", "http://x.example/?q=%E8%B7%AF"),
        ("路灯%E8%B7%AF", "路灯%E8%B7%AF"),
        (12345, "12345"),
        ("", ""),
    ],
)
def test_texts_that_are_percent_encoded_and_texts_that_only_look_so(written: object, meant: str) -> None:
    message = read("custom", MAP, {"text": written, "from": "1"})
    data, charset = message.octets()
    assert text_of(data, charset)[0] == meant


@pytest.mark.parametrize(
    ("map_", "fields"),
    [
        (MAP, {"text": "x"}),
        (MAP, {"text": "x", "from": "BANK"}),
        (MAP, {"text": "x", "from": "1" * 65}),
        (MAP, {"text": "x", "from": True}),
        (MAP, {"from": "1"}),
        (MAP, {"text": None, "from": "1"}),
        (MAP, {"text": {"a": 1}, "from": "1"}),
        (MAP, ["text"]),
        (Map(text=("text",), sender=("from",), text_form="hex"), {"text": "zz", "from": "1"}),
        (Map(text=("text",), sender=("from",), text_form="base64"), {"text": "%%%", "from": "1"}),
    ],
)
def test_what_is_no_message(map_: Map, fields: object) -> None:
    with pytest.raises(Malformed):
        read("custom", map_, fields)


@pytest.mark.parametrize(
    ("handle", "phone"),
    [
        ("13800000001", "13800000001"),
        ("+8613800000001", "13800000001"),
        ("8613800000001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("+86 138-0000-0001", "13800000001"),
        ("+86 10 5550 0000", "+861055500000"),
        ("86100", "86100"),
        ("+4915700000000", "+4915700000000"),
        ("1380000****", "1380000****"),
        ("whatsapp:+8613800000001", "13800000001"),
    ],
)
def test_phones(handle: str, phone: str) -> None:
    assert phone_of(handle) == phone


@pytest.mark.parametrize(
    ("data", "charset", "text", "guessed"),
    [
        ("路灯".encode("utf-16-be"), "UTF-16BE", "路灯", False),
        ("路灯".encode("utf-16-be"), "ucs2", "路灯", False),
        ("路灯".encode("utf-16-le"), "UTF-16LE", "路灯", False),
        ("路灯".encode("utf-16"), "UTF-16", "路灯", False),
        ("路灯".encode("utf-16-be") + b"\x00", "UTF-16BE", "路灯\ufffd", True),
        ("路灯".encode("utf-16-be") + b"\x00\x00", "UTF-16BE", "路灯", False),
        (b"\xd8\x3d\x00a", "UTF-16BE", "\ufffda", True),
        ("镕喆".encode("gbk"), "gb2312", "镕喆", False),
        ("路灯坏了，请派人修".encode("gbk"), "8-BIT", "路灯坏了，请派人修", True),
        ("路灯坏了，请派人修".encode("gbk"), "UTF-8", "路灯坏了，请派人修", True),
    ],
)
def test_charsets(data: bytes, charset: str, text: str, guessed: bool) -> None:
    assert text_of(data, charset) == (text, guessed)


def test_what_is_kept_is_the_same_bytes_for_the_same_message() -> None:
    one = Message(vendor="custom", sender="1", text="路灯", sent_at=LAMP, raw={"b": 1, "a": 2})
    same = Message(raw={"a": 2, "b": 1}, sent_at=LAMP, text="路灯", sender="1", vendor="custom")
    assert one.stored() == same.stored()


def test_parts_are_known_by_their_reference() -> None:
    with pytest.raises(ValueError, match="part_ref"):
        Map(text=("t",), sender=("s",), part_no=("n",), parts=("of",))
    whole = Map(text=("t",), sender=("s",), part_ref=("r",), part_no=("n",), parts=("of",))
    assert read("custom", whole, {"t": "x", "s": "1", "r": "7", "n": "²", "of": "2"}).parts == 1


def test_parts_may_be_counted_from_zero() -> None:
    whole = Map(text=("t",), sender=("s",), part_ref=("r",), part_no=("n",), parts=("of",), parts_from=0)
    places = [read("custom", whole, {"t": "x", "s": "1", "r": "7", "n": no, "of": 2}) for no in (0, 1, 2)]
    assert [(sms.part_no, sms.parts) for sms in places] == [(1, 2), (2, 2), (1, 1)]


@pytest.mark.parametrize(
    ("vendor", "fields", "receipt"),
    [
        ("aliyun", {"phone_number": "13800000001", "content": "查", "biz_id": "9"}, False),
        ("aliyun", {"phone_number": "13800000001", "biz_id": "9", "err_code": "0"}, True),
        ("kannel", {"from": "1", "text": "stat:DELIVRD", "dlr": "1"}, True),
    ],
)
def test_what_has_words_is_no_receipt(vendor: str, fields: dict[str, str], receipt: bool) -> None:
    assert is_receipt(MAPS[vendor], fields) is receipt


def test_a_number_of_another_country_keeps_its_code() -> None:
    fields = {"mobile": "91234567", "nationcode": "852", "text": "灯"}
    assert read("tencent", MAPS["tencent"], fields).sender == "+85291234567"
    assert read("tencent", MAPS["tencent"], fields | {"nationcode": "86"}).sender == "91234567"
