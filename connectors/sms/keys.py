"""What makes a message the same message, and parts one letter.

A message's key is a digest of all of it that counts: id, sender, receiver, the time it was sent, its words, its place.
A vendor that pushes twice repeats these, whatever it adds (a push time, a try); a vendor that gives one id to two
texts makes two letters. Where it gives neither id nor time, the day is part of the key: the same words on another day
are another message.

A long message is known by sender, receiver, reference and number of parts, and by its day. Phones count references to
256 or 65,536 and begin again, so a reference alone would join a part to a message of long ago. The day begins at four
in the morning in Beijing, when hardly anybody writes, and is that of the part's own sent time, which a retry repeats;
only where the vendor gives none it is ours. Nothing computed from one part alone can be exact at every moment: parts
sent across four o'clock are two letters, each marked incomplete, none lost.
"""

import hashlib
from datetime import datetime, timedelta

from connectors.sms.payload import Message, phone_of
from connectors.sms.times import BEIJING
from schemas.letter import Raw

MEDIA_TYPE = "application/json"
_DAY_BEGINS = timedelta(hours=4)


def day_of(moment: datetime) -> str:
    """The day a moment counts to."""
    return (moment.astimezone(BEIJING) - _DAY_BEGINS).date().isoformat()


def raw_of(sms: Message, gateway: str, account: str, received_at: datetime) -> Raw:
    """The piece that *sms* is."""
    day = day_of(sms.sent_at or received_at)
    external_id = f"{gateway}:{sms.id[:128] or '-'}:{_digest(sms, '' if sms.id or sms.sent_at else day)}"
    long = sms.parts > 1
    return Raw(
        account=account,
        external_id=external_id,
        conversation=phone_of(sms.sender),
        letter_key=_long_key(sms, gateway, day) if long else external_id,
        piece_no=sms.part_no if long else 1,
        pieces=sms.parts,
        media_type=MEDIA_TYPE,
        body=sms.stored(),
        received_at=received_at,
        on_conflict="again",
    )


def _digest(sms: Message, day: str) -> str:
    if sms.fault:
        return hashlib.sha256(sms.stored()).hexdigest()[:32]
    counted = (
        sms.id, sms.sender, sms.receiver, sms.sent_at.isoformat() if sms.sent_at else "", sms.text, sms.data,
        sms.part_ref, str(sms.part_no), str(sms.parts), day,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(counted).encode()).hexdigest()[:32]


def _long_key(sms: Message, gateway: str, day: str) -> str:
    return f"{gateway}:long:{phone_of(sms.sender)}:{sms.receiver}:{sms.part_ref}:{sms.parts}:{day}"
