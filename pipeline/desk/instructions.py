"""What a person says of a letter: a decision on a part that waits, or a second look at one that was decided.

Pure. An instruction that fits nothing is noted with the reason why; one that was heard before is answered again.
"""

from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk import linking
from pipeline.desk.case import Opened
from pipeline.desk.effects import Effects
from pipeline.desk.items import case_of, note, noted, tell, was_said
from pipeline.desk.known import facts_alone
from pipeline.desk.letters import again
from pipeline.desk.orders import MARK_REVISIT, marks_of_both
from pipeline.desk.records import acknowledged_event, reply_to
from pipeline.desk.revising import Again, judged_again
from pipeline.desk.settle import Change, alerts_after, settle
from pipeline.desk.statuses import NO_SUCH_PART
from pipeline.desk.step import Step
from pipeline.desk.told import named, words_of
from pipeline.desk.verdicts import Ruling, Waiting, proposal_of, proposed, ruled
from pipeline.judge import replies
from pipeline.judge.danger import danger
from pipeline.judge.danger.finding import Danger
from pipeline.judge.judge import emergency
from pipeline.text.mask import mask_contact, names_in
from schemas.decision import (
    CONFIDENTIAL_MARK,
    AnswerNow,
    Decided,
    Decision,
    Emergency,
    Held,
    OutOfScope,
)
from schemas.inbox import Acknowledge, Instruction, LinkTo, Object, Redecide, UnlinkFrom
from schemas.memory import Case, CasePart

NO_SUCH_NUMBER = "没有这个编号"
NOT_HELD = "该编号不在待人工处理或紧急警示之列"
NO_PROPOSAL = "该编号没有系统建议"
NOT_FINAL = "该编号未作出可提出异议的决定"
FINISHED = "该编号已办结。来信人仍有意见的,请登记为新的来信,会转人工回访复核"
NO_ALERT = "该编号没有紧急警示"


def decide_instruction(said: Instruction, step: Step) -> Effects:
    """The effects of a person's instruction."""
    case = case_of(said, step)
    if case is None:
        step.effects.decision(noted(said, step, UUID(int=0), NO_SUCH_NUMBER))
        return step.effects
    if was_said(case, said.id):
        return again(case, step)
    match said.verdict:
        case Redecide():
            _redecide(said, case, step)
        case LinkTo():
            linking.link(said, said.verdict, case, step)
        case UnlinkFrom():
            linking.unlink(said, said.verdict, case, step)
        case Acknowledge():
            _acknowledge(said, case, step)
        case _:
            _of_part(said, case, step)
    return step.effects


def _of_part(said: Instruction, case: Case, step: Step) -> None:
    part = cases.part_of(case, said.part)
    before = cases.current(case, said.part)
    if part is None or before is None:
        _refuse(said, case, step, NO_SUCH_PART)
    elif isinstance(said.verdict, Object):
        _object(said, case, part, before, step)
    elif not isinstance(before.decision, Held | Emergency):
        _refuse(said, case, step, NOT_HELD)
    else:
        _decide(said, case, part, before, step)


def _decide(said: Instruction, case: Case, part: CasePart, before: Decided, step: Step) -> None:
    facts = facts_alone(case.letter, step)
    waiting = Waiting(
        case.letter,
        named(case.letter.number, part.no, several=cases.is_several(case)),
        cases.words_of_part(case, part),
        facts,
        cases.last_opened(case, part.no),
        returned=isinstance(before.decision, Held) and before.decision.reason == "returned",
    )
    as_proposed = said.verdict.outcome == "as_proposed"
    ruling = proposed(waiting, before.decision) if as_proposed else ruled(waiting, said.verdict)
    if ruling is None:
        _refuse(said, case, step, NO_PROPOSAL)
        return
    decision = _marked(ruling.decision, before.decision)
    after = settle(case, Change(part, decision, said.actor, said.reason, words=ruling.words), step)
    after = alerts_after(after, case, step)
    step.save(_told(after, part.no, ruling, step))


def _marked(decision: Decision, before: Decision) -> Decision:
    """What a person takes on, with the marks that outlast the hold."""
    if not isinstance(decision, Opened):
        return decision
    marks = [CONFIDENTIAL_MARK] if before.confidential else []
    if isinstance(before, Held) and before.reason == "same_matter":
        marks.append(MARK_REVISIT)
    return (
        decision.model_copy(update={"marks": marks_of_both(decision.marks, tuple(marks))})
        if marks
        else decision
    )


def _told(case: Case, part: int, ruling: Ruling, step: Step) -> Case:
    return tell(case, reply_to(case.letter, step.arrival, part, ruling.about, ruling.words), step)


def _object(said: Instruction, case: Case, part: CasePart, before: Decided, step: Step) -> None:
    """异议: what was declined or answered waits for a person, with what was decided as the proposal.

    Danger in the sender's own words comes before all else, whatever the part's state.
    """
    facts = facts_alone(case.letter, step)
    label = named(case.letter.number, part.no, several=cases.is_several(case))
    found = danger(said.reason)
    if found is not None and not isinstance(before.decision, Emergency):
        alarmed = emergency(case.letter, Danger(found.cue, kind=found.kind), facts)
        ruling = Ruling(alarmed.decision, "emergency", alarmed.reply)
    elif isinstance(before.decision, OutOfScope | AnswerNow):
        ruling = Ruling(
            _objected(before.decision, case, part, step), "noted", replies.objected(label, facts.city)
        )
    else:
        finished = part.closed and cases.has_own(case, part.no)
        _refuse(said, case, step, FINISHED if finished else NOT_FINAL)
        return
    why = mask_contact(said.reason, case.letter.sender, names_in(said.reason))
    after = settle(case, Change(part, ruling.decision, said.actor, why), step)
    after = alerts_after(after, case, step)
    step.save(_told(after, part.no, ruling, step))


def _objected(decision: OutOfScope | AnswerNow, case: Case, part: CasePart, step: Step) -> Held:
    said = (words_of(reply, part.no) for reply in reversed(case.replies))
    proposal = proposal_of(decision, next((words for words in said if words), ""))
    person = step.rules.cities[case.letter.city].house.person
    marks = (CONFIDENTIAL_MARK,) if decision.confidential else ()
    return Held(clause=person, confidence=1.0, reason="objected", proposal=proposal, marks=marks)


def _redecide(said: Instruction, case: Case, step: Step) -> None:
    again_ = Again(said.reason, overrules=True)
    changed = judged_again(case.letter, case, step, again_)
    step.save(note(said, changed, step, ""))


def _acknowledge(said: Instruction, case: Case, step: Step) -> None:
    if not any(isinstance(event.decision, Emergency) for event in cases.decided_now(case)):
        _refuse(said, case, step, NO_ALERT)
        return
    alert = acknowledged_event(case.letter, step.arrival, said.actor, said.reason)
    step.effects.alert(alert)
    case = case.model_copy(update={"alerts": (*case.alerts, alert)})
    step.save(note(said, case, step, ""))


def _refuse(said: Instruction, case: Case, step: Step, why: str) -> None:
    step.save(note(said, case, step, why))
