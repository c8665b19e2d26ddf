"""A trace: small, without a word in it, the same wherever it is made."""

from matterkit import letter, trace

from pipeline.judge.relate import Trace, trace_of
from pipeline.judge.relate.minhash import jaccard, signature
from pipeline.judge.relate.trace import BYTES

TEXT = "和平里幼儿园下学期突然涨价三百元一个月,没有公示也没有征求家长意见,请教育局核实是否合规。"


def test_encoding_comes_back_as_it_was() -> None:
    made = trace(TEXT, "幼儿园涨价", person="ab" * 16)
    stored = made.encode()
    assert len(stored) == BYTES <= 350
    assert Trace.decode(stored) == made


def test_an_empty_letter_has_a_trace_too() -> None:
    made = trace("")
    assert Trace.decode(made.encode()) == made
    assert (made.person, made.text, made.signature, made.anchors, made.words) == (0, 0, b"", (), ())


def test_full_width_and_blanks_make_no_difference() -> None:
    other = TEXT.replace(",", ",").replace("三百", " 三百")
    assert trace(other).text == trace(TEXT).text
    assert jaccard(trace(other).signature, trace(TEXT).signature) == 1


def test_the_way_the_files_and_the_place_count() -> None:
    one, other = letter(1, TEXT), letter(2, TEXT, channel="sms", place="东路3号")
    assert trace_of(one).way != trace_of(other).way
    assert trace_of(one).place == 0 != trace_of(other).place
    assert trace_of(one).files == trace_of(other).files


def test_people_are_told_apart_and_nobody_is_nobody() -> None:
    assert trace(TEXT, person="a").person != trace(TEXT, person="b").person
    assert trace(TEXT).person == 0


def test_the_estimate_is_near_the_truth() -> None:
    one = "".join(chr(0x4E00 + number) for number in range(400))
    other = one[:200] + "".join(chr(0x6E00 + number) for number in range(200))
    assert abs(jaccard(signature(one), signature(other)) - 1 / 3) < 0.2
    assert jaccard(signature(one), signature("".join(reversed(one)))) < 0.1


def test_a_text_of_a_million_characters_costs_little() -> None:
    assert trace("投诉翠湖雅苑的电梯。" * 100_000).anchors
