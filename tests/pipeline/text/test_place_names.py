"""Who writes of the same place finds the same key; what only looks like a name has none."""

import pytest

from pipeline.text.place_keys import Kind
from pipeline.text.place_names import met, names, without


def keys(text: str, kind: Kind) -> set[str]:
    return {name.key for name in names(text) if name.kind is kind}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我们是翠湖雅苑小区的业主", "投诉A市A3区翠湖雅苑附近"),
        ("锦绣新城旁边", "关于锦绣社区问题"),
        ("临江省福禄天下商务有限公司涉嫌诈骗", "禄福天下工作人员"),
        ("云腾网络科技有限公司", "腾云科技公司是不是传销"),
        ("银河湾二期", "住在银河湾小区"),
        ("开元东路堵车", "开元路与黄河街交叉口"),
        ("反对在栖霞山林小区门口", "栖霞山林门口"),
        ("住在铁路宿舍", "铁路家属院的老人"),
        ("东升街道云栖春晓12栋", "云栖春晓12栋楼顶搭建"),
        ("我是云栖春晓的业主", "云栖春晓小区停暖"),
        ("国营宏光机械厂的工龄", "宏光机械厂职工"),
        ("市第七康复医院骨科", "第七康复医院不退费"),
        ("清源一中食堂", "孩子在清源第一中学"),
        ("翠屏雅居七栋停水", "翠屏雅居小区停水"),
        ("枫林路66号院门口", "在枫林路六十六号"),
        ("28路公交车", "坐28公交去上班"),
        ("高铁东站打车", "在高铁东站出口"),
        ("人民公园东门", "在人民公园跳舞"),
    ],
)
def test_two_ways_of_writing_share_a_key(one: str, other: str) -> None:
    places = [{name.key for name in names(text) if name.kind >= Kind.AREA} for text in (one, other)]
    assert places[0] & places[1]


@pytest.mark.parametrize(
    "text",
    [
        "我们小区的居民", "本市的公交公司", "很多农村家庭", "请有关部门尽快处理", "孩子上幼儿园的问题", "这条路没有路灯",
        "大城市的生活", "村民多次找村委会", "每天必须过马路", "学生宿舍没有热水", "建议修一座人行天桥", "学费交到三期", "孩子唯一中意的",
        "我们都是交了钱的业主", "我是没有车位的住户", "附近的化工厂", "一家食品厂",
    ],
)  # fmt: skip
def test_what_names_nothing_has_no_key(text: str) -> None:
    assert [name for name in names(text) if name.kind >= Kind.AREA] == []


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("A市A3区", Kind.CITY, "A"),
        ("A市A3区", Kind.DISTRICT, "A3"),
        ("住在盐城市亭湖区", Kind.CITY, "盐城"),
        ("位于洪山区的学校", Kind.DISTRICT, "洪山"),
        ("成都市武侯区玉林街道", Kind.DISTRICT, "武侯"),
        ("成都市武侯区玉林街道", Kind.AREA, "林玉"),
        ("58车贷一案没有进展", Kind.MARK, "58车贷"),
        ("沿线架设110KV高压线", Kind.MARK, "110kv"),
        ("青松路路灯不亮", Kind.AREA, "松青"),
        ("恒大集团的房子", Kind.AREA, "大恒"),
        ("解放东路中百大楼二楼", Kind.AREA, "放解"),
        ("枫林路66号门口", Kind.MARK, "枫林66号"),
    ],
)
def test_kinds(text: str, kind: Kind, key: str) -> None:
    assert key in keys(text, kind)


def test_a_year_or_an_amount_is_no_mark() -> None:
    assert keys("2018年投入300万元,已经12个月", Kind.MARK) == set()


def test_names_stand_where_they_say_and_can_be_taken_out() -> None:
    text = "我是翠湖雅苑的业主,翠湖雅苑的电梯坏了"
    found = met(text)
    assert [text[name.start : name.end] for name in found] == ["翠湖雅苑", "翠湖雅苑"]
    assert len(names(text)) == 1
    assert "翠湖" not in without(text, found)
    assert "电梯坏了" in without(text, found)


def test_a_long_text_without_any_sign_is_read_in_linear_time() -> None:
    assert len(met("东西南北中路" * 20_000)) <= 20_000
