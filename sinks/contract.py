"""What every sink must keep, ours or a stranger's, told by one call in its tests::

    def test_contract(tmp_path: Path) -> None:
        trial = Trial("town_cases:Cases", {"url": "…"}, effects=lambda event_id: rows_with(event_id))
        check_sink(trial)

``effects`` looks into the case system itself and counts what an event left there: the contract believes no receipt.
Deliveries carry invented people and numbers. Raises ContractBroken, which says what was promised and what was seen.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid5

from schemas.order import OrderEvent, Receipt, WorkOrder
from schemas.ports import Position, Sink

SUBPROCESS_TIMEOUT_S = 60.0
PARALLEL = 8
INSTANCE = "contract"

_HERE = UUID("6f1c8a52-6a0e-5d0c-9d0b-2f5d3a7b1c77")
_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class ContractBroken(AssertionError):
    """The sink does not keep what every sink promises."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A sink to be tried: ``module:Class``, its settings table, and how to count an event's effects from outside."""

    sink: str
    settings: Mapping[str, Any]
    effects: Callable[[UUID], int]


def open_sink(sink: str, settings: Mapping[str, Any]) -> Sink:
    """The sink as the line would open it. Needs no running event loop."""
    module, _, name = sink.partition(":")
    kind: type[Sink] = getattr(import_module(module), name)
    return kind(kind.Settings.model_validate(settings), INSTANCE)


def trial_event(name: str, revision: int = 1, tag: str = "opened") -> OrderEvent:
    """An order event of our own invention; the same arguments give the same event."""
    order = WorkOrder(
        id=uuid5(_HERE, f"{name}\x1forder"), number="4821000000000007", part=1, revision=revision,
        letter_ids=(uuid5(_HERE, f"{name}\x1fletter"),), city="trial", mailbox="trial", channel="web_form", kind="投诉",
        title="试投：路灯不亮", body=f"这是一条试投工单，请勿派办。第 {revision} 版。\n第二行，带引号 \" ' 和表情 🙂",
        unit="试投单位", received_at=_AT, due_at=_AT + timedelta(days=21),
    )  # fmt: skip
    return OrderEvent.model_validate(
        {
            "id": uuid5(order.id, f"{tag}{revision}"), "tag": tag, "city": "trial", "order": order,
            "cause": uuid5(order.id, "cause"), "at": _AT,
        }
    )  # fmt: skip


def position(offset: int) -> Position:
    """Somewhere on Kafka."""
    return Position("work.order.v1", 0, offset)


def check_sink(trial: Trial) -> None:
    """Try everything. The case system must have no trial order in it before."""
    asyncio.run(_same_id_twice(trial))
    asyncio.run(_same_id_in_parallel(trial))
    asyncio.run(_many_ids_in_parallel(trial))
    asyncio.run(_late_replay(trial))
    _killed_before_the_receipt(trial)


def _expect(said: Receipt, outcome: str, event: OrderEvent, trial: Trial, when: str) -> None:
    if (said.event_id, said.order_id, said.sink) != (event.id, event.order.id, INSTANCE):
        raise ContractBroken(f"{when}: the receipt must name the event, its order and the instance")
    if said.outcome != outcome:
        raise ContractBroken(f"{when}: the receipt must say {outcome}, it says {said.outcome}")
    if (found := trial.effects(event.id)) != 1:
        raise ContractBroken(f"{when}: the event must be there once, it is there {found} times")


async def _same_id_twice(trial: Trial) -> None:
    event = trial_event("twice")
    sink = open_sink(trial.sink, trial.settings)
    try:
        _expect(await sink.deliver(event, None, position(1)), "delivered", event, trial, "first delivery")
        again = await sink.deliver(event, None, position(9))
        _expect(again, "already_there", event, trial, "second delivery")
    finally:
        await sink.close()
    sink = open_sink(trial.sink, trial.settings)
    try:
        again = await sink.deliver(event, None, position(1))
        _expect(again, "already_there", event, trial, "delivery after reopening")
    finally:
        await sink.close()


async def _same_id_in_parallel(trial: Trial) -> None:
    event = trial_event("parallel")
    sink = open_sink(trial.sink, trial.settings)
    try:
        said = await asyncio.gather(*(sink.deliver(event, None, position(2)) for _ in range(PARALLEL)))
    finally:
        await sink.close()
    outcomes = sorted(receipt.outcome for receipt in said)
    if outcomes != ["already_there"] * (PARALLEL - 1) + ["delivered"]:
        raise ContractBroken(
            f"the same event {PARALLEL} times at once: one delivery must win, said {outcomes}"
        )
    _expect(said[0], said[0].outcome, event, trial, "the same event at once")


async def _many_ids_in_parallel(trial: Trial) -> None:
    events = [trial_event(f"many-{n}") for n in range(PARALLEL)]
    sink = open_sink(trial.sink, trial.settings)
    try:
        said = await asyncio.gather(*(sink.deliver(e, None, position(10 + n)) for n, e in enumerate(events)))
    finally:
        await sink.close()
    for receipt, event in zip(said, events, strict=True):
        _expect(receipt, "delivered", event, trial, "several events at once")


async def _late_replay(trial: Trial) -> None:
    opened, appended = trial_event("late"), trial_event("late", 2, "appended")
    sink = open_sink(trial.sink, trial.settings)
    try:
        for event, when in ((appended, "a newer revision first"), (opened, "an older revision later")):
            _expect(await sink.deliver(event, None, position(3)), "delivered", event, trial, when)
    finally:
        await sink.close()


def _killed_before_the_receipt(trial: Trial) -> None:
    event = trial_event("killed")
    order = {"sink": trial.sink, "settings": {key: str(value) for key, value in trial.settings.items()}}
    died = subprocess.run(
        [sys.executable, "-c", "from sinks.contract import deliver_and_die; deliver_and_die()"],
        input=json.dumps(order).encode(), timeout=SUBPROCESS_TIMEOUT_S, check=False, capture_output=True,
    )  # fmt: skip
    if died.returncode != -signal.SIGKILL:
        raise ContractBroken(
            f"the process to be killed ended with {died.returncode}: {died.stderr.decode()[-500:]}"
        )

    async def again() -> None:
        sink = open_sink(trial.sink, trial.settings)
        try:
            said = await sink.deliver(event, None, position(4))
            _expect(said, "already_there", event, trial, "after a kill between effect and receipt")
        finally:
            await sink.close()

    asyncio.run(again())


def deliver_and_die() -> None:
    """The process that is killed: delivers, and is gone before anybody has heard of it."""
    order = json.load(sys.stdin)

    async def deliver() -> None:
        await open_sink(order["sink"], order["settings"]).deliver(trial_event("killed"), None, position(4))
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(deliver())
