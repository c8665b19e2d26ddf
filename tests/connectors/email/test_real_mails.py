"""Every mail of the collections beside the project is read; where another program's parse is there, as that one did."""

import collections
from pathlib import Path

import realmails

from connectors.email.payload import normalise
from schemas.errors import Malformed


def test_no_mail_of_the_collections_raises_and_hardly_one_is_malformed(letters_data: Path) -> None:
    malformed: collections.Counter[str] = collections.Counter()
    files = realmails.mails(letters_data)
    for path in files:
        try:
            content = normalise((realmails.raw(path.read_bytes()),))
        except Malformed as error:
            malformed[str(error)] += 1
        else:
            assert content.model_dump_json(exclude={"attachments"})
    quarantined = sum(malformed.values())
    print(f"{len(files)} mails, {quarantined} malformed ({quarantined / len(files):.2%}): {dict(malformed)}")
    assert len(files) > 1500
    assert quarantined <= len(files) * 0.01


def test_mails_are_read_as_another_program_read_them(letters_data: Path) -> None:
    every = list(realmails.compared(letters_data))
    differences = [difference for one in every for difference in one.differences]
    for what in ("sender", "name", "subject", "files", "text"):
        stated = sum(what in one.stated for one in every)
        agreed = stated - sum(difference.what == what for difference in differences)
        print(f"{what}: {agreed} of {stated} agree")
        assert agreed >= stated * 0.9
    for difference in differences:
        print(f"{difference.mail} {difference.what}: {difference.reason}")
    assert every
    assert [difference for difference in differences if not difference.reason] == []


def test_no_file_at_all_raises(letters_data: Path) -> None:
    """Pages, pictures and packs are no mails, and are read or malformed all the same."""
    for path in sorted((letters_data / "mail").rglob("*")):
        if path.is_file():
            try:
                normalise((realmails.raw(path.read_bytes()),))
            except Malformed:
                continue
