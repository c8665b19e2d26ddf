"""Pairs that differ in a word: on the left somebody must act now, on the right an everyday matter."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge.danger import danger, danger_of
from schemas.letter import Said

PAIRS = [
    ("楼道里着火了", "楼道里没有着火"),
    ("我家厨房着火了，快来救火", "去年我家厨房着火了，已扑灭"),
    ("三号楼现在起火，浓烟很大", "三号楼去年起火，墙面至今没有粉刷"),
    ("仓库正在燃烧", "仓库里的易燃物没有清理"),
    ("小区发生火灾，有人被困", "小区存在火灾隐患，请检查"),
    ("隔壁发生火灾了", "怕引起火灾，请清理楼道杂物"),
    ("电动车烧起来了，烟进屋了", "电动车进楼充电，容易引发火灾"),
    ("山上着火了，火势正往村里烧", "上个月山上发生过火灾，已扑灭，想问补偿"),
    ("厨房冒浓烟，里面有人", "烧烤店每天浓烟滚滚，影响居民"),
    ("屋里有煤气味，头晕", "想问煤气费怎么交"),
    ("楼下燃气泄漏，味道很大", "请加强燃气泄漏检测"),
    ("天然气管道被挖断，正在漏气", "天然气管道什么时候通"),
    ("家里液化气罐漏气了", "担心液化气罐漏气，想换新的"),
    ("一家三口煤气中毒，叫不醒", "请宣传预防煤气中毒知识"),
    ("化工厂刚刚爆炸", "办证跑了五趟，气得快爆炸了"),
    ("饭店突然爆炸，好多人受伤", "节假日景区人气爆炸，停车难"),
    ("厂房爆炸了，快来人", "厂房离居民楼太近，怕爆炸"),
    ("有人触电倒地了", "路灯杆漏电，容易触电，请检修"),
    ("孩子被电倒了", "孩子学校的电费太高"),
    ("电线垂下来了，火花直冒", "电线杆太旧了，请更换"),
    ("路面刚刚塌陷，一辆车掉进去了", "路面塌陷的修复什么时候完成"),
    ("房子塌了，里面有人", "房子太旧，想申请危房改造"),
    ("工地坍塌，三个工人被埋", "工地围挡倒塌隐患，请整改"),
    ("有人落水了，快救人", "河边没有护栏，怕孩子落水"),
    ("孩子掉进河里了", "孩子上学要绕河走"),
    ("村民被洪水围困，请救援", "前年被洪水冲坏的桥还没有修"),
    ("矿井口往外冒水，还有人没上来", "矿井废水往外排，污染农田"),
    ("老人被困电梯里，现在喘不过气", "电梯常坏，怕老人被困电梯"),
    ("电梯困住人了，正在求救", "电梯年检过期，请查处"),
    ("二楼还有两个孩子没出来", "二楼的孩子每天很吵"),
    ("我父亲突然昏迷不醒", "我父亲去年昏迷住院，医保怎么报销"),
    ("邻居倒在地上没有呼吸了", "邻居把杂物堆在地上没有清理"),
    ("学生食物中毒，正往医院送", "请预防学生食物中毒"),
    ("工地有人大出血，快来", "医院献血处在哪里"),
    ("救命，门外有人砸门", "这是我们的救命钱，请帮忙追回"),
    ("喊救命的声音还在，快来人", "被占的救命通道一直没清"),
    ("孩子刚才在广场走丢了", "广场太大，担心孩子走丢"),
    ("我妈妈走失了，八十岁", "我妈妈办社保卡丢了资料"),
    ("小孩不见了，找了两个小时", "小孩的疫苗本不见了怎么补"),
    ("有人要跳楼", "房价跳楼，开发商要退差价吗"),
    ("我不想活了", "我不想交这个费"),
    ("活着没意思，今晚就结束", "天天加班没意思，能管管吗"),
    ("他站在桥上要跳河", "河边晚上跳舞太吵"),
    ("我要自杀", "我不是要自杀，只是太生气"),
    ("女儿留下遗书走了", "遗产公证怎么办"),
    ("他喝了农药", "农药瓶乱扔在田边"),
    ("邻居持刀砍人", "菜市场刀具摊占道"),
    ("有人拿着刀在校门口", "有人拿着传单在校门口"),
    ("他要杀了我，快来", "请查处非法杀猪点"),
    ("醉汉正在打人", "前年被打的案子派出所已处理"),
    ("丈夫正在家暴，孩子在哭", "请多宣传反家暴法"),
    ("门外一伙人还在砸门打人", "门外一伙人还在跳舞"),
    ("他扬言放火烧村委会", "他扬言不交物业费"),
    ("那人威胁要砍死我", "那人威胁要停我的水"),
    ("不解决我就跳楼", "不解决我就投诉"),
    ("明天带汽油去政府门口点了", "明天带材料去政府门口等着"),
    ("再不管我就炸了你们办公室", "再不管我就天天打电话"),
    ("跟他们同归于尽", "跟他们讲道理没用"),
    ("我要报复社会", "我要回报社会"),
    ("公交车被劫持了", "公交车被停运了"),
    ("河堤决口了，水正往村里灌", "河堤决口的隐患请整治"),
    ("山体滑坡，房子快要塌了", "山体滑坡已经三年，道路至今没修"),
    ("煤气味越来越大，没人敢开灯", "不想报警，只想问垃圾怎么分类"),
    ("商场火灾，有人被困三楼", "商场搞火灾演练，人太多"),
]


@pytest.mark.parametrize(("now", "everyday"), PAIRS)
def test_one_word_makes_the_difference(now: str, everyday: str) -> None:
    assert danger(now) is not None
    assert danger(everyday) is None


def unseen() -> list[tuple[str, str]]:
    """Label and text of letters that were never learnt from."""
    rows = (Path(__file__).parent / "unseen.tsv").read_text("utf-8").splitlines()
    return [(label, text) for label, text in (row.split("\t", 1) for row in rows)]


def test_letters_never_seen() -> None:
    """Each danger stands beside a near miss: what is over, denied, feared, asked about, or a figure of speech."""
    told = [(label, danger(text)) for label, text in unseen()]
    dangers = [found for label, found in told if label != "no"]
    others = [found for label, found in told if label == "no"]
    assert sum(found is not None for found in dangers) >= 0.9 * len(dangers)
    assert sum(found is not None for found in others) <= 0.06 * len(others)
    kinds = [found.kind == label for label, found in told if label != "no" and found is not None]
    assert sum(kinds) >= 0.9 * len(kinds)


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) >= 60


def test_hiding_does_not_help() -> None:
    assert danger("着\u200b火了，快来") is not None
    assert danger("楼里着火了！！！") is not None


def test_spans_are_places_in_the_text_as_stored() -> None:
    text = "你好：\r\n　我家\u200b着\u200b火了，㎡①快来。"
    found = danger(text)
    assert found is not None
    first = found.spans[0]
    assert text[first.start : first.end] == "我家\u200b着\u200b火了"


def test_a_subject_counts_where_the_text_says_nothing() -> None:
    found = danger_of(Said(subject="着火了，快来人", text="幸福路12号三楼"))
    assert found is not None
    assert found.spans == ()
    assert danger_of(Said(subject="路灯", text="不亮")) is None


@given(st.text(alphabet="火着了没有人救命，。！快来去年 \u200b刀砍我要跳楼", max_size=200))
def test_any_text_is_judged_and_every_span_lies_in_it(text: str) -> None:
    found = danger(text)
    for span in found.spans if found else ():
        assert 0 <= span.start < span.end <= len(text)


def test_long_texts_are_judged_in_bounded_pieces() -> None:
    assert danger("小区门口的路灯不亮,请派人修。" * 20_000) is None
    assert danger("没有着火。" * 20_000) is None
    found = danger("楼里很吵" * 20_000 + "，着火了，快来人")
    assert found is not None
    assert found.spans[0].start == 80_001


def test_a_cue_names_nobody() -> None:
    found = danger("我是李小红电话13800001234楼道着火了快来人")
    assert found is not None
    assert "13800001234" not in found.cue
    assert "李小红" not in found.cue
    assert "着火了" in found.cue


EVERYDAY = "我们是兴隆小区的业主,小区的绿化多年没有人打理,停车位划线不清,物业费却年年上涨,开会也不通知大家。"


def test_a_threat_in_a_long_letter_is_heard_and_a_story_is_not() -> None:
    assert danger(EVERYDAY * 6) is None
    threat = danger(f"{EVERYDAY * 4}再不解决,我就买汽油把你们办公室烧了!{EVERYDAY * 4}")
    assert threat is not None
    assert threat.kind == "threat"
    harm = danger(f"{EVERYDAY * 4}我已经不想活了,以后死也要死在你们门口!{EVERYDAY * 4}")
    assert harm is not None
    assert harm.kind == "self_harm"
    assert danger(f"{EVERYDAY * 4}前年楼上有户人家着过火,后来修好了。{EVERYDAY * 4}") is None


def test_few_everyday_letters_alarm(letters_data: Path) -> None:
    with (letters_data / "citizen" / "messages.jsonl").open(encoding="utf-8") as lines:
        letters = [json.loads(line) for line in lines]
    raised = sum(
        danger_of(Said(subject=letter["subject"][:1000], text=letter["detail"])) is not None
        for letter in letters
    )
    assert raised <= 0.015 * len(letters)


OPERATOR = "坐席:好的,请问是公安局、法院还是城管的事?我帮您记录。"


@pytest.mark.parametrize(
    "cry", ["河边有人掉水里了在扑腾", "我已经没有路可走了,绳子都挂好了", "楼上掉下来一个人,还有气,地上好多血"]
)
def test_an_operator_does_not_drown_a_cry_for_help(cry: str) -> None:
    text = f"坐席:您好,12345热线,请讲。市民:{cry}{OPERATOR}"
    found = danger(text)
    assert found is not None
    (span,) = found.spans
    assert text[span.start : span.end] in cry


@pytest.mark.parametrize("text", [OPERATOR, "坐席:", f"市民:{OPERATOR}", "接线员:您好。"])
def test_an_operator_alone_is_no_danger(text: str) -> None:
    assert danger(text) is None


def test_what_the_operator_hears_counts() -> None:
    assert danger("坐席:您是说厨房着火了,人还在里面出不来?市民:对,快来!坐席:马上派人。") is not None
