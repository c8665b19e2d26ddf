"""Logs: structlog, JSON in production, readable on a terminal. Ids and counts only, never a citizen's word.

Every event name is a constant here. A field whose name is not in ``FIELDS`` is dropped and counted, so that a careless
call cannot write out a letter; of an exception the type and the places in our code are logged, never its text.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog

PART_STARTED: Final = "part.started"
PART_READY: Final = "part.ready"
PART_STOPPING: Final = "part.stopping"
PART_STOPPED: Final = "part.stopped"
PART_DIED: Final = "part.died"
BROKER_STARTED: Final = "broker.started"
BROKER_LOST: Final = "broker.lost"
TOPICS_CREATED: Final = "topics.created"
PIECE_ACCEPTED: Final = "piece.accepted"
ACCEPT_REFUSED: Final = "accept.refused"
CONNECTOR_FAULT: Final = "connector.fault"
CONNECTOR_AWAY: Final = "connector.away"
CONNECTOR_WAITING: Final = "connector.waiting"
PROXY_UNNAMED: Final = "door.proxy_unnamed"
MAILBOX_AWAY: Final = "mailbox.away"
MAILBOX_RENUMBERED: Final = "mailbox.renumbered"
MAILBOX_KEEPS_NO_MARKS: Final = "mailbox.keeps_no_marks"
MAIL_TOO_LARGE: Final = "mail.too_large"
MAIL_WITHHELD: Final = "mail.withheld"
RELAY_SENT: Final = "relay.sent"
RELAY_AGAIN: Final = "relay.again"
RELAY_TAIL_LOST: Final = "relay.tail_lost"
WORKER_KILLED: Final = "worker.killed"
LETTER_QUARANTINED: Final = "letter.quarantined"
FILE_LOST: Final = "file.lost"
NUMBER_CLASH: Final = "number.clash"
DESK_OWNED: Final = "desk.owned"
DESK_REVOKED: Final = "desk.revoked"
DESK_FENCED: Final = "desk.fenced"
DESK_ABORTED: Final = "desk.aborted"
DESK_BEHIND_MEMORY: Final = "desk.behind_memory"
DESK_FAULT: Final = "desk.fault"
SNAPSHOT_SAVED: Final = "desk.snapshot_saved"
SNAPSHOT_FAILED: Final = "desk.snapshot_failed"
SNAPSHOT_UNUSABLE: Final = "desk.snapshot_unusable"
ORDER_DELIVERED: Final = "order.delivered"
ORDER_REFUSED: Final = "order.refused"
SINK_UNAVAILABLE: Final = "sink.unavailable"
COMMIT_LATE: Final = "offsets.not_committed"
AUDIT_LATE: Final = "topic.audit_late"
GROUND_LOST: Final = "topic.lost_records"
RECORD_UNREADABLE: Final = "record.unreadable"
REGISTER_APPLIED: Final = "register.applied"
UNACCOUNTED: Final = "line.unaccounted"
CLOCK_SKEW: Final = "line.clock_skew"
FAULT: Final = "part.fault"
LIBRARY_SAID: Final = "library.said"

FIELDS = frozenset({
    "event", "level", "timestamp", "part", "pid", "number", "letter_id", "order_id", "event_id", "item_id", "city",
    "mailbox", "channel", "account_no", "sink", "partition", "offset", "next_offset", "end_offset", "count", "bytes", "seconds", "ms",
    "attempt", "reason", "error", "trace", "port", "address", "topic", "group", "version", "signal", "exit_code", "depth", "path", "dropped", "uid", "uid_validity",
})  # fmt: skip
"""What may stand in a log line. ``reason`` and ``error`` hold our own constants and type names."""


QUIET_S = 10.0


def _only_known_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    dropped = [key for key in event if key not in FIELDS]
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped"] = len(dropped)
    return event


def _faults_without_words(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    fault = event.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()[1]
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException):
        event["error"] = type(fault).__name__
        event["trace"] = trace_of(fault)
    return event


def trace_of(fault: BaseException) -> list[str]:
    """Where *fault* came from: types, files and lines, outermost first, without a single value."""
    lines: list[str] = []
    seen: BaseException | None = fault
    while seen is not None and len(lines) < 60:
        frames = traceback.extract_tb(seen.__traceback__)
        lines += [
            type(seen).__name__,
            *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-15:]),
        ]
        seen = seen.__cause__ or seen.__context__
    return lines


class _Foreign(logging.Handler):
    """Libraries' own log lines may quote what they handle: only their origin and type are kept.

    A library that waits for a broker says the same many times a second: each origin is heard once in ``QUIET_S``, with
    the count of what it said since. What is a fault of ours, its caller says.
    """

    def __init__(self) -> None:
        super().__init__()
        self._heard: dict[str, tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        origin = f"{record.name}:{record.lineno}"
        last, unsaid = self._heard.get(origin, (-QUIET_S, 0))
        if record.created - last < QUIET_S:
            self._heard[origin] = (last, unsaid + 1)
            return
        self._heard[origin] = (record.created, 0)
        fault = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            # What a client calls an error is a broker that is not there yet; the loop's errors are bugs.
            record.levelno if record.name == "asyncio" else min(record.levelno, logging.WARNING),
            LIBRARY_SAID,
            reason=origin,
            error=type(fault).__name__ if fault else None,
            count=unsaid + 1,
        )


def _crash(kind: type[BaseException], fault: BaseException, _: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(130)
    structlog.get_logger().critical(FAULT, exc_info=fault)


def set_up(part: str, *, json: bool | None = None, level: int = logging.INFO) -> None:
    """Send this process's logs to standard error. *json* None: JSON unless standard error is a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _faults_without_words,
            _only_known_fields,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # A line in one piece: parts share the stream.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(part=part)
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)
    sys.excepthook = _crash
