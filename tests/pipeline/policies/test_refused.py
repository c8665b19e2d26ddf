"""Packs that cannot be used: each is refused with file, line and reason."""

from collections.abc import Callable

import pytest

from pipeline.policies import catalogue
from pipeline.policies.model import BadPack, Policy, packaged
from pipeline.policies.reading import answers_table, house, overlay, units_table

Read = Callable[..., Policy]

WRONG = [
    # what is replaced, by what; the line; what is said
    ("title: 云海市市长信箱\n", "titel: 云海市市长信箱\n", 4, "titel: unknown key"),
    ("pack: yunhai", "pack: [", None, "not YAML"),
    ("    when: { object: market, demand: accuse }\n", "    when: { object: market }\n    when: { demand: accuse }\n", 28,
     "when: this key stands twice"),
    ("pack: yunhai", "pack: Yun Hai", 1, "pack: String should match"),
    ("  from: 2026-01-01", "  from: 2026-13-01", 8, "effective.from: "),
    ("  to: 2026-12-31", "  to: 2025-12-31", 7, "effective: Value error, the last day 2025-12-31 lies before"),
    ("silence: national_2025", "silence: nationl", 10, "silence: there is no 'nationl'; there is: national_2025"),
    ('"990102": [听涛区]', '"99x102": [听涛区]', 16, "territory.divisions.99x102"),
    ("吐槽: 投诉", "吐槽: 抱怨", 19, "kinds.吐槽: Input should be"),
    ("    quote: 涉及灯会的举报先报灯会办主任\n", "", 24, "clauses.0.quote: Field required"),
    ("    quote: 涉及灯会的举报先报灯会办主任", "    quote: ''", 25, "clauses.0.quote: String should have at least"),
    ("code: YH3", "code: 'nein, so nicht'", 24, "clauses.0.code: String should match"),
    ("effect: escalate", "effect: refuse", 26, "clauses.0.effect: Input should be"),
    ("object: market, demand: accuse", "object: markt, demand: accuse", 27, "clauses.0.when.0.object.0: Input should be"),
    ("object: market, demand: accuse", "objekt: market", 27, "clauses.0.when.0.objekt: unknown key"),
    ("object: market, demand: accuse", "text: 灯会", 27, "clauses.0.when.0.text: unknown key"),
    ("    when: { object: market, demand: accuse }\n", "", 24, "needs a when: without it it would fire for every letter"),
    ("{ object: market, demand: accuse }", "{}", 24, "needs a when: without it it would fire for every letter"),
    ("    units:\n      - { unit: 灯会办主任 }\n", "", 24, "names its units"),
    ("    reply: 这是法院的事\n", "", 30, "needs a reply"),
    ("    sure: 0.9\n", "", 30, "needs sure of at least 0.5"),
    ("    sure: 0.9\n", "    sure: 90\n", 33, "clauses.1.sure: Input should be less than or equal to 1"),
    ("        quote: 判决执行中的协调除外\n", "", 37, "code and quote belong together"),
    ("    effect: hold\n    catch_all: true", "    effect: exclude\n    catch_all: true", 40, "a catch-all must not fire by itself"),
    ("    effect: hold\n    catch_all: true\n    held_as: HUB.CATCHALL\n    reason: rule\n    proposes: exclude\n",
     "    effect: exclude\n    sure: 0.9\n", 40, "this reads like a catch-all"),
    ("held_as: HUB.CATCHALL", "held_as: HUB.CATCHAL", 44, "there is no house rule HUB.CATCHAL"),
    ("    reason: rule\n", "", 40, "a hold needs its reason"),
    ("    reason: rule\n", "    reason: mood\n", 45, "clauses.2.reason: Input should be"),
    ("    quote: 云海市的事都受理\n    effect: accept\n", "    quote: 云海市的事都受理\n    effect: accept\n    when: { demand: handle }\n",
     49, "the last clause accepts what no other decides"),
    ("  - code: YH3\n", "  - { code: YH0, quote: 云海市的事都受理, effect: accept }\n  - code: YH3\n", 24, "it applies to everything"),
    ("    days: 2\n", "    days: 0\n", 56, "deadlines.0.days: Input should be greater than"),
    ("    count: days\n", "    count: weeks\n", 61, "deadlines.1.count: Input should be"),
    ("  - days: 9\n", "  - days: 9\n    kinds: [求助]\n", 54, "one term without kinds is needed"),
    ("mode: 属地", "mode: 随便", 53, "dispatch.mode: Input should be"),
    ("asks: ['灯会.{0,10}(?:几点|时间|什么时候)']", "asks: ['灯会(?=几点)']", 81, "RE2 does not take this pattern"),
    ("asks: ['灯会.{0,10}(?:几点|时间|什么时候)']", "asks: [灯会, '(']", 81, "answers.0.asks.1: RE2 does not take this pattern"),
    ("asks: ['灯会.{0,10}(?:几点|时间|什么时候)']", "asks: []", 81, "answers.0.asks: Tuple should have at least 1"),
    ("    valid_until: 2026-03-15\n", "", 79, "answers.0.valid_until: Field required"),
    ("    valid_until: 2026-03-15\n", "    valid_until: 下个月\n", 86, "answers.0.valid_until: "),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "reason"), WRONG)
