"""A letter's story as operators read it: one line for each thing that happened, with its time, in plain words."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.cli.words import say
from pipeline.numbers import shown
from pipeline.story import Entry, Story, Told
from schemas.decision import (
    Clause,
    Decided,
    Decision,
    Escalated,
    Held,
    InScope,
    Linked,
    Noted,
    Suspected,
    Unlinked,
)
from schemas.inbox import Instruction, Object, Status
from schemas.letter import Letter
from schemas.order import Acknowledged, AlertEvent, Cleared, Confirmed, Mass, OrderEvent, Raised, Receipt
from schemas.quarantine import Quarantined
from schemas.reply import Reply

_STATES = {
    "registered": ("已登记,还没有决定", "registered, not yet decided"), "unreadable": ("读不了,待人查看", "unreadable, a person looks"),
    "linked": ("与另一封来信合并", "joined to another letter"), "held": ("等人决定", "waits for a person"),
    "accepted": ("已受理", "accepted"), "escalated": ("已呈报", "passed to a leader"), "signed": ("承办单位已签收", "signed for"), "closed": ("已办结", "closed"),
    "declined": ("不予受理", "out of scope"), "answered": ("已直接答复", "answered at once"),
    "emergency": ("紧急险情,已提醒值班人员", "emergency, the duty desk is alerted"),
}  # fmt: skip
_DECISIONS = {
    "in_scope": ("受理", "accept"), "escalated": ("呈报", "escalate"), "answer_now": ("直接答复", "answer now"), "out_of_scope": ("不予受理", "out of scope"),
    "emergency": ("紧急险情", "emergency"), "held": ("等人决定", "hold"),
}  # fmt: skip
_HELD = {
    "empty": ("读完后没有可以判断的内容", "nothing was left to judge after reading"),
    "fault": ("判定时出错", "judging failed"),
    "returned": ("办理系统退回了工单", "the case system sent the order back"),
    "no_demand": ("看不出要办什么", "no demand can be told"),
    "silent": (
        "本地办法没有规定,国家规定指向法定途径",
        "the city's text is silent, the national rule points to a legal route",
    ),
    "unsure": ("可能适用某条,但不确定", "a rule may fit, but it is not certain"),
    "unreadable": ("所用语言这里没有人能读", "in a language nobody here reads"),
    "secret": ("可能涉密", "may hold a secret"),
    "rule": ("规则要求由人决定", "a clause leaves it to a person"),
    "same_matter": ("办结后再次反映同一件事", "the same matter again after closing"),
    "objected": ("来信人提出异议", "the sender objects"),
}
_ORDERS = {
    "opened": ("开出工单", "order opened"), "appended": ("工单补充了内容", "order appended"),
    "reminded": ("来信人催办", "sender presses"), "withdrawn": ("工单撤回", "order withdrawn"),
}  # fmt: skip
_STATUSES = {
    "signed": ("签收", "signed"), "returned": ("退单", "returned"), "extended": ("延期", "extended"),
    "closed": ("办结", "closed"), "instruction": ("人工决定", "instruction"),
}  # fmt: skip
_RECEIPTS = {
    "delivered": ("已送达", "delivered to"), "already_there": ("早已在", "already in"), "refused": ("被拒收", "refused by"),
}  # fmt: skip
_VERDICTS = {
    "accept": ("受理", "accept"), "out_of_scope": ("不予受理", "out of scope"), "answer_now": ("直接答复", "answer now"),
    "as_proposed": ("同意系统建议", "as proposed"), "redecide": ("重新判定", "judge again"),
    "link": ("关联", "link"), "unlink": ("取消关联", "unlink"), "object": ("提出异议", "object"),
    "acknowledge": ("已知悉警示", "acknowledge the alert"),
}  # fmt: skip
_RELATIONS = {
    "copy": ("是同一封信(重复投递)", "the same message"), "same_person": ("是同一人的同一件事", "the same person's same matter"),
    "reminder": ("是对它的催办", "pressing for it"), "repeat": ("是办结后的重复诉求", "the same matter after closing"),
    "recurrence": ("是同一问题复发", "the same trouble come back"), "same_incident": ("反映同一事件(不同来信人)", "many people's same incident"),
}  # fmt: skip


PUBLICATION = {
    "no": ("不公开", "not to be published"), "reviewed": ("审核后公开", "may be published after a review"),
    "with_opinion": ("注明意见后公开", "may be published only with an opinion"),
    "as_asked": ("按来信人要求和来信性质公开", "may be published as the sender asks"),
}  # fmt: skip
ANSWERED_BY = {
    "unit": ("承办单位答复来信人", "the unit answers"), "office": ("办公室答复来信人", "the office answers"),
}  # fmt: skip


def held_reason(reason: str) -> str:
    """Why a person must decide."""
    return say(*_HELD[reason]) if reason in _HELD else reason


def told(story: Story, *, with_words: bool = False, zone: str = "Asia/Shanghai") -> str:
    """The whole story. The citizen's own words only *with_words*."""
    local = ZoneInfo(zone)
    lines = [
        say(
            f"编号 {shown(story.number)} · 城市 {story.city}",
            f"number {shown(story.number)} · city {story.city}",
        )
    ]
    for part in story.parts:
        suffix = f"-{part.part}" if len(story.parts) > 1 else ""
        due = _due(part.due_at, local)
        lines.append(
            say(
                f"现状{suffix}:{say(*_STATES[part.state])}{due}",
                f"now{suffix}: {say(*_STATES[part.state])}{due}",
            )
        )
    lines.append("")
    lines += [
        f"{_time(entry, local)}  {line}"
        for entry in story.entries
        for line in _lines(entry.record, with_words=with_words, several=len(story.parts) > 1)
    ]
    return "\n".join(lines)


