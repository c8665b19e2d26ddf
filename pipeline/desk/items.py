"""What items have in common: whose case a status or instruction names, that each is answered, and how a sender is told."""

from uuid import UUID

from pipeline.desk.effects import Effects
from pipeline.desk.step import Step
from schemas import ids
from schemas.decision import Noted
from schemas.inbox import Instruction, Status
from schemas.memory import Case
from schemas.reply import Reply


def case_of(said: Status | Instruction, step: Step) -> Case | None:
    """The case that is meant; a number of another city is unknown here."""
    case = step.view.case_by_number(said.number)
    return case if case is not None and case.letter.city == said.city else None


def was_said(case: Case, item: UUID) -> bool:
    """Was this item applied to the case before?"""
    return any(event.cause.item_id == item for event in case.decisions)


def tell(case: Case, reply: Reply | None, step: Step) -> Case:
    """The sender is told, if there is anything to tell; the case with the message."""
    if reply is None:
        return case
    step.effects.reply(reply)
    return case.model_copy(update={"replies": (*case.replies, reply)})


def note(said: Status | Instruction, case: Case, step: Step, refused: str) -> Case:
    """The case with a note that *said* arrived; *refused* says why it changed nothing."""
    event = noted(said, step, case.letter.id, refused)
    step.effects.decision(event)
    return case.model_copy(update={"decisions": (*case.decisions, event), "at": step.arrival.at})


def noted(said: Status | Instruction, step: Step, letter_id: UUID, refused: str) -> Noted:
    """The note itself."""
    note_id = ids.event_id(said.id, "note", said.id)
    return Noted(
        id=ids.event_id(note_id, "applied" if not refused else "noted", said.id),
        city=said.city,
        number=said.number,
        letter_id=letter_id,
        cause=step.arrival.cause,
        at=step.arrival.at,
        note_id=note_id,
        part=said.part,
        what=said.state if isinstance(said, Status) else "instruction",
        applied=not refused,
        actor=said.actor,
        note=refused or said.reason,
        answer=said.answer if isinstance(said, Status) else "",
    )


def note_fault(said: Status | Instruction, step: Step) -> Effects:
    """Applying raised: the door hears of it, nothing else changes."""
    step.effects.decision(noted(said, step, UUID(int=0), "处理时程序出错,未生效"))
    return step.effects
