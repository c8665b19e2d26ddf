"""``xinshu topic``: learn, test, predict; and what it says of a bad file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]
LETTERS = [
    {"id": 1, "subject": "停水", "text": "自来水停水两天", "label": "供水"},
    {"id": 2, "subject": "水压", "text": "水压低,自来水上不了楼", "label": "供水"},
    {"id": 3, "subject": "水费", "text": "自来水水费多收", "label": "供水"},
    {"id": 4, "subject": "公交", "detail": "公交车不停站", "label": "公交"},
    {"id": 5, "subject": "", "detail": "等公交车半小时", "label": "公交"},
    {"id": 6, "subject": "公交", "detail": "公交司机骂人", "label": "公交"},
]


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return written(tmp_path / "orders.jsonl", LETTERS)


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_learn_twice_and_predict(call: Call, orders: Path, tmp_path: Path) -> None:
    code, out, err = call("topic", "train", str(orders), "--out", "a.npz")
    assert (code, out) == (0, "")
    assert "6 封,2 类" in err
    assert call("topic", "train", str(orders), "--out", "b.npz")[0] == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    new = written(
        tmp_path / "new.jsonl",
        [{"id": "x", "text": "公交车又不停"}, {"id": "y", "subject": "停水", "text": ""}],
    )
    code, out, err = call("topic", "predict", str(new), "--model", "a.npz")
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"id": "x", "topics": ["公交", "供水"]},
        {"id": "y", "topics": ["供水", "公交"]},
    ]


def test_test_prints_figures(call: Call, orders: Path) -> None:
    call("topic", "train", str(orders))
    code, out, _ = call("topic", "test", str(orders), "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["letters"] == 6
    assert figures["macro_f1"] == figures["first_two"] == 1.0
    assert figures["confusion"] == []
    code, out, _ = call("topic", "test", str(orders))
    assert code == 0
    assert "macro-F1 1.000" in out


def test_labels_never_seen_count_as_wrong(call: Call, orders: Path, tmp_path: Path) -> None:
    call("topic", "train", str(orders))
    other = written(tmp_path / "other.jsonl", [{"id": 1, "text": "公交车", "label": "地铁"}])
    figures = json.loads(call("topic", "test", str(other), "--json")[1])
    assert figures["macro_f1"] == 0
    assert figures["confusion"] == [{"label": "地铁", "guessed": "公交", "letters": 1}]


def test_without_a_model_the_catalogue_speaks(call: Call, orders: Path) -> None:
    code, out, _ = call("topic", "predict", str(orders), "--catalogue")
    assert code == 0
    assert json.loads(out.splitlines()[0])["topics"][0] == "公用事业/供水"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "不是 JSON"),
        ("[]", "不是 JSON 对象"),
        ('{"id": 1, "label": "甲"}', "没有 subject 也没有 text"),
        ('{"id": 1, "text": "停水"}', "缺少 label"),
        ('{"id": 1, "text": 5, "label": "甲"}', "text 应为文字"),
    ],
)
def test_a_bad_line_is_named(call: Call, tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(f"{json.dumps(LETTERS[0])}\n\n{line}\n", "utf-8")
    code, _, err = call("topic", "train", str(file))
    assert code == 2
    assert f"{file}:3:" in err
    assert reason in err


def test_what_is_missing_is_named_with_its_remedy(call: Call, orders: Path, tmp_path: Path) -> None:
    code, _, err = call("topic", "predict", str(orders))
    assert code == 2
    assert "xinshu topic train" in err
    (tmp_path / "broken.npz").write_bytes(b"PK")
    code, _, err = call("topic", "predict", str(orders), "--model", "broken.npz")
    assert code == 2
    assert "重新学习" in err
    assert call("topic", "train", str(tmp_path / "none.jsonl"))[0] == 2
    one = written(tmp_path / "one.jsonl", LETTERS[:3])
    code, _, err = call("topic", "train", str(one))
    assert code == 2
    assert "至少要两个" in err
    code, _, err = call("topic", "train", str(orders), "--out", str(tmp_path / "no" / "m.npz"))
    assert code == 2
    assert "写不了" in err
