"""May letter and answer be made public, and who answers: what the sender ticked and what the pack says, on the order."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.desk.batch import Judging
from pipeline.desk.part import rules_of
from pipeline.settings import City, Settings
from schemas.topics import ORDER

NAMED = {"name": "张三", "phone": "13800000001"}


@pytest.fixture
def order_under(make_desk: Callable[[str], Any], make: Any) -> Callable[..., Any]:
    def order_of(pack: str, **letter: Any) -> Any:
        desk = make_desk(pack)
        city = City(title="临城市", fallback_unit="市民服务中心", policy=pack)
        desk.judging = Judging(rules_of(Settings(cities={"lincheng": city})), 5)
        [event] = desk.say(make.letter(**{"sender": NAMED, **letter}))[ORDER]
        return event.order

    return order_of


@pytest.mark.parametrize(
    ("pack", "publication", "answered_by"),
    [
        ("jian", "no", "unit"),
        ("karamay", "reviewed", "unit"),
        ("chengdu", "reviewed", "unit"),  # the text does not say: a person looks first
        ("fushun", "with_opinion", "unit"),
        ("yichang", "as_asked", "unit"),
        ("xxcity", "reviewed", "office"),
    ],
)
def test_consent_and_the_packs_rule_stand_on_the_order(
    order_under: Callable[..., Any], pack: str, publication: str, answered_by: str
) -> None:
    order = order_under(pack, publish_consent=True)
    assert (order.publication, order.answered_by) == (publication, answered_by)


@pytest.mark.parametrize("said", [{}, {"publish_consent": True, "confidential": True}])
def test_nothing_is_public_without_consent_or_where_it_is_confidential(
    order_under: Callable[..., Any], said: dict[str, bool]
) -> None:
    assert order_under("yichang", **said).publication == "no"


def test_a_report_of_an_official_is_never_public(order_under: Callable[..., Any]) -> None:
    order = order_under(
        "yichang", publish_consent=True, subject="", text="举报区房产局王科长办证时收受红包,请查处。"
    )
    assert (order.confidential, order.publication) == (True, "no")
