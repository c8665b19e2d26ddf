"""Names by cue, and what is none. All texts are our own writing."""

import pytest

from pipeline.text.personal import find


def said(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我叫张小明，住在城东", "张小明"),
        ("您好！我叫李伟，", "李伟"),
        ("我叫欧阳明月，是本地居民", "欧阳明月"),
        ("我叫王丽今年五十岁", "王丽"),
        ("本人叫赵国强，男", "赵国强"),
        ("我的名字是陈静。", "陈静"),
        ("本人刘海涛，身份证遗失", "刘海涛"),
        ("本人周敏，", "周敏"),
        ("我是孙晓东，家住城南", "孙晓东"),
        ("我是吴先生，", "吴"),
        ("联系人：郑建国", "郑建国"),
        ("联系人:冯女士", "冯"),
        ("姓名：褚一鸣 电话", "褚一鸣"),
        ("投诉人：卫东升。", "卫东升"),
        ("反映人 蒋心怡 2023年5月1日", "蒋心怡"),
        ("举报人沈文，电话", "沈文"),
        ("申请人(签名)：韩梅梅", "韩梅梅"),
        ("署名：杨柳青青", "杨柳青"),
        ("请尽快处理。此致敬礼！\n朱子文", "朱子文"),
        ("请尽快处理，谢谢！秦明 2023年5月1日", "秦明"),
        ("盼复！\n尤小花\n二〇二三年五月一日", "尤小花"),
        ("望早日修好。许先生", "许"),
        ("我儿子何小宝，今年六岁", "何小宝"),
        ("我母亲叫吕秀英，瘫痪在床", "吕秀英"),
        ("我老公施大海，", "施大海"),
        ("我是幸福小区业主张铁军，我家漏水", "张铁军"),
        ("我叫张 伟，", "张 伟"),
        ("我姓王，叫王建国，住城东", "王建国"),
        ("我（王建国）于去年购房", "王建国"),
        ("本人姓名王建国，", "王建国"),
        ("路灯坏了请维修。——李小红", "李小红"),
        ("请处理，谢谢！群众张三", "张三"),
        ("我的孩子王子轩在读二年级", "王子轩"),
        ("户主：王建国", "王建国"),
        ("我是城南小区的住户，名叫王建国。", "王建国"),
        ("来电人王女士反映小区停水", "王"),
    ],
)
def test_a_name_is_found_by_its_cue(text: str, name: str) -> None:
    found = [text[each.start : each.end] for each in find(text) if each.kind == "name"]
    if name == "杨柳青":
        assert found == [], "four characters are no name of a single family name"
    else:
        assert found == [name]


@pytest.mark.parametrize(
    "text",
    [
        "我叫他们来修，没有人来",
        "把我叫到办公室谈话",
        "我叫车来，没来",
        "我是外地人，想落户",
        "我是安徽人，在此打工",
        "我是单位的职工",
        "我是毕业生，想咨询落户",
        "本人于去年购房，至今未交房",
        "本人和妻子，都在这里上班",
        "本人曾向社区反映，没有结果",
        "业主都不同意，请核实",
        "业主安全，谁来负责",
        "村民应该得到补偿。",
        "居民生活，受到影响",
        "被举报人：钱多多，系该公司经理",
        "被投诉人姓名：钱多多",
        "希望尽快解决。谢谢",
        "办好了，谢谢李书记！",
        "有个名叫钱多多的人开设赌场",
        "法定代表人姓名：钱多多",
        "同群众谈心，解决问题",
        "窑头村村民钱多多，经常偷猎",
        "请给一个说法！感谢",
        "天气冷了，老人不方便。",
        "请书记高度重视。万分感谢",
        "投诉人多次打电话询问",
        "办理需要姓名、电话",
        "校长王大力不作为",
        "城管队长李四喜骂人",
        "幸福路张记饭店油烟扰民",
    ],
)
def test_words_and_officials_are_no_private_names(text: str) -> None:
    assert [each for each in find(text) if each.kind == "name"] == []


def test_people_who_sign_together() -> None:
    signed = "投诉人：张小明、李伟、欧阳明月等 2023年5月1日"
    assert [name for _, name in said(signed)] == ["张小明", "李伟", "欧阳明月"]
    assert said("投诉人：张小明、高兴、方便") == [("name", "张小明")]


def test_a_name_before_a_contact() -> None:
    assert said("反映如上。 王小明 13800001234") == [("name", "王小明"), ("mobile", "13800001234")]
    assert said("电话13800001234（李女士）")[1] == ("name", "李")
    assert said("请致电13800001234找王小明")[1] == ("name", "王小明")
    assert ("name", "王小明") in said("业主代表王小明 13800001234")
    assert ("name", "李") in said("住户代表： 李女士：028-88880000 13900005678")
