"""One letter's records as the line writes them: letter, decision, order, reply, status, whatever a test needs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from backline import AT, CITY, Said, letter_of, number_of, order_event, ordered

from schemas import ids
from schemas.base import Record
from schemas.decision import Cause, Clause, Decided, Held, InScope, Linked, Noted, OutOfScope
from schemas.inbox import Instruction, Status
from schemas.letter import BlobRef, Letter, Place, Sender
from schemas.order import Confirmed, Raised, Receipt
from schemas.quarantine import Quarantined
from schemas.reply import Reply
from schemas.topics import ALERT, DECISION, INBOX, QUARANTINE, RECEIPT, REPLY

CLAUSE = Clause(pack="pass", version="2026.1", code="1", quote="市民反映的公共设施问题应予受理。")
CAUSE = Cause(item_id=UUID(int=1), partition=0, offset=0)
SENDER = Sender(handle="13800000001", name="张三", phone="13800000001", address="解放路 12 号")


class Tale:
    """Everything about letter *n*."""

    def __init__(self, n: int, code_hash: str = "c" * 64, number: str = "") -> None:
        self.n = n
        self.id = letter_of(n)
        self.code_hash = code_hash
        self.number = number or number_of(n)

    def letter(self, revision: int = 1, text: str = "门前的路灯坏了三天。") -> Said:
        letter = Letter(
            id=self.id, revision=revision, digest=f"{revision:064x}", pieces=revision, number=self.number,
            code_hash=self.code_hash, city=CITY, mailbox="mayor", channel="web_form", account="form",
            external_id=f"letter-{self.n}", received_at=AT, sender=SENDER, subject="路灯", text=text,
            place=Place(text="解放路 12 号"), raw=(BlobRef(sha256="a" * 64, size_bytes=9),),
        )  # fmt: skip
        return Said(INBOX, str(self.id), letter)

    def decided(self, kind: str = "in_scope", after: Said | None = None) -> Said:
        decision: Record = {
            "in_scope": InScope(
                clause=CLAUSE, confidence=1.0, unit="城市管理局", due_at=AT + timedelta(days=21)
            ),
            "held": Held(clause=CLAUSE, confidence=1.0, reason="empty"),
            "out_of_scope": OutOfScope(clause=CLAUSE, confidence=1.0),
        }[kind]
        part = ids.part_id(self.id, 1)
        previous = after.value.id if after is not None and isinstance(after.value, Decided) else None
        event = self._event(ids.event_id(part, kind, self.id)) | {
            "part": 1, "part_id": part, "revision": 1, "digest": "1" * 64, "code_hash": self.code_hash,
            "mailbox": "mayor", "channel": "web_form", "received_at": AT, "decision": decision,
            "supersedes": previous, "reason": "应当向法院提出。" if kind == "out_of_scope" else "",
        }  # fmt: skip
        return Said(DECISION, str(part), Decided.model_validate(event))

    def linked(self, to: "Tale") -> Said:
        link = ids.event_id(self.id, "copy", to.id)
        event = self._event(link) | {
            "link_id": link, "relation": "copy", "to_letter_id": to.id, "to_number": to.number, "score": 1.0,
            "why": "same words", "digest": "1" * 64, "code_hash": self.code_hash, "mailbox": "mayor",
            "channel": "web_form", "received_at": AT,
        }  # fmt: skip
        return Said(DECISION, str(link), Linked.model_validate(event))

    def status(self, state: str, answer: str = "") -> Said:
        item = Status.model_validate(
            {
                "id": ids.item_id(CITY, f"{self.n}{state}"), "city": CITY, "number": self.number, "actor": "李四",
                "at": AT, "received_at": AT, "state": state, "answer": answer,
            }
        )  # fmt: skip
        return Said(INBOX, str(item.id), item)

    def instruction(self) -> Said:
        item = Instruction.model_validate(
            {
                "id": ids.item_id(CITY, f"{self.n}decide"), "city": CITY, "number": self.number, "actor": "李四",
                "at": AT, "received_at": AT, "reason": "看过附件", "verdict": {"outcome": "accept"},
            }
        )  # fmt: skip
        return Said(INBOX, str(item.id), item)

    def noted(self, what: str, answer: str = "") -> Said:
        note = ids.event_id(ids.part_id(self.id, 1), what, self.id)
        event = self._event(note) | {
            "note_id": note, "part": 1, "what": what, "applied": True, "actor": "李四", "answer": answer,
        }  # fmt: skip
        return Said(DECISION, str(note), Noted.model_validate(event))

    def reply(self, text: str = "您反映的问题已受理。") -> Said:
        reply = Reply(
            id=ids.event_id(self.id, "reply", self.id), city=CITY, number=self.number, part=1, letter_id=self.id,
            about="accepted", text=text, cause=self.id, at=AT,
        )  # fmt: skip
        return Said(REPLY, str(reply.id), reply)

    def order(self, revision: int = 1, tag: str = "opened") -> Said:
        event = order_event(self.n, revision, tag)
        return ordered(
            event.model_copy(update={"order": event.order.model_copy(update={"number": self.number})})
        )

    def receipt(self, outcome: str = "delivered") -> Said:
        event = order_event(self.n)
        receipt = Receipt.model_validate(
            {
                "event_id": event.id, "order_id": event.order.id, "number": self.number, "city": CITY, "sink": "main",
                "outcome": outcome, "at": AT,
            }
        )  # fmt: skip
        return Said(RECEIPT, str(event.id), receipt)

    def raised(self) -> Said:
        said = Raised(
            id=ids.event_id(self.id, "raised", self.id), city=CITY, number=self.number, letter_id=self.id,
            cue="轻生", at=AT,
        )  # fmt: skip
        return Said(ALERT, str(self.id), said)

    def confirmed(self) -> Said:
        said = Confirmed(
            id=ids.event_id(self.id, "confirmed", self.id),
            city=CITY,
            number=self.number,
            letter_id=self.id,
            at=AT,
        )
        return Said(ALERT, str(self.id), said)

    def quarantined(self) -> Said:
        said = Quarantined(
            id=ids.event_id(self.id, "quarantined", self.id), item_id=self.id, origin="door", city=CITY,
            channel="email", number=self.number, error="Malformed", pieces=(b"\xff",), received_at=AT, at=AT,
        )  # fmt: skip
        return Said(QUARANTINE, str(said.id), said)

    def whole(self) -> list[Said]:
        """A letter, accepted, ordered, delivered, answered."""
        return [self.letter(), self.decided(), self.order(), self.reply(), self.receipt()]

    def _event(self, event_id: UUID) -> dict[str, Any]:
        return {
            "id": event_id, "city": CITY, "number": self.number, "letter_id": self.id, "cause": CAUSE, "at": AT
        }  # fmt: skip
