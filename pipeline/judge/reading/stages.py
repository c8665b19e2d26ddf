"""How far a procedure has gone: could sue, has sued, judged, concluded."""

from pipeline.judge.reading.tokens import Clause, Token, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Procedure, Stage

_COULD = bit("could")
_NOT_YET = ("还没", "没有", "没", "未", "尚未", "不想", "不打算", "不愿", "并未", "从未", "没去", "再去", "再不", "准备", "打算", "考虑", "想去", "要去", "就去", "将", "会去", "只能", "只好", "可以", "能不能", "能否", "是否", "要不要", "建议我", "让我", "叫我", "让我们", "叫我们", "还是", "或者", "或", "想", "要", "去", "走", "通过", "申请", "提起", "如何", "怎么", "怎样", "保留", "否则", "不然", "选择", "进行", "告诉我")  # fmt: skip
_DENIED = (
    "没",
    "未",
    "还没",
    "没有",
    "尚未",
    "没去",
    "没拿到",
    "没出",
    "还没出",
    "等",
    "等待",
    "不等",
    "还没下",
    "未收到",
    "叫我去",
    "让我去",
    "要我去",
    "叫我们去",
    "让我们去",
)

_LADDER: tuple[tuple[Procedure, int, int, int], ...] = (
    (Procedure.PETITION, 0, bit("petition_done"), bit("petition")),
    (Procedure.ARBITRATION, bit("arb_pending"), bit("arb_done"), bit("arbitration")),
    (Procedure.REVIEW, bit("review_pending"), bit("review_done"), bit("review")),
    (Procedure.LAWSUIT, bit("suit_pending"), bit("suit_done"), bit("suit")),
)
_ALL = sum({bits for row in _LADDER for bits in row[1:]}) | bit("court", "court_deed")


def stage_of(view: View) -> tuple[Stage, Procedure, Token | None]:
    """The farthest stage that the view speaks of as reached, and of which procedure."""
    if not view.has(_ALL):
        return Stage.NONE, Procedure.NONE, None
    for procedure, pending, done, any_of_it in _LADDER:
        if not view.has(pending | done | any_of_it):
            continue
        reached = _reached(view, done) if view.is_about(done | pending | any_of_it) else None
        if reached is not None:
            stage = Stage.CONCLUDED if procedure is Procedure.PETITION else Stage.DONE
            if procedure is not Procedure.PETITION or view.has(any_of_it):
                return stage, procedure, reached
        waiting = _reached(view, pending) if pending else None
        if waiting is not None:
            return Stage.PENDING, procedure, waiting
        if procedure is Procedure.PETITION:
            continue
        spoken = view.first(any_of_it)
        if spoken is not None and _is_plan(view, any_of_it):
            return Stage.COULD, procedure, spoken
    return Stage.NONE, Procedure.NONE, None


def words_of(procedure: Procedure) -> int:
    """The words that say how far *procedure* has gone."""
    return next(pending | done | spoken for one, pending, done, spoken in _LADDER if one is procedure)


def _reached(view: View, bits: int) -> Token | None:
    for clause, token in view.tokens(bits):
        if not _is_denied(view.said, clause, token):
            return token
    return None


def _is_denied(said: str, clause: Clause, token: Token) -> bool:
    before = said[max(clause.start, token[0] - 4) : token[0]].rstrip("出下来拿到收的了")
    after = said[token[1] : min(clause.end, token[1] + 5)]
    return before.endswith(_DENIED) or after.startswith(
        ("还没", "没出", "没下", "未下", "还未", "没有下", "什么时候")
    )


def _is_plan(view: View, bits: int) -> bool:
    return any(
        clause.bits & _COULD or view.said[clause.start : token[0]].endswith(_NOT_YET)
        for clause, token in view.tokens(bits)
    )