def test_a_wrong_pack_is_refused_with_its_line(
    read: Read, fictitious: str, *, old: str, new: str, line: int | None, reason: str
) -> None:
    assert fictitious.count(old) == 1
    with pytest.raises(BadPack) as refused:
        read(fictitious.replace(old, new))
    assert reason in str(refused.value)
    assert str(refused.value).startswith(f"yunhai.yaml:{line}: " if line else "yunhai.yaml:")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pack: &one [1, *one]\n", "anchors, aliases and tags are not used here"),
        ("pack: !!timestamp xx\n", "anchors, aliases and tags are not used here"),
        ("pack: " + "[" * 3000, "nested too deeply"),
    ],
)
def test_what_yaml_can_do_beyond_a_pack_is_refused(read: Read, text: str, reason: str) -> None:
    with pytest.raises(BadPack, match=rf"^yunhai\.yaml:1: .*{reason}"):
        read(text)


def test_an_empty_file_is_refused(read: Read) -> None:
    with pytest.raises(BadPack, match=r"^yunhai\.yaml:1: "):
        read("")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("quote: 其余不属于信箱的\n", "quote: 其余不属于信箱的都不受理\n", 41),
        ("quote: 险情立即报总值班\n", "quote: 险情立刻报总值班\n", 22),
        ("        quote: 判决执行中的协调除外", "        quote: 判决执行中的协调也除外", 39),
        ("quote: 云海市的事都受理\n", "quote: 云海市的事…灯会\n", 50),
    ],
)
def test_words_that_do_not_stand_in_the_source_are_refused(
    read: Read, fictitious: str, source: str, *, old: str, new: str, line: int
) -> None:
    read(fictitious, source)
    assert fictitious.count(old) == 1
    with pytest.raises(BadPack, match=rf"^yunhai\.yaml:{line}: .*do not stand in the source text"):
        read(fictitious.replace(old, new), source)


def test_packs_that_follow_each_other_must_not_overlap(read: Read, fictitious: str) -> None:
    later = fictitious.replace("pack: yunhai", "pack: yunhai_2027").replace("2026-01-01", "2026-12-31", 1)
    later = later.replace("  to: 2026-12-31\n", "", 1)
    with pytest.raises(BadPack, match=r"^yunhai_2027\.yaml:7: effective: overlaps yunhai"):
        catalogue.of([read(), read(later)])
    after = later.replace("from: 2026-12-31", "from: 2027-01-01")
    assert set(catalogue.of([read(), read(after)]).packs) == {"yunhai", "yunhai_2027"}
    with pytest.raises(BadPack, match=r"^yunhai\.yaml:1: pack: there are two"):
        catalogue.of([read(), read()])


def test_shared_files_are_checked_alike() -> None:
    hub = catalogue.text("hub")
    with pytest.raises(BadPack, match=r"^hub\.yaml:\d+: calendar\.years\.2026\.holidays\.0: "):
        house(hub.replace("2026-01-01/2026-01-03", "2026-01-03/2026-01-01"), "hub.yaml")
    with pytest.raises(BadPack, match=r"these house rules are missing: DUP\.MASS"):
        house(hub.replace("DUP.MASS", "DUP.MANY"), "hub.yaml")
    with pytest.raises(BadPack, match="turn and when belong together"):
        house(hub.replace("    turn: first\n", "", 1), "hub.yaml")
    with pytest.raises(BadPack, match="a hold has its reason"):
        house(hub.replace("    reason: secret\n", "", 1), "hub.yaml")
    with pytest.raises(BadPack, match=r"^n\.yaml:\d+: .*do not stand in the source text"):
        overlay(catalogue.text("national_2025"), "n.yaml", "另一份文件")
    with pytest.raises(BadPack, match=r"^u\.yaml:\d: tabel: unknown key"):
        units_table(catalogue.text("sample_units").replace("table:", "tabel:"), "u.yaml")
    with pytest.raises(BadPack, match=r"^a\.yaml:\d+: answers\.0\.asks\.0: RE2"):
        answers_table(catalogue.text("sample_answers").replace("(?:社保卡|", "(?<=社保卡|", 1), "a.yaml")


def test_a_name_that_no_pack_has_is_refused() -> None:
    for name in ("nowhere", "hub", "national_2025", "sample_units", "sample_answers"):
        with pytest.raises(BadPack, match=f"no rule pack '{name}' comes with Xinshu; there is: chengdu, "):
            packaged(name)
