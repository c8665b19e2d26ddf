"""Tables as call centres really write them: charsets, delimiters, what spreadsheets spoil, rows that are bad."""

import json
import time
from collections.abc import Callable, Sequence

import pytest

from connectors.hotline.calls import BadTranscript
from connectors.hotline.payload import normalise
from schemas.errors import Malformed
from schemas.letter import Content, Raw

Cut = Callable[..., Sequence[Raw]]
HEAD = "来电编号,来电号码,来电时间,来电内容"
ROW = "A1,13800001234,2026/11/23 15:42,示例路的路灯坏了"


def read(piece: Raw) -> Content:
    return normalise((piece,))


def contents(pieces: Sequence[Raw]) -> list[Content | str]:
    """Of every piece what it says, or why it cannot be read."""
    found: list[Content | str] = []
    for piece in pieces:
        try:
            found.append(read(piece))
        except Malformed as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_charsets_delimiters_and_line_ends(cut_file: Cut, codec: str, delimiter: str, end: str) -> None:
    table = end.join((HEAD, ROW, "")).replace(",", delimiter)
    (piece,) = cut_file(table.encode(codec), "calls.csv")
    content = read(piece)
    assert (content.sender.phone, content.text) == ("13800001234", "示例路的路灯坏了")
    assert content.sent_at is not None
    assert content.sent_at.isoformat() == "2026-11-23T15:42:00+08:00"
    assert (piece.letter_key, piece.conversation, piece.pieces, piece.on_conflict) == ("A1", "A1", 0, "again")


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        ('="013800001234"', "013800001234"),
        ('"=""13800001234"""', "13800001234"),
        (" 13800001234 ", "13800001234"),
        ("13800001234.0", "13800001234"),
        ("+86 138-0000-1234", "+86 138-0000-1234"),
        ("010-12345678转8", "010-12345678转8"),
    ],
)
def test_phones_are_kept_as_they_were_meant(cut_file: Cut, cell: str, phone: str) -> None:
    (piece,) = cut_file(f"{HEAD}\nA1,{cell},,路灯坏了\n".encode(), "c.csv")
    assert read(piece).sender.phone == phone


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A1,1.38E+10,,路灯", "“来电号码”被表格软件改写成科学计数，原值已丢失"),
        ("2.02611E+15,13800001234,,路灯", "“来电编号”被表格软件改写成科学计数，原值已丢失"),
        ("A1,=SUM(B1:B9),,路灯", "“来电号码”是公式"),
        ("A1,13800001234,,=cmd|' /C calc'!A0", "“来电内容”是公式"),
        ("A1,13800001234", "列数比表头少，行不完整"),
        (",13800001234,,路灯", "call_id：无法读取"),
        ("A1,13800001234,,", "没有通话内容"),
        ('A1,13800001234,,"路灯"坏了', "引号不成对，或一格过长"),
    ],
)
def test_a_bad_row_is_turned_away_with_its_line_and_the_others_are_taken(
    cut_file: Cut, row: str, why: str
) -> None:
    table = f'{HEAD}\nA0,1,,"第一行\n第二行"\n{row}\nA2,2,,井盖丢了\n'
    found = contents(cut_file(table.encode(), "c.csv"))
    assert found[1] == f"第 4 行：{why}"
    assert [one.text for one in found if isinstance(one, Content)] == ["第一行\n第二行", "井盖丢了"]


def test_a_bad_row_keeps_its_cells_for_whoever_mends_it(cut_file: Cut) -> None:
    (piece,) = cut_file(f"{HEAD}\nA1,1.38E+10,,路灯坏了\n".encode(), "c.csv")
    assert (
        "A1\\t1.38E+10\\t\\t路灯坏了" in bytes(piece.body if isinstance(piece.body, bytes) else b"").decode()
    )
    assert piece.pieces == 1


def test_a_quote_that_never_ends_loses_no_row_without_a_word(cut_file: Cut) -> None:
    pieces = cut_file(f'{HEAD}\nA1,1,,路灯\nA2,2,,"井盖\nA3,3,,垃圾\n'.encode(), "c.csv")
    found = contents(pieces)
    assert [isinstance(one, str) for one in found] == [False, True, False]
    assert b"A2" in bytes(pieces[1].body if isinstance(pieces[1].body, bytes) else b"")


def test_a_quote_that_a_later_row_closes_does_not_make_two_citizens_one(cut_file: Cut) -> None:
    pieces = cut_file(f'{HEAD}\nA001,1,,"路灯\nA002,2,,"\nA003,3,,垃圾\n'.encode(), "c.csv")
    found = contents(pieces)
    assert found[0] == "第 2 行：引号不成对，吞掉了下一行"
    assert b"A002" in b"".join(bytes(one.body) for one in pieces if isinstance(one.body, bytes))
    assert isinstance(found[-1], Content)
    assert found[-1].text == "垃圾"


def test_a_list_inside_quotes_is_no_row(cut_file: Cut) -> None:
    (piece,) = cut_file(f'{HEAD}\n12,1,,"两件事：\n1,路灯坏了\n10,井盖丢了"\n'.encode(), "c.csv")
    assert "10,井盖丢了" in read(piece).text


