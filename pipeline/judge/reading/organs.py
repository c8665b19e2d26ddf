"""Whose act or competence is at stake: the subject test. Who is mentioned, and who stands nearby, is not asked.

An organ counts where its own deeds are spoken of (改判, 任前公示), where something is wrong with what it does, or where
something is asked of it; not where its name tells a place (区法院西门), a source (根据教育部文件) or a paper that somebody
else ignores (判决书写明房子归我,登记中心不办).
"""

import re
from dataclasses import dataclass

from pipeline.judge.reading.tokens import Clause, Token, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Actor

_BESIDE = (
    "门口", "门前", "大门", "正门", "后门", "侧门", "西门", "东门", "南门", "北门", "旁", "边", "附近", "对面", "隔壁",
    "后面", "背后", "前面", "门外", "围墙", "墙外", "院墙", "家属", "宿舍", "小区", "社区", "大院", "路口", "路段", "路",
    "街", "巷", "站", "公交", "地铁", "停车场", "工地", "片区", "那条", "那边", "那里", "外面", "外墙", "外", "周边", "楼下", "斜对",
    "后头", "前头", "后院", "楼前", "楼后", "西侧", "东侧", "南侧", "北侧", "一带", "红绿灯", "十字", "到", "办公楼", "大楼", "新址",
    "旧址", "老院", "那个路", "工程", "以东", "以西", "以南", "以北", "后身", "前广场", "广场", "公园", "食堂", "幼儿园", "医院", "学校", "总医院", "附属", "门诊",
)  # fmt: skip
_NEAR = (
    "靠近", "邻近", "紧邻", "紧挨", "挨着", "毗邻", "路过", "经过", "位于", "距离", "距", "住", "走到", "从", "挨到",
)  # fmt: skip
_ADDRESSED = ("书记", "领导", "、市政府", "市政府", "、", "和", "及", "政府", "县政府", "区政府", "主要领导")

_CITING = bit("citing")
_AIMED = bit("please", "overturn", "accuse", "suggest")
_REQUESTS = bit("please", "ask", "ask_strong")
_UNIT_ENDS = "局所队站心"
_FAULT = bit("organ_fault", "overturn")
_PAPER = bit("document")
_DECIDED = bit("document", "review_done")
_PLEASE = bit("please")
_OVERTURN = bit("overturn")
_AGREED = bit("overturn_not")
"""The sender says that an act of an organ may stand."""

_WRONGS = bit("organ_fault")
_DISOBEYS = bit("organ_fault", "unmet", "problem")
_GOV = bit("gov")
_LOCAL = bit("gov", "service", "business")
_GOVERNED = bit("gov", "service")
_LOCAL_FAULT = bit("problem", "style", "unmet")
_LEVEL = bit("level_deed")

_NAMED = {
    Actor.COURT: bit("court"), Actor.PROCURATORATE: bit("proc"), Actor.CONGRESS: bit("congress"),
    Actor.CPPCC: bit("cppcc"), Actor.PARTY: bit("party"), Actor.ARMY: bit("army"),
    Actor.PROVINCE: bit("province"), Actor.STATE: bit("state"), Actor.ARBITRATION: bit("arbitration"),
    Actor.DISCIPLINE: bit("discipline"),
}  # fmt: skip
_DEEDS = {
    Actor.COURT: bit("court_deed"), Actor.PROCURATORATE: bit("proc_deed"), Actor.CONGRESS: bit("congress_deed"),
    Actor.CPPCC: bit("cppcc_deed"), Actor.PARTY: bit("party_deed"), Actor.ARMY: bit("army_deed"),
    Actor.PROVINCE: _LEVEL, Actor.STATE: _LEVEL, Actor.ARBITRATION: bit("arb_done"),
    Actor.DISCIPLINE: bit("discipline_deed"),
}  # fmt: skip
_STRONG = {
    Actor.COURT: bit("court_strong"), Actor.PROCURATORATE: bit("proc_strong"),
    Actor.CONGRESS: bit("congress_strong"), Actor.CPPCC: bit("cppcc_strong"), Actor.PARTY: bit("party_strong"),
    Actor.ARMY: bit("army_strong"), Actor.PROVINCE: 0, Actor.STATE: 0, Actor.ARBITRATION: 0,
    Actor.DISCIPLINE: 0,
}  # fmt: skip
_ASKED_TO_LOOK = frozenset({Actor.PARTY, Actor.PROVINCE, Actor.STATE, Actor.DISCIPLINE})
"""Petitioners write to these as to the mayor: asking them to look is no sign that it is theirs."""

