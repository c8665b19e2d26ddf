"""A line under test: its processes, and what can be seen of it from outside."""

import contextlib
import time
from collections.abc import Sequence

from linekit.canaries import leaks_in
from linekit.finding import NotReady, Part, wait_until
from linekit.history import Picture, Verdict, check, has_order, records
from linekit.load import Heard, again
from linekit.processes import Processes
from linekit.web import get
from schemas import topics, wire
from schemas.letter import Letter

LOST_AFTER_S = 15 * 60.0
"""Accepted and neither decided nor quarantined this long after Kafka is back: lost, by definition."""


class Line(Processes):
    """One line in ``folder``: start it with ``up`` or ``start``, hurt it, and ask what became of every letter."""

    def metrics(self, part: Part = "door") -> dict[str, float]:
        """Every sample of a part by its full name with labels."""
        found: dict[str, float] = {}
        for line in get(self.address(part), "/metrics").text().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def picture(self) -> Picture:
        return Picture.read(self.bootstrap, self.prefix)

    def settle(self, numbers: Sequence[str], patience_s: float = 60.0) -> Verdict:
        """Until the door has finished every row and nothing accepted is missing; the last verdict, good or not.

        Patience ends when nothing got better for *patience_s*, and at the latest when what is missing counts as lost.
        """
        lost_at = time.monotonic() + LOST_AFTER_S
        with contextlib.suppress(NotReady):
            self.wait_finished(patience_s)
        best, end = None, lost_at
        while True:
            self.start_again()
            verdict = check(numbers, self.picture(), self.sql)
            if verdict.good or verdict.double or time.monotonic() > end:
                return verdict
            if best is None or len(verdict.lost) < best:
                best, end = len(verdict.lost), min(time.monotonic() + patience_s, lost_at)
            time.sleep(0.3)

    def wait_finished(self, deadline_s: float) -> None:
        """Until the door has read the decision of everything it accepted."""
        wait_until(self._door_is_done, deadline_s, "the spool is empty", pause_s=0.1)

    def _door_is_done(self) -> bool:
        try:
            return self.metrics().get("xinshu_spool_depth", 1.0) == 0
        except (OSError, TimeoutError):
            return False

    def assert_whole(self, heard: Heard, patience_s: float = 60.0, *, ask_again: bool = True) -> Verdict:
        """Nothing lost, nothing double, numbers unchanged; raises AssertionError naming what is not so."""
        assert heard.yes, "no letter was accepted: there is nothing to check"
        assert not heard.changed(), f"other numbers for the same key: {heard.changed()[:5]}"
        verdict = self.settle(heard.all_numbers(), patience_s)
        assert verdict.good, f"{verdict}\n{self.tails(1500)}"
        if ask_again:
            wrong = again(self.door, heard)
            assert not wrong, f"asked again, other answers: {wrong[:5]}"
        return verdict

    def wait_order(self, number: str, deadline_s: float) -> float:
        """Seconds until the case system's table holds an order of this letter."""
        try:
            return wait_until(lambda: has_order(self.sql, number), deadline_s, f"an order of {number}")
        except NotReady as error:
            # What became of it, without a word of the letter.
            raise NotReady(f"{error}\n{self.run('explain', number).stdout}") from None

    def inbox_holds(self, heard: Heard) -> bool:
        """Whether every accepted letter has a record on the inbox as it stands now."""
        there = {
            item.number
            for record in records(self.bootstrap, topics.INBOX, self.prefix)
            if isinstance(item := wire.decode(topics.INBOX, record.value), Letter)
        }
        return there >= set(heard.all_numbers())

    def secrets(self, heard: Heard | None = None) -> list[str]:
        """The cities' keys, and the query codes that senders were given."""
        keys = [path.read_text().strip() for path in (self.var / "keys").glob("*.key")]
        return keys + [yes.query_code for yes in (heard.yes.values() if heard else ()) if yes.query_code]

    def assert_silent(self, heard: Heard | None = None) -> None:
        """Nothing that any process of this line printed holds a citizen's words or a secret."""
        found = leaks_in(self.logs, self.secrets(heard))
        assert not found, "\n".join(found[:10])