def test_broken_characters_turn_only_their_row_away(cut_file: Cut) -> None:
    rows = "".join(f"A{n},1380000{n:04},,示例路 {n} 号的路灯坏了，请派人来修。\n" for n in range(40))
    data = f"{HEAD}\n{rows}".encode().replace("示例路 7 ".encode(), b"\xe7\xa4\xe4\xbe\x8b\xe8\xb7\xaf 7 ")
    found = contents(cut_file(data, "c.csv"))
    assert [one for one in found if isinstance(one, str)] == ["第 9 行：“来电内容”的字符编码损坏"]
    assert len(found) == 40


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "内容是空的"),
        (b" \r\n\t", "内容是空的"),
        (b"\xff\xfe\xff" * 20, "表头缺少列“来电编号”"),
        (b"\x80\xff\xfd" * 20, "字符编码既不是 UTF-8 也不是 GB18030"),
        (b"\x00" * 64, "表头缺少列“来电编号”"),
        (HEAD.encode(), "没有一行数据"),
        ("来电编号,来电号码\nA1,1\n".encode(), "表头缺少列“来电内容”"),
        ("来电编号,来电内容,来电内容\nA1,a,b\n".encode(), "列“来电内容”出现了两次"),
    ],
)
def test_a_table_that_is_no_table_is_refused_whole(cut_file: Cut, data: bytes, why: str) -> None:
    with pytest.raises(BadTranscript) as refused:
        cut_file(data, "c.csv")
    assert str(refused.value) == why


def test_a_header_that_changed_is_refused_naming_the_column(cut_file: Cut) -> None:
    columns = {"call_id": "流水号", "text": "市民说了什么", "phone": "主叫"}
    good = "流水号,主叫,市民说了什么,坐席工号\nA1,13800001234,路灯坏了,8001\n"
    (piece,) = cut_file(good.encode(), "c.csv", columns=columns)
    assert read(piece).sender.phone == "13800001234"
    assert b"8001" in bytes(piece.body if isinstance(piece.body, bytes) else b"")
    with pytest.raises(BadTranscript, match="表头缺少列“主叫”"):
        cut_file(good.replace("主叫", "主叫号码").encode(), "c.csv", columns=columns)


def test_a_title_and_two_header_lines_stand_above_the_rows(cut_file: Cut) -> None:
    table = f"12345 来电明细,,,\n来电信息,,,内容\n来电编号,来电号码,来电时间,\n{ROW}\n"
    (piece,) = cut_file(table.encode(), "c.csv")
    assert read(piece).text == "示例路的路灯坏了"


def test_what_changes_only_in_columns_nobody_mapped_is_the_same_call(cut_file: Cut) -> None:
    tables = [f"{HEAD},状态\n{ROW},{state}\n" for state in ("待办", "已办")]
    (one,), (other,) = (cut_file(table.encode(), f"{n}.csv") for n, table in enumerate(tables))
    assert one.external_id == other.external_id


def test_a_corrected_text_is_a_revision_of_the_same_letter(cut_file: Cut) -> None:
    first = cut_file(f"{HEAD}\n{ROW}\n".encode(), "c.csv")[0]
    second = cut_file("来电编号,来电内容\nA1,示例路的路灯坏了三天\n".encode(), "d.csv")[0]
    assert first.letter_key == second.letter_key
    assert first.external_id != second.external_id
    content = normalise((first, second))
    assert (content.text, content.sender.phone) == ("示例路的路灯坏了三天", "13800001234")


def test_a_row_may_be_a_turn(cut_file: Cut) -> None:
    table = (
        "来电编号,说话人,开始毫秒,结束毫秒,通话内容\nA1,坐席,0,900,您好\nA2,坐席,0,900,您好\n"
        "A1,市民,1000,2000,路灯坏了\nA2,市民,1000,abc,井盖丢了\nA2,市民,3000,4000,在示例路\n"
    )
    found = contents(cut_file(table.encode(), "c.csv", rows=5))
    assert isinstance(found[0], Content)
    assert [(turn.speaker, turn.text) for turn in found[0].turns] == [
        ("agent", "您好"),
        ("citizen", "路灯坏了"),
    ]
    assert isinstance(found[1], Content)
    assert [turn.text for turn in found[1].turns] == ["您好", "在示例路"]
    assert found[1].flags == ("no_contact", "turns_missing")
    assert found[2] == "第 5 行：turns.0.end_ms：无法读取"


def test_a_cell_in_which_every_line_names_its_speaker_is_a_dialogue(cut_file: Cut) -> None:
    table = f'{HEAD}\nA1,1,,"话务员：您好\n【市民】路灯坏了"\nA2,1,,"市民：路灯\n在示例路"\n'
    dialogue, note = contents(cut_file(table.encode(), "c.csv"))
    assert isinstance(dialogue, Content)
    assert [turn.speaker for turn in dialogue.turns] == ["agent", "citizen"]
    assert isinstance(note, Content)
    assert (note.turns, note.text) == ((), "市民：路灯\n在示例路")


