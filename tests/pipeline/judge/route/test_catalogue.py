"""The topic catalogue: our own, a city's own, and what is wrong with a bad one."""

import re
from pathlib import Path

import pytest

from pipeline.judge.route.catalogue import BadCatalogue, own, read, read_table
from pipeline.judge.route.topics import NOTHING


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("楼下烧烤摊占道经营,摆摊到半夜", "市容环卫/占道经营"),
        ("小区门口路灯不亮,一片漆黑", "市政设施/路灯照明"),
        ("井盖丢了,下水井敞着", "市政设施/井盖"),
        ("工地夜间施工,渣土车轰隆隆", "城乡规划建设/施工管理"),
        ("物业公司收了物业费不做事", "住房与物业/物业服务"),
        ("公积金贷款怎么提取", "住房与物业/住房公积金"),
        ("公交车班车太少,等车半小时", "交通出行/公交服务"),
        ("化工厂夜里排放废气,刺鼻恶臭", "生态环境/大气污染"),
        ("老板拖欠工资,农民工工资不发", "劳动就业/拖欠工资"),
        ("医保卡异地就医报销比例", "社会保障/医疗保险"),
        ("孩子小学入学划片", "教育/入学招生"),
        ("景区门票太贵,年卡不能用", "文化体育旅游/旅游景区"),
        ("接种疫苗", "卫生健康/公共卫生"),
        ("健身房办卡后跑路,要求退款", "市场监管/消费纠纷"),
        ("停水三天了,自来水公司不管", "公用事业/供水"),
        ("承包地土地流转的合同", "农业农村/土地承包"),
        ("落户需要户口本吗", "公共安全与政务/户籍证件"),
    ],
)
def test_a_letter_is_about_what_its_cues_say(text: str, topic: str) -> None:
    guess = own().guess("", text)
    assert guess.best == topic
    assert 0 < guess.score < 1
    assert guess.second_score <= guess.score
    assert all(cue in text for cue in guess.cues)


def test_no_cue_is_no_topic() -> None:
    assert own().guess("", "你好") == NOTHING


def test_the_subject_says_what_it_is_about() -> None:
    guess = own().guess("路灯不亮", "我下班路过公交站,等公交车的时候看不清。")
    assert guess.best == "市政设施/路灯照明"


def test_our_own_catalogue_has_fifteen_groups_of_eight() -> None:
    groups: dict[str, int] = {}
    for topic in own().topics:
        group, _, name = topic.partition("/")
        assert name
        groups[group] = groups.get(group, 0) + 1
    assert set(groups.values()) == {8}
    assert len(groups) == 15


def test_a_city_may_have_its_own() -> None:
    city = read("catalogue: 甲市\nversion: '3'\ntopics:\n  水:\n    河: [河道, 清淤]\n", "甲市.yaml")
    assert city.topics == ("水/河",)
    assert city.guess("", "河道清淤").best == "水/河"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "catalogue: 甲\nversion: '1'\ntopics:\n  水:\n    河: 河道\n",
            r"甲\.yaml:5: topics\.水\.河: .*list",
        ),
        ("catalogue: 甲\nversion: '1'\ntopics: {}\nmore: 1\n", r"甲\.yaml:\d: (topics|more)"),
        ("catalogue: [\n", r"甲\.yaml:\d: not YAML"),
    ],
)
def test_a_wrong_catalogue_names_line_and_reason(text: str, message: str) -> None:
    with pytest.raises(BadCatalogue, match=message):
        read(text, "甲.yaml")


def test_a_scheme_of_three_levels_is_a_catalogue() -> None:
    text = "一级分类,二级分类,三级分类\n交通,公交管理,公交线路管理\n交通,出租车管理,拒载\n"
    table = read_table(text, "表.csv")
    assert table.topics == ("交通/公交管理", "交通/出租车管理")
    assert table.guess("", "出租车拒载").best == "交通/出租车管理"
    assert table.guess("", "调整公交线路").best == "交通/公交管理"
    with pytest.raises(BadCatalogue, match=re.escape("表.csv:1: the header")):
        read_table("a,b,c\n", "表.csv")
    with pytest.raises(BadCatalogue, match=re.escape("表.csv:3: three cells")):
        read_table(text.replace(",公交线路管理\n交通,出租车管理,拒载", ",公交线路管理\n交通,,拒载"), "表.csv")


def test_the_contests_scheme_loads(letters_data: Path) -> None:
    table = read_table(
        (letters_data / "citizen" / "topic_taxonomy.csv").read_text("utf-8-sig"), "topic_taxonomy.csv"
    )
    assert len(table.topics) > 90
    assert table.guess("", "出租车司机拒载").best.startswith("交通运输/")