_JUDGING = frozenset({Actor.COURT, Actor.ARBITRATION})
_HIGHER = frozenset({Actor.PROVINCE, Actor.STATE})
_BESIDE_LATER = re.compile(
    "[\u4e00-\u9fff]{0,3}?(?:旁|对面|门口|附近|边上|墙外|外面|隔壁|后头|后面|背后|后身|前头|[东南西北后院]墙|墙根|墙下)"
)
_OF_ANOTHER = re.compile(r"[^,。!?;]{0,8}(?:施工|建设项目|工程|招标|采购|股东|控股)")
_PAPER_OF = re.compile(
    r"[^,。!?;]{0,6}?(?:批复|下发|下达|下文|发文|号文|文件|文明确|条例|命令|精神|指示|明文|三令五申|已经?(?:明确|多次)?(?:要求|规定|禁止|取消)|明确规定|早就规定)"
)
"""A paper of a higher organ that somebody else is to follow."""
_PARTY_DEPARTMENT = bit("party_department")
_OF_SOLDIERS = bit("army_social", "benefit", "labour")
_ALL_NAMED = sum(_NAMED.values())
_ALL = _ALL_NAMED | sum(set(_DEEDS.values())) | sum(_STRONG.values())
COUNTS_FROM = 3


@dataclass(frozen=True, slots=True)
class Organs:
    """*actor*: the other organ at stake, or None. *sure*: of that. *beside*: an organ named only as a place. *token*: the evidence."""

    actor: Actor | None = None
    sure: float = 1.0
    token: Token | None = None


def organ_of(view: View) -> Organs:
    """The organ outside the city's government whose act or competence is at stake."""
    if not view.has(_ALL):
        return Organs()
    best, most, where = None, 0, None
    for actor, named in _NAMED.items():
        if not view.has(named | _STRONG[actor]):
            continue
        if not view.is_about(named | _STRONG[actor]):
            continue
        score, token = _score(view, actor)
        if score > most:
            best, most, where = actor, score, token
    if best is None or most < COUNTS_FROM:
        return Organs()
    if best in _JUDGING and _is_only_paper(view, best):
        return Organs()
    if best in _JUDGING and asked_to_overturn(view, words_of(best)):
        return Organs(best, 0.95, where)
    sure = 0.95 if most >= COUNTS_FROM + 1 else 0.85
    if view.is_long and not view.clauses[0].bits & (_NAMED[best] | _STRONG[best]):
        sure -= 0.3
    if local_fault(view, of=_GOVERNED):
        sure -= 0.2
    return Organs(best, sure, where)


def asked_to_overturn(view: View, words: int) -> bool:
    """Does one sentence ask something of who decided, known by *words*, and want what was decided decided otherwise?"""
    asked = {clause.sentence for clause in view.clauses if clause.bits & _PLEASE and clause.bits & words}
    return any(clause.sentence in asked and clause.bits & _OVERTURN for clause in view.clauses)


def words_of(actor: Actor) -> int:
    """The words that name *actor* or its own deeds."""
    return _NAMED.get(actor, 0) | _STRONG.get(actor, 0)


def is_beside(said: str, token: Token) -> bool:
    """Is the name only that of a place?"""
    start, end, _ = token
    after = said[end : end + 4]
    if after.startswith(_BESIDE):
        return True
    return said[max(0, start - 2) : start].endswith(_NEAR)


def _score(view: View, actor: Actor) -> tuple[int, Token | None]:
    named, deeds, strong = _NAMED[actor], _DEEDS[actor], _STRONG[actor]
    score, before = 0, 0
    token: Token | None = None
    for place, clause in enumerate(view.clauses):
        after = view.clauses[place + 1].bits if place + 1 < len(view.clauses) else 0
        around = clause.bits | before | after
        if (clause.bits | after) & _AGREED and not clause.bits & _OVERTURN:
            before = clause.bits
            continue
        if clause.bits & strong and not _cited(clause):
            deed = next(one for one in clause.tokens if one[2] & strong)
            if not is_beside(view.said, deed):
                score += 3
                token = token or deed
        if clause.bits & named:
            found = _meant(view.said, clause, named, actor)
            if found is not None:
                points = _points(clause, around, found, actor, deeds)
                score += points
                token = token or (found if points > 1 else None)
        before = clause.bits
    return score, token


