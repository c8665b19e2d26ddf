"""What the settings say to a desk: every city's facts, the policy in force for a mailbox, windows and thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.judge.judgement import CityFacts
from pipeline.policies.policy import House, Policy
from schemas.letter import Letter

INCIDENT_ALARM_LETTERS = 5


class NotInForce(ValueError):
    """None of a city's packs is in force on the day."""


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """The packs that follow each other, oldest first, and the unit whose own mailbox it is, if any."""

    packs: tuple[Policy, ...]
    department: str = ""


@dataclass(frozen=True, slots=True)
class CityRules:
    """One city. *exactly*: the pack holds whatever its dates. *demo*: answers that are samples count."""

    facts: CityFacts
    usual: MailboxRules
    mailboxes: Mapping[str, MailboxRules] = field(default_factory=dict)
    demo: bool = False
    exactly: bool = False

    @property
    def house(self) -> House:
        """What holds in every city."""
        return self.usual.packs[-1].house

    def mailbox(self, name: str) -> MailboxRules:
        """The rules of a mailbox."""
        return self.mailboxes.get(name, self.usual)

    def policy(self, mailbox: str, at: datetime) -> Policy:
        """The pack in force for the mailbox at that moment, by the city's day. Raises NotInForce."""
        packs = self.mailbox(mailbox).packs
        if self.exactly:
            return packs[-1]
        day = at.astimezone(self.facts.zone).date()
        for policy in reversed(packs):
            if policy.in_force(day):
                return policy
        raise NotInForce(f"{', '.join(policy.pack for policy in packs)} on {day}")


@dataclass(frozen=True, slots=True)
class Rules:
    """``copy_window``: how long the same words count as a copy. ``incident_alarm_letters``: so many people about one
    matter, and every doubling of them, raise an alarm.
    """

    cities: Mapping[str, CityRules]
    copy_window: timedelta
    incident_alarm_letters: int = INCIDENT_ALARM_LETTERS

    def department(self, letter: Letter) -> str:
        """The unit whose own mailbox the letter came to, if any. Raises KeyError for a city that the settings do not know."""
        return self.cities[letter.city].mailbox(letter.mailbox).department
