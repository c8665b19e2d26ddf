"""No room for another letter: every channel says so in its own way, nobody hears a false yes, and room brings it back."""

import os
import shutil
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from linekit.broker import Broker
from linekit.letters import drafts
from linekit.line import Line
from linekit.load import Heard, Load
from linekit.mails import mail, mail_until_yes
from linekit.settings import address_of

ROOM_BYTES = 512 * 1024**2


@pytest.fixture(scope="module")
def narrow_line(place: Path, broker: Broker) -> Iterator[Line]:
    """A line that wants all but half a gigabyte of this disk left free."""
    keep_free = shutil.disk_usage(place).free - ROOM_BYTES
    with Line(
        place / "narrow", broker=broker, prefix="narrow.", over={"door": {"free_bytes_min": keep_free}}
    ) as line:
        line.create_topics()
        line.start()
        yield line


def fill(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size_bytes)


def test_a_full_disk_is_refused_honestly_and_room_mends_it(narrow_line: Line, place: Path) -> None:
    line, heard, letters = narrow_line, Heard(), drafts()
    filler = place / "filler"
    to = address_of(line.cities[0])
    try:
        with Load(line.door, line.accounts, 20, heard=heard) as load:
            load.wait_yes(20, 20.0)
            fill(filler, ROOM_BYTES * 2)
            load.wait_refused(20, 30.0)
            before = len(heard.yes)
            with pytest.raises(smtplib.SMTPResponseException) as refused:
                mail(line.smtp, to, next(letters))
            assert 400 <= refused.value.smtp_code < 500, f"a full disk was answered {refused.value.smtp_code}"
            assert len(heard.yes) == before, "accepted below the watermark"
            filler.unlink()
            load.wait_yes(before + 40, 30.0)
            assert mail_until_yes(line.smtp, to, next(letters))
    finally:
        filler.unlink(missing_ok=True)
    assert set(heard.refused) == {503}, f"refusals were {dict(heard.refused)}"
    line.assert_whole(heard)
