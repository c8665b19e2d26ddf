"""What citizens are told, and the questions that are answered at once."""

from datetime import date

import pytest

from pipeline.policies import texts
from pipeline.policies.matter import Actor, Circumstances, Demand, Matter, Object, Where
from pipeline.policies.model import names, packaged
from schemas.decision import Clause, Organ

NUMBER = "123456789012345"
ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("社保卡掉了去哪儿补办", "social-card"),
        ("怎么挂失社会保障卡", "social-card"),
        ("外国人居留许可快到期了怎么延期", "residence-certificate"),
        ("办居住证明要带什么", "residence-certificate"),
        ("法援中心周末开门吗", "legal-aid-office"),
        ("申请公租房需要什么条件", "public-rental"),
        ("公租房收入线是多少", "public-rental"),
        ("外地的公积金能转过来吗", "housing-fund-transfer"),
        ("公积金怎么转到本地", "housing-fund-transfer"),
        ("灵活就业养老保险怎么交", "flexible-employment"),
        ("没有单位的人个人怎么交社保", "flexible-employment"),
        ("家里的灭火器过期了到哪里换", "fire-extinguisher"),
        ("老楼加装电梯有补贴吗", "lift-subsidy"),
        ("退休人员养老认证的期限到什么时候", "pension-check"),
        ("医保卡消磁了怎么补一张", "social-card"),
        ("居住证到期怎么续", "residence-certificate"),
        ("请问法律援助中心搬到哪儿了", "legal-aid-office"),
        ("自由职业怎样缴养老保险", "flexible-employment"),
        ("灭火器压力不够去哪里充", "fire-extinguisher"),
        ("旧楼装电梯政府能补多少", "lift-subsidy"),
        ("养老金领取资格认证什么时候截止", "pension-check"),
        ("社保卡丢了被人盗刷怎么办", None),
        ("路灯坏了找谁修", None),
        ("社保卡余额怎么查", None),
        ("公租房漏水没人修怎么办", None),
        ("不同意加装电梯怎么办", None),
        ("公积金贷款怎么申请", None),
        ("什么是灵活就业", None),
    ],
)
def test_questions_find_their_entry(question: str, entry: str | None) -> None:
    found = packaged("chengdu").answer(question, ON, demo=True)
    assert (found.id if found else None) == entry


def test_a_running_city_refuses_samples() -> None:
    for name in names():
        answers = packaged(name).answers
        assert all(answer.status == "sample" for answer in answers.entries), name
        assert packaged(name).answer("社保卡怎么补办", ON, demo=False) is None
        assert (packaged(name).answer("社保卡怎么补办", ON, demo=True) is not None) == bool(answers.entries)
        assert packaged(name).answer("社保卡怎么补办", date(2028, 1, 1), demo=True) is None


def test_only_texts_that_answer_at_once_have_answers() -> None:
    answering = {
        name for name in names() if any(entry.effect == "answer" for entry in packaged(name).file.clauses)
    }
    assert answering == {"chengdu", "yichang", "yichang_dept"}
    assert answering == {name for name in names() if packaged(name).answers.entries}


@pytest.mark.parametrize("name", [name for name in names() if name != "pass"])
def test_no_refusal_is_bare(name: str) -> None:
    pack = packaged(name)
    matters = [
        Matter(Demand.OVERTURN, Actor.COURT, Object.JUDGEMENT),
        Matter(Demand.OVERTURN, Actor.ARMY, Object.MILITARY),
        Matter(Demand.HANDLE, Actor.GOVERNMENT, Object.DAILY_LIFE, Where.ELSEWHERE),
        Matter(Demand.HANDLE, Actor.PERSON, Object.PRIVATE),
    ]
    for matter in matters:
        ruling = pack.rule(matter, Circumstances())
        refusal = ruling.proposal if ruling.effect == "hold" else ruling
        if refusal is None or refusal.effect != "exclude":
            continue
        told = pack.declined(NUMBER, refusal, "12345")
        assert refusal.organ is not None
        for piece in (
            "1234 5678 9012 345", refusal.why, refusal.clause.code, texts.organ_words(refusal.organ), "如有异议", "12345",
        ):  # fmt: skip
            assert piece in told
        assert "不予受理" not in told


def test_a_number_that_nobody_checked_says_so() -> None:
    checked = Organ(name="某机关", phone="12300", source="已读")
    unchecked = Organ(name="某机关", phone="12300", source="未核实:某热线")
    assert texts.organ_words(checked) == "某机关(电话 12300)"
    assert texts.organ_words(unchecked) == "某机关(电话 12300,以其公布的号码为准)"
    assert texts.organ_words(Organ(name="某机关")) == "某机关"


def test_every_text_carries_the_number_and_what_comes_next() -> None:
    clause = Clause(pack="p", version="1", code="X1", quote="“甲”的,不受理;")
    said = [
        texts.out_of_scope(
            NUMBER, "", clause, "某办法", None, hotline="12345", emergency_phones="110、119、120"
        ),
        texts.forwarded(NUMBER, "市法院"),
        texts.answered(NUMBER, "请问某局。", "某局", "12345"),
        texts.emergency(NUMBER, "110"),
        texts.emergency(NUMBER, "110", self_harm=True),
    ]
    assert all("1234 5678 9012 345" in text and text.endswith("。") and "。。" not in text for text in said)
    assert "“‘甲’的,不受理”" in said[0]
    assert "110、119、120" in said[0]
    assert "转为工单" in said[2]
    assert "12356" in said[4]
    assert "12356" not in said[3]
