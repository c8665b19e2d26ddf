"""The packs that come with Xinshu: their quotes, their dates."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.policies import catalogue as packs
from pipeline.policies.matter import Actor, Circumstances, Demand, Matter, Object
from pipeline.policies.model import BadPack, Policy, catalogue, catalogue_with, names, packaged
from pipeline.policies.quotes import stands_in
from pipeline.policies.reading import city_pack, overlay

CHINA = ZoneInfo("Asia/Shanghai")
Read = Callable[..., Policy]


@pytest.fixture(scope="module")
def regulations(letters_data: Path) -> dict[str, str]:
    """The source texts: the nine regulations, and the report that quotes the national rule."""
    folder = letters_data.parent / "design"
    if not (folder / "regulations.txt").is_file():
        pytest.skip("the source texts of the regulations are not here")
    return {name: (folder / name).read_text("utf-8") for name in ("regulations.txt", "domain.md")}


@pytest.mark.parametrize("name", [name for name in names() if name != "pass"])
def test_every_quote_stands_in_its_source(name: str, regulations: dict[str, str]) -> None:
    source = regulations["domain.md" if name == "chengdu_2025" else "regulations.txt"]
    city_pack(packs.text(name), f"{name}.yaml", packs.shared(), source)


def test_the_national_rule_is_quoted_as_it_was_read(regulations: dict[str, str]) -> None:
    overlay(packs.text("national_2025"), "national_2025.yaml", regulations["domain.md"])


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("属于法院的,不受理", True),
        ("属于法院的，不受理", True),
        ("属于 法院的, 不受理", True),
        ("属于…不受理", True),
        ("不受理…属于", False),
        ("属于法院的不受理", False),
        ("属于法院,不受理", False),
        ("…", False),
    ],
)
def test_a_quote_is_word_for_word(quote: str, stands: bool) -> None:
    assert stands_in(quote, "第三条 属于\n法院的，不受理。") == stands


@pytest.mark.parametrize(
    ("at", "pack"),
    [
        ("2025-12-24T23:59:59+08:00", "chengdu"),
        ("2025-12-25T00:00:00+08:00", "chengdu_2025"),
        ("2025-12-24T16:00:00+00:00", "chengdu_2025"),
        ("2025-12-24T15:59:59+00:00", "chengdu"),
        ("2026-11-01T00:00:00+08:00", "chengdu_2025"),
    ],
)
def test_the_pack_in_force_is_that_of_the_citys_day(at: str, pack: str) -> None:
    assert catalogue().in_force("chengdu", datetime.fromisoformat(at), CHINA).pack == pack


def test_exactly_the_pack_that_is_named_whatever_its_dates() -> None:
    assert packaged("chengdu").pack == "chengdu"
    assert not packaged("chengdu").in_force(date(2026, 11, 1))
    assert catalogue().pack("chengdu") is packaged("chengdu")


def test_a_day_without_a_pack_is_said(read: Read) -> None:
    alone = packs.of([read()])
    with pytest.raises(
        BadPack, match=r"no rule pack of 'yunhai' is in force on 2027-01-01; there is: yunhai 2026"
    ):
        alone.in_force("yunhai", datetime.fromisoformat("2027-01-01T00:00+08:00"), CHINA)
    with pytest.raises(BadPack, match="no rule pack 'nowhere'; there is: yunhai"):
        alone.in_force("nowhere", datetime.fromisoformat("2026-02-01T00:00+08:00"), CHINA)
    with pytest.raises(BadPack, match="no rule pack 'nowhere'"):
        alone.pack("nowhere")


def test_a_citys_own_packs_stand_beside_the_others(fictitious: str) -> None:
    both = catalogue_with({"yunhai.yaml": fictitious})
    assert both.pack("yunhai").title == "云海市市长信箱"
    assert both.pack("fuxin") is packaged("fuxin")
    with pytest.raises(BadPack, match="there are two packs of this name"):
        catalogue_with({"fuxin.yaml": fictitious.replace("yunhai", "fuxin")})


def test_every_pack_names_its_source_and_its_samples() -> None:
    assert len(names()) == 12
    for name in names():
        pack = packaged(name)
        assert pack.file.source.title
        for term in pack.deadlines:
            assert term.source, name
            assert ("样例" in term.source) == (term.status == "sample"), name
        for unit in pack.units.entries:
            assert unit.status == "sample" or unit.source, name


def test_the_example_of_the_manual_is_a_pack(read: Read) -> None:
    manual = (Path(packs.__file__).parent / "README.md").read_text("utf-8")
    example = read(manual.split("```yaml\n", 1)[1].split("```", 1)[0])
    assert example.pack == "shili"
    assert (
        example.rule(Matter(Demand.HANDLE, Actor.ARMY, Object.DAILY_LIFE), Circumstances()).clause.code
        == "S2X"
    )


def test_chengdus_territory_is_that_of_its_divisions() -> None:
    territory = packaged("chengdu").territory
    assert territory.divisions is not None
    assert territory.divisions["简阳市"] == "510185"
    assert {"都江堰", "彭州", "邛崃", "崇州"} <= set(territory.divisions)
    assert all(territory.holds(code) for code in territory.divisions.values())
    assert not territory.holds("511421")
