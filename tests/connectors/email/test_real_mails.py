"""Every mail of the collections beside the project is read, or malformed with a limit's name."""

import collections
from datetime import UTC, datetime
from pathlib import Path

from connectors.email.payload import normalise
from schemas.errors import Malformed
from schemas.letter import Raw

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_no_mail_of_the_collections_raises(letters_data: Path) -> None:
    malformed: collections.Counter[str] = collections.Counter()
    files = [path for path in sorted((letters_data / "mail").rglob("*")) if path.is_file()]
    for path in files:
        raw = Raw(
            account="a@b.cn",
            external_id="x",
            conversation="",
            letter_key="x",
            body=path.read_bytes(),
            received_at=AT,
        )
        try:
            content = normalise((raw,))
        except Malformed as error:
            malformed[str(error)] += 1
        else:
            assert content.model_dump_json(exclude={"attachments"})
    quarantined = sum(malformed.values())
    print(f"{len(files)} mails, {quarantined} malformed ({quarantined / len(files):.1%}): {dict(malformed)}")
    assert files
    # Empty files and fragments of pages lie among the mails; of real mails three have a field of over 16 KiB.
    assert quarantined < len(files) * 0.03
