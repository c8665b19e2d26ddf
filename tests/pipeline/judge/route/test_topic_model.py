"""The trained model: learns, survives its file, says the same on every run, refuses other files."""

import io

import numpy as np
import pytest

from pipeline.judge.route.grams import Dictionary, counted, grams
from pipeline.judge.route.topic_model import BadModel, Block, decode
from pipeline.judge.route.training import Example, TooFew, train

WATER = (
    "停水两天了",
    "自来水发黄",
    "水压太低洗不了澡",
    "水管爆了没人修",
    "水费多收了",
    "供水公司不接电话",
    "家里没水",
    "停水没有通知",
)
BUS = (
    "公交车不停站",
    "等公交半小时",
    "公交司机态度差",
    "希望增加公交线路",
    "公交卡充不了值",
    "末班公交太早",
    "公交站台破了",
    "公交车太挤",
)
LETTERS = [
    Example(text[:4], text * 3, label) for label, texts in (("供水", WATER), ("公交", BUS)) for text in texts
]


def test_it_learns_and_its_file_says_the_same() -> None:
    model = train(LETTERS)
    content = model.encode()
    again = decode(content)
    assert again.encode() == content
    assert train(LETTERS).encode() == content
    for text in ("小区停水了,水管坏了", "公交车又没来", "今天天气不错", ""):
        assert again.guess("", text) == model.guess("", text)
    guess = model.guess("停水", "自来水公司停水三天")
    assert (guess.best, guess.second) == ("供水", "公交")
    assert guess.score > guess.second_score
    assert model.guess("", "公交车不停").best == "公交"


def test_three_topics_and_more() -> None:
    road = [
        Example("路灯", text, "照明")
        for text in ("路灯不亮", "路灯坏了一排", "没有路灯", "路灯白天亮晚上不亮")
    ]
    model = train([*LETTERS, *road])
    assert model.labels == tuple(sorted(("供水", "公交", "照明")))
    assert model.guess("路灯", "路灯不亮").best == "照明"


def test_many_letters_are_calibrated_and_say_the_same_from_their_file() -> None:
    many = [Example(f"{one.subject}{number}", one.text, one.label) for number in range(6) for one in LETTERS]
    model = train(many)
    again = decode(model.encode())
    assert again.guess("停水", "停水两天").best == "供水"
    assert again.guess("", "公交车不停") == model.guess("", "公交车不停")
    assert again.guess("", "公交车不停").best == "公交"
    assert model.text.weights.flags.c_contiguous


def test_ties_go_to_the_first_name() -> None:
    model = train([Example("", "甲", "乙类"), Example("", "甲", "丙类")])
    assert model.guess("", "").best == min("乙类", "丙类")


def test_one_topic_teaches_nothing() -> None:
    with pytest.raises(TooFew):
        train([Example("", "停水", "供水")])


def test_another_file_is_no_model() -> None:
    for content in (b"", b"PK", b"{}", _archive(format=np.array("other")), _archive(labels=np.array(["a"]))):
        with pytest.raises(BadModel):
            decode(content)
    content = train(LETTERS).encode()
    with pytest.raises(BadModel):
        decode(content[: len(content) // 2])


def test_tables_that_do_not_fit_are_refused() -> None:
    with np.load(io.BytesIO(train(LETTERS).encode())) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["text_weights"] = arrays["text_weights"][:-1]
    with pytest.raises(BadModel, match="do not fit"):
        decode(_archive(**arrays))


def test_sums_are_exact_in_any_order() -> None:
    keys = np.arange(8000, dtype=np.uint64)
    block = Block(keys, np.full(8000, 200_000, np.int32), np.full((8000, 2), 32767, np.int16), 1.0)
    places, values = block.known(keys, np.full(8000, 255))
    assert len(places) == 8000
    exact = sum(int(value) * 32767 for value in values)
    assert float(values @ block.weights[:, 0].astype(np.float64)) == exact
    assert exact < 2**53


def test_grams_are_counted_exactly() -> None:
    keys, counts = grams("水水水管")
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == {
        ord("水"): 3,
        ord("管"): 1,
        1 << 62 | ord("水") << 21 | ord("水"): 2,
        1 << 62 | ord("水") << 21 | ord("管"): 1,
    }
    assert [array.tolist() for array in counted(np.array([], np.uint64))] == [[], []]
    words, times = Dictionary(("停水", "水管", "自来水管")).count("自来水管停水,停水")
    assert dict(zip(words.tolist(), times.tolist(), strict=True)) == {0: 2, 2: 1}


def _archive(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()
