"""异议: a sender who does not agree with what was decided asks for a person's second look. Pure."""

from typing import Any

from pipeline.story import PartState, State, Story

REASON_CHARACTERS_MAX = 500
ACTOR = "来信人"
OPEN: frozenset[State] = frozenset({"declined", "answered"})
"""States that a sender may object to; in the others a person or a unit is at work."""


def may_object(part: PartState) -> bool:
    """Is there a decision on *part* that a sender may object to?"""
    return part.state in OPEN


def objection(story: Story, part_no: str, reason: str) -> dict[str, Any] | None:
    """The instruction for a door; None where that part has no decision to object to. Saying it twice is once."""
    part = next((part for part in story.parts if str(part.part) == part_no), None)
    if part is None or part.decision is None or not may_object(part):
        return None
    reason = reason.strip()[:REASON_CHARACTERS_MAX]
    return {
        "city": story.city, "number": story.number, "part": part.part, "actor": ACTOR, "reason": reason,
        "verdict": {"outcome": "object"}, "key": f"objection:{part.decision.id}:{reason}",
    }  # fmt: skip
