"""From a mail's bytes to the piece that is stored: the same, whichever way the mail came.

A mail that reaches us by SMTP and lies in a mailbox as well is one letter with one number: its identity is made of
what no relay changes (``identity``), and the way it came is no part of it.
"""

from datetime import datetime

from connectors.email.identity import author, external_id, return_path
from schemas.letter import Raw


def delivered(mail: bytes, account: str, *, sender: str, own_line_bytes: int, received_at: datetime) -> Raw:
    """A mail that came by SMTP: after our own first line of *own_line_bytes*; *sender* is the envelope's, or empty."""
    return _piece(
        mail, account, external_id(mail, own_line_bytes), sender or author(mail), received_at=received_at
    )


def fetched(mail: bytes, account: str, *, received_at: datetime) -> Raw:
    """A mail as its mailbox holds it; who delivered it there wrote down the envelope's sender, or nobody did."""
    return _piece(
        mail, account, external_id(mail), return_path(mail) or author(mail), received_at=received_at
    )


def _piece(mail: bytes, account: str, identity: str, conversation: str, *, received_at: datetime) -> Raw:
    return Raw(
        account=account,
        external_id=identity,
        conversation=conversation[:512],
        letter_key=identity,
        media_type="message/rfc822",
        body=mail,
        received_at=received_at,
        on_conflict="again",
    )