def test_the_senders_count_of_rows_is_held_against_ours(cut_file: Cut) -> None:
    assert len(cut_file(f"{HEAD}\n{ROW}\n\n".encode(), "c.csv", rows=1)) == 1
    with pytest.raises(BadTranscript, match="清单写明 2 行，文件里有 1 行"):
        cut_file(f"{HEAD}\n{ROW}\n".encode(), "c.csv", rows=2)


def test_a_line_of_one_mebibyte_is_a_row_like_any_other(cut_file: Cut) -> None:
    long = "路灯" * 174_763
    (piece,) = cut_file(f"{HEAD}\nA1,1,,{long}\n".encode(), "c.csv")
    assert len(read(piece).text) == len(long)
    found = contents(cut_file(f"{HEAD}\nA1,1,,{'灯' * 1_048_577}\nA2,1,,路灯\n".encode(), "c.csv"))
    assert found[0] == "第 2 行：引号不成对，或一格过长"
    assert isinstance(found[1], Content)


def test_a_million_rows_are_refused_naming_the_limit_and_soon(cut_file: Cut) -> None:
    table = HEAD.encode() + b"\n" + b"A1,13800001234,,abc\n" * 1_000_000
    began = time.process_time()
    with pytest.raises(BadTranscript, match="超过 100000 行"):
        cut_file(table, "c.csv")
    assert time.process_time() - began < 8


def test_json_lines_turn_bad_lines_away(cut_file: Cut) -> None:
    lines = '{"call_id":"A1","text":"路灯"}\n\n{"call_id":"A2"\n{"call_id":3,"text":"井盖"}\n[]\n'
    found = contents(cut_file(lines.encode(), "calls.jsonl"))
    assert found[1] == "第 3 行：不是完整的 JSON"
    assert found[3] == "第 5 行：一通来电应是一个 JSON 对象"
    assert [one.text for one in found if isinstance(one, Content)] == ["路灯", "井盖"]


def test_a_json_list_turns_bad_calls_away(cut_file: Cut) -> None:
    found = contents(cut_file('[{"call_id":"A1","text":"路灯"},7]'.encode(), "calls.json"))
    assert isinstance(found[0], Content)
    assert found[1] == "第 2 行：一通来电应是一个 JSON 对象"


def test_a_subtitle_file_is_named_after_its_call(cut_file: Cut) -> None:
    text = "1\r\n00:00:00,000 --> 00:00:01,800\r\n话务员：您好\r\n\r\n2\r\n00:00:02,000 --> 00:00:04,600\r\n市民：垃圾没人收\r\n"
    (piece,) = cut_file(b"\xef\xbb\xbf" + text.encode(), "20261123-0001.srt")
    assert piece.letter_key == "20261123-0001"
    assert [turn.end_ms for turn in read(piece).turns] == [1800, 4600]


def test_an_ending_that_says_nothing_is_refused(cut_file: Cut) -> None:
    with pytest.raises(BadTranscript, match="format"):
        cut_file(b"x", "calls.dat")


def test_a_quote_that_never_ends_takes_only_its_own_line(cut_file: Cut) -> None:
    rows = [f"A{n},13800001234,2026/11/23 15:42,路灯{n}" for n in range(1, 1200)]
    rows[2] = 'A3,13800001234,2026/11/23 15:42,"停水三天'
    found = contents(cut_file("\n".join([HEAD, *rows]).encode(), "calls.csv"))
    good = [one.text for one in found if isinstance(one, Content)]
    assert good == [f"路灯{n}" for n in range(1, 1200) if n != 3]
    assert [one for one in found if isinstance(one, str)] == ["第 4 行：引号不成对，或一格过长"]


def test_words_over_several_lines_stay_together(cut_file: Cut) -> None:
    (piece,) = cut_file(f'{HEAD}\nA1,13800001234,2026/11/23 15:42,"第一行\n第二行"\n'.encode(), "calls.csv")
    assert read(piece).text == "第一行\n第二行"


@pytest.mark.parametrize("keys", [("", ""), ("a", "a"), ("a", "")])
def test_results_that_cannot_be_told_apart_are_refused(cut_file: Cut, keys: tuple[str, str]) -> None:
    results = [{"text": "路灯坏了", "key": keys[0]}, {"text": "井盖丢了", "key": keys[1]}]
    with pytest.raises(BadTranscript, match="key"):
        cut_file(json.dumps(results).encode(), "call.json", format="funasr")


def test_a_long_place_does_not_refuse_a_call(cut_file: Cut) -> None:
    call = {
        "call_id": "A1",
        "text": "路灯",
        "place": "长" * 900,
        "turns": [{"seq": 1, "text": "乙"}, {"seq": 0, "text": "甲"}],
    }
    (piece,) = cut_file(json.dumps(call).encode(), "call.json")
    content = read(piece)
    assert content.place is not None
    assert len(content.place.text) == 500
    assert [turn.text for turn in content.turns] == ["甲", "乙"]
