"""A city's own topics: an order opened in the running city bears what the city's model says."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.desk.batch import Judging
from pipeline.desk.part import rules_of
from pipeline.judge.route.training import Example, train
from pipeline.settings import City, Settings
from pipeline.trouble import Trouble
from schemas.topics import ORDER


def settings(topics: Path | None) -> Settings:
    city = City(title="临城市", fallback_unit="市民服务中心", topics=topics)
    return Settings(cities={"lincheng": city})


def test_an_order_bears_the_topic_of_the_citys_own_model(make_desk: Any, make: Any, tmp_path: Path) -> None:
    model = tmp_path / "model.npz"
    lamp, bus = Example("路灯", "街上的路灯坏了,请修", "照明"), Example("公交", "三路公交车总是晚点", "公交")
    model.write_bytes(train([lamp, bus]).encode())
    own, usual = make_desk("own"), make_desk("usual")
    own.judging = Judging(rules_of(settings(model)), 5)
    usual.judging = Judging(rules_of(settings(None)), 5)
    told = [desk.say(make.letter())[ORDER][0].order.topic for desk in (own, usual)]
    assert told == ["照明", "市政设施/路灯照明"]


def test_topics_that_cannot_be_used_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"none\.npz: No such file"):
        rules_of(settings(tmp_path / "none.npz"))