def _due(at: datetime | None, local: ZoneInfo) -> str:
    if at is None:
        return ""
    day = at.astimezone(local).strftime("%Y-%m-%d %H:%M")
    return say(f",最迟 {day} 办结", f", due {day}")


def _time(entry: Entry, local: ZoneInfo) -> str:
    return entry.written_at.astimezone(local).strftime("%Y-%m-%d %H:%M:%S")


def decision_words(decision: Decision) -> str:
    """A decision with the clause it rests on."""
    extra = ""
    if isinstance(decision, InScope | Escalated):
        extra = say(f",承办 {decision.unit}", f", unit {decision.unit}")
    elif isinstance(decision, Held):
        extra = say(f",{held_reason(decision.reason)}", f", {held_reason(decision.reason)}")
        extra += proposal_words(decision)
    return f"{say(*_DECISIONS[decision.kind])}{extra}{_clause(decision.clause)}"


def relation_words(relation: str) -> str:
    """What a letter is to another."""
    return say(*_RELATIONS[relation])


def proposal_words(held: Held) -> str:
    """What the machine proposes to the person who decides; empty where it proposes nothing."""
    proposal = held.proposal
    if proposal is None:
        return ""
    what = {"accept": ("受理", "accept"), "out_of_scope": ("不予受理", "out of scope"),
            "answer_now": ("直接答复", "answer now"), "escalate": ("呈报", "escalate")}[proposal.outcome]  # fmt: skip
    return say(
        f",系统建议:{what[0]}({proposal.clause.code})", f", proposed: {what[1]} ({proposal.clause.code})"
    )


def _clause(clause: Clause) -> str:
    quote = f"「{clause.quote}」" if clause.quote else ""
    return say(
        f"。依据 {clause.pack} {clause.version} {clause.code}{quote}",
        f". Clause {clause.pack} {clause.version} {clause.code}{quote}",
    )


def _lines(record: Told, *, with_words: bool, several: bool) -> Iterator[str]:
    match record:
        case Letter():
            yield _letter(record)
            if with_words:
                yield from (
                    f"    {line}" for line in [record.subject, *record.text.splitlines()] if line.strip()
                )
        case Status():
            yield say(
                f"{record.actor} 说:{_status(record.state)}。{record.reason}",
                f"{record.actor} says: {_status(record.state)}. {record.reason}",
            )
        case Instruction():
            yield _instruction(record, with_words=with_words)
        case Decided():
            yield from _decided(record, several=several)
        case Linked() | Suspected() | Unlinked():
            yield _linked(record)
        case Noted():
            how = "" if record.applied else say("(没有生效)", " (not applied)")
            yield say(
                f"记下:{_status(record.what)}{how}。{record.note}",
                f"noted: {_status(record.what)}{how}. {record.note}",
            )
        case OrderEvent():
            yield _order(record, several=several)
        case Receipt():
            yield f"{say('工单', 'order')}{say(*_RECEIPTS[record.outcome])} {record.sink} {record.reference}".rstrip()
        case Reply():
            yield say(f"告知市民:{record.text}", f"told the citizen: {record.text}")
        case Raised() | Confirmed() | Cleared() | Acknowledged() | Mass():
            yield _alert(record, with_words=with_words)
        case Quarantined():
            yield say(
                f"读不了({record.error}),原文已保存,待人查看",
                f"unreadable ({record.error}), bytes kept, a person looks",
            )


