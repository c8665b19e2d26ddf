"""Trouble: what an operator can mend, named by a code and the facts a sentence about it needs.

The command line turns the code into one plain line in the operator's language (``pipeline.cli.words``). Facts are
names of cities, topics, files and settings, never secrets and never a citizen's word.
"""


class StartAgain(Exception):
    """Nothing is wrong: the part is to be started anew, and reads on from what stands there now."""


class Trouble(Exception):
    """Something is set up wrongly or not there; trying again without a change would not help."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code
