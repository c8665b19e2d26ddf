"""What the settings say to a desk: every city's facts, the policy in force for a mailbox, windows and thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pipeline.judge.judgement import CityFacts
from pipeline.policies.model import Policy

INCIDENT_ALARM_LETTERS = 5


@dataclass(frozen=True, slots=True)
class Rules:
    """``copy_window``: how long the same words count as a copy. ``incident_alarm_letters``: so many people about one
    matter, and every doubling of them, raise an alarm.
    """

    cities: Mapping[str, tuple[CityFacts, Policy]]
    copy_window: timedelta
    incident_alarm_letters: int = INCIDENT_ALARM_LETTERS