def _instruction(said: Instruction, *, with_words: bool) -> str:
    verdict = say(*_VERDICTS[said.verdict.outcome])
    of_sender = isinstance(said.verdict, Object)
    reason = "…" if of_sender and not with_words else said.reason
    return say(
        f"{said.actor} 决定:{verdict}。理由:{reason}", f"{said.actor} decides: {verdict}. Why: {reason}"
    )


def _decided(event: Decided, *, several: bool) -> Iterator[str]:
    by = "" if event.decided_by == "rules" else say(f"({event.decided_by})", f" ({event.decided_by})")
    part = f" -{event.part}" if several else ""
    words = decision_words(event.decision)
    yield say(f"决定{part}{by}:{words}", f"decision{part}{by}: {words}")
    proposal = event.decision.proposal if isinstance(event.decision, Held) else None
    if proposal is not None and proposal.reply:
        yield say(f"    建议告知市民:{proposal.reply}", f"    proposed reply: {proposal.reply}")


def _order(event: OrderEvent, *, several: bool) -> str:
    order = event.order
    part = f" (-{order.part})" if several else ""
    said = f"{say(*PUBLICATION[order.publication])} · {say(*ANSWERED_BY[order.answered_by])}"
    revision = say(f"第{order.revision}版", f"revision {order.revision}")
    return f"{say(*_ORDERS[event.tag])} {order.id}{part} · {order.unit} · {revision} · {said}"


def _alert(alert: AlertEvent, *, with_words: bool) -> str:
    match alert:
        case Raised():
            cue = alert.cue if with_words else "…"
            return say(
                f"接收时发现险情用语「{cue}」,已提醒值班人员",
                f"danger seen at the door ({cue}), duty desk alerted",
            )
        case Confirmed():
            return say("判定确认险情", "the desk confirmed the danger")
        case Cleared():
            return say("判定没有险情,提醒解除", "the desk saw no danger, alert cleared")
        case Acknowledged():
            return say(
                f"{alert.actor} 已知悉警示。{alert.reason}",
                f"{alert.actor} acknowledged the alert. {alert.reason}",
            )
        case Mass():
            return say(
                f"同一事件的来信已有 {alert.letters} 件", f"{alert.letters} letters are about this incident"
            )


def _letter(letter: Letter) -> str:
    size = say(
        f"{len(letter.text)} 字,{len(letter.attachments)} 个附件",
        f"{len(letter.text)} characters, {len(letter.attachments)} files",
    )
    asked = ""
    if letter.confidential:
        asked += say(",要求保密", ", asks for confidentiality")
    if letter.publish_consent:
        asked += say(",同意公开", ", consents to publication")
    return say(
        f"来信(第 {letter.revision} 版,{letter.pieces} 件):渠道 {letter.channel},信箱 {letter.mailbox},{size}{asked}",
        f"letter (revision {letter.revision}, {letter.pieces} pieces): channel {letter.channel}, mailbox {letter.mailbox}, {size}{asked}",
    )


def _linked(link: Linked | Suspected | Unlinked) -> str:
    other = shown(link.to_number)
    what = _RELATIONS[link.relation]
    if isinstance(link, Unlinked):
        return say(
            f"{link.actor} 取消了与 {other} 的关联。{link.reason}",
            f"{link.actor} took back the link to {other}. {link.reason}",
        )
    if isinstance(link, Suspected):
        return say(
            f"可能与 {other} 有关联:{what[0]}({link.score:.2f}),待人确认。{link.why}",
            f"may belong with {other}: {what[1]} ({link.score:.2f}), a person should look. {link.why}",
        )
    by = f"({link.actor})" if link.actor else ""
    return say(
        f"与 {other} 的关联{by}:{what[0]}。{link.why}", f"linked to {other} {by}: {what[1]}. {link.why}"
    )


def _status(what: str) -> str:
    return say(*_STATUSES[what])