def _points(clause: Clause, around: int, found: Token, actor: Actor, deeds: int) -> int:
    points = 1
    others = 0
    is_a_department = actor is Actor.PARTY and found[2] & _PARTY_DEPARTMENT != 0
    for token in clause.tokens:
        if token != found:
            others |= token[2]
    if (others | (found[2] if found[2] & deeds else 0)) & deeds:
        points += (
            3 if actor not in (Actor.PROVINCE, Actor.STATE) or around & (_OVERTURN | bit("please")) else 1
        )
    elif around & deeds:
        points += 2 if actor not in (Actor.PROVINCE, Actor.STATE) else 1
    aimed = any(token[2] & _AIMED and token[0] < found[0] for token in clause.tokens)
    if aimed and (actor not in _ASKED_TO_LOOK or is_a_department):
        points += 2
    if aimed and actor in (Actor.PROVINCE, Actor.STATE) and around & _LEVEL:
        points += 2
    if any(token[2] & _FAULT and token[0] >= found[1] for token in clause.tokens):
        points += 2
    return points


def _meant(said: str, clause: Clause, named: int, actor: Actor) -> Token | None:
    """The first of the organ's names in *clause* that stands for the organ."""
    if _cited(clause):
        return None
    for token in clause.tokens:
        if not token[2] & named or is_beside(said, token):
            continue
        if actor in _ASKED_TO_LOOK and said[token[1] : token[1] + 4].startswith(_ADDRESSED):
            continue
        if actor in _HIGHER and not clause.bits & _OVERTURN and _PAPER_OF.match(said, token[1]):
            continue
        if actor in _HIGHER and "向" in said[max(clause.start, token[0] - 5) : token[0]]:
            continue
        if _OF_ANOTHER.match(said, token[1]):
            continue
        return token
    return None


def _cited(clause: Clause) -> bool:
    return clause.bits & _CITING != 0 and not clause.bits & _OVERTURN


def _is_only_paper(view: View, actor: Actor) -> bool:
    """A judgement that nobody attacks, and that somebody else does not honour or does not act upon."""
    named = _NAMED[actor]
    if view.near(named | _PAPER | _DEEDS[actor], _OVERTURN):
        return False
    disobeyed = False
    for clause in view.clauses:
        if not clause.bits & (named | _PAPER):
            continue
        first = next(token for token in clause.tokens if token[2] & (named | _PAPER))
        meant = first[2] & named and not is_beside(view.said, first)
        if meant and any(token[2] & _AIMED and token[0] < first[0] for token in clause.tokens):
            return False
        if meant and any(token[2] & _WRONGS and token[0] >= first[1] for token in clause.tokens):
            return False
        disobeyed |= any(token[2] & _DISOBEYS and token[0] < first[0] for token in clause.tokens)
    return disobeyed or local_fault(view) or asks_a_unit(view)


def asks_a_unit(view: View) -> bool:
    """Is a unit of the city asked by its name, in a clause that names no other organ? Not who only may speak for all of
    it (市政府, 领导).
    """
    return any(
        not clause.bits & (_ALL_NAMED | _OVERTURN)
        and view.said[token[1] - 1] in _UNIT_ENDS
        and any(asked[2] & _REQUESTS and asked[0] < token[0] for asked in clause.tokens)
        for clause, token in view.tokens(_GOVERNED)
    )


def local_fault(view: View, of: int = _LOCAL) -> bool:
    """Is something wrong with what a unit of the city does, said in a sentence where no other organ is at fault?"""
    sentence, met = -1, False
    for clause in view.clauses:
        if clause.sentence != sentence:
            sentence, met = clause.sentence, False
        if clause.bits & _ALL_NAMED and not clause.bits & of:
            continue
        first = next((token for token in clause.tokens if token[2] & of), None)
        after = first[1] if first is not None else clause.start
        met = met or first is not None
        if met and any(token[2] & _LOCAL_FAULT and token[0] >= after for token in clause.tokens):
            return True
    return False


def is_disobeyed(view: View) -> bool:
    """Is it that somebody does not do what a judgement says?"""
    for clause in view.clauses:
        if clause.bits & _PAPER and clause.bits & _LOCAL:
            first = next(token for token in clause.tokens if token[2] & _PAPER)
            if any(token[2] & _DISOBEYS and token[0] < first[0] for token in clause.tokens):
                return True
    return False


def is_ignored(view: View) -> bool:
    """Does a unit of the city not do its part of what a judgement or a decision on review says?"""
    decided = next((clause for clause in view.clauses if clause.bits & _DECIDED), None)
    return decided is not None and any(
        clause.bits & _GOV and clause.bits & _DISOBEYS
        for clause in view.clauses
        if decided.start <= clause.start and clause.sentence <= decided.sentence + 1
    )


def army_at_work(view: View) -> Token | None:
    """The army as the one who makes a nuisance or could end it, not as a place; None where it is not named so."""
    for clause, token in view.tokens(_NAMED[Actor.ARMY]):
        if (
            not is_beside(view.said, token)
            and not _BESIDE_LATER.match(view.said, token[1])
            and not _cited(clause)
            and not clause.bits & _OF_SOLDIERS
        ):
            return token
    return None
