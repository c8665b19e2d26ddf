"""A city's own topics from a file, by the end of its name."""

from pathlib import Path

import pytest

from pipeline.judge.route.loading import BadTopics, load_topics
from pipeline.judge.route.training import Example, train


def test_a_model_a_catalogue_and_a_table(tmp_path: Path) -> None:
    model = tmp_path / "m.npz"
    model.write_bytes(train([Example("", "停水", "供水"), Example("", "公交车", "公交")]).encode())
    assert load_topics(model).guess("", "停水").best == "供水"
    catalogue = tmp_path / "c.yaml"
    catalogue.write_text("catalogue: 甲\nversion: '1'\ntopics:\n  水:\n    供水: [停水]\n", "utf-8")
    assert load_topics(catalogue).guess("", "停水").best == "水/供水"
    table = tmp_path / "t.csv"
    table.write_text("\ufeff一级分类,二级分类,三级分类\n水,供水,停水\n", "utf-8")
    assert load_topics(table).guess("", "停水").best == "水/供水"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.npz", b"PK", r"m\.npz: no topic model"),
        ("c.yaml", b"topics: 1\n", r"c\.yaml:1: "),
        ("c.yaml", b"\xff\xfe", r"not UTF-8"),
        ("t.csv", b"a,b\n", r"t\.csv:1: the header"),
        ("t.txt", b"", r"ends in \.npz, \.yaml or \.csv, not \.txt"),
    ],
)
def test_a_file_that_tells_no_topics_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadTopics, match=message):
        load_topics(tmp_path / name)


def test_no_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadTopics, match=r"none\.npz: No such file"):
        load_topics(tmp_path / "none.npz")
