"""Named points at which a test lets the process die: inert unless the environment names one.

``XINSHU_CRASH_POINT=spool.committed`` (or ``spool.committed:3`` for the third passage) ends this process with
SIGKILL there, as a power cut would. ``xinshu check`` reports a set variable as an error.
"""

import os
import signal

ENVIRONMENT = "XINSHU_CRASH_POINT"

POINTS = (
    "spool.before_commit",
    "spool.committed",
    "door.before_answer",
    "blob.before_rename",
    "blob.renamed",
    "media.fetched",
    "relay.normalised",
    "relay.before_send",
    "relay.sent",
    "relay.marked",
    "readback.before_mark",
    "readback.marked",
    "desk.judged",
    "desk.outputs_sent",
    "desk.before_commit",
    "desk.committed",
    "delivery.before_effect",
    "delivery.effect_done",
    "delivery.receipt_sent",
    "register.before_commit",
    "register.committed",
)
"""Every hand-over of the line."""

_name, _, _nth = os.environ.get(ENVIRONMENT, "").partition(":")
_passages_left = int(_nth or 1)


def crash_point(name: str) -> None:
    """Die here if the environment says so."""
    if name != _name:
        return
    global _passages_left  # noqa: PLW0603 - counts passages of this process
    _passages_left -= 1
    if _passages_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
