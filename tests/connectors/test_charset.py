import pytest

from connectors._charset import clean, codec_of, decode

LETTER = "您好，人民路的路灯坏了三天，请派人修理。谢谢！朱镕喆"
TRADITIONAL = "您好，我們這裡的路燈已經壞了三天，請派人來修理，謝謝。"


@pytest.mark.parametrize(
    "label", ["gb2312", "GB2312", "gb_2312-80", "GBK", "x-gbk", "cp936", "gb18030", "csGB2312"]
)
def test_every_name_of_the_gb_family_reads_names_beyond_gb2312(label: str) -> None:
    assert decode(LETTER.encode("gb18030"), label) == (LETTER, False)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_undeclared_chinese_is_recognised_and_flagged(codec: str) -> None:
    assert decode(LETTER.encode(codec)) == (LETTER, True)


def test_big5_is_told_from_gb18030_by_everyday_characters() -> None:
    assert decode(TRADITIONAL.encode("big5")) == (TRADITIONAL, True)
    assert decode(TRADITIONAL.encode("big5"), "Big5") == (TRADITIONAL, False)


def test_utf8_under_another_label_is_read_as_what_it_is() -> None:
    assert decode(LETTER.encode(), "gb2312") == (LETTER, True)
    assert decode(LETTER.encode(), "iso-8859-1") == (LETTER, True)


def test_a_character_cut_at_the_end_costs_one_character_and_not_the_letter() -> None:
    for codec in ("utf-8", "gb18030"):
        text, guessed = decode(LETTER.encode(codec)[:-1], codec)
        assert text.startswith(LETTER[:-1])
        assert guessed


def test_western_text_is_not_taken_for_chinese() -> None:
    assert (
        decode("Grüße aus Köln, ein ganzer Satz".encode("latin-1")).text == "Grüße aus Köln, ein ganzer Satz"
    )


@pytest.mark.parametrize(
    "label",
    [
        "idna",
        "punycode",
        "unicode_escape",
        "base64",
        "zlib",
        "rot13",
        "x" * 300,
        "",
        "../../etc",
        "undefined",
    ],
)
def test_labels_that_are_no_charsets_are_not_believed(label: str) -> None:
    assert codec_of(label) is None
    assert decode(LETTER.encode("gb18030"), label).text == LETTER


def test_seven_bit_charsets_are_decoded_although_all_bytes_are_ascii() -> None:
    assert decode("中文".encode("utf-7"), "utf-7").text == "中文"
    assert decode("中文".encode("hz"), "hz-gb-2312").text == "中文"
    assert decode("日本".encode("iso2022_jp"), "iso-2022-jp").text == "日本"


def test_text_holds_no_nul_and_no_lone_surrogate() -> None:
    assert clean("a\x00b\ud800c") == "ab\ufffdc"
    assert decode(b"+2AA-", "utf-7").text.encode("utf-8")
    assert decode(b"\x00\xff\x00\xfe" * 100).text.encode("utf-8")
