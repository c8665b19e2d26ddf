"""Does a letter speak of danger to life or property, now? Cues that say so by themselves, and what was learnt of all others."""

from pipeline.judge.danger.finding import VERSION, Danger, danger, danger_of

__all__ = ["VERSION", "Danger", "danger", "danger_of"]
