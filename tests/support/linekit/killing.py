"""Kills processes of a line, one after the other, while something else goes on."""

import asyncio
import random
import threading
from typing import Self

from linekit.finding import wait_until
from linekit.line import Line
from pipeline.kafka.broker import answers

VICTIMS = ("door", "worker", "desk", "delivery", "register", "broker")
PAUSE_S = 1.5
BACK_S_MAX = 60.0


class Killer:
    """kill -9, *kills* times: each kind once, then by chance. The block's end waits until all of them are back."""

    def __init__(self, line: Line, chance: random.Random, kills: int) -> None:
        self._line = line
        victims = [*VICTIMS, *chance.choices(VICTIMS, k=max(0, kills - len(VICTIMS)))]
        chance.shuffle(victims)
        self._victims = victims[:kills]
        self._stopped = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self.killed: list[str] = []

    def _run(self) -> None:
        try:
            for victim in self._victims:
                if self._stopped.wait(PAUSE_S):
                    return
                if victim == "worker" and victim not in self._line.processes():
                    continue  # it is started when there is something to read
                self._line.wait_process(victim, BACK_S_MAX)
                self._line.kill(victim)
                self.killed.append(victim)
            for victim in set(self._victims) - {"worker"}:
                self._line.wait_process(victim, BACK_S_MAX)
            wait_until(lambda: asyncio.run(answers(self._line.bootstrap)), BACK_S_MAX, "the broker answers")
        except BaseException as fault:
            self._fault = fault

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stopped.set()
        self._thread.join((PAUSE_S + BACK_S_MAX) * len(self._victims))
        if self._fault is not None and kind is None:
            raise AssertionError("killing failed") from self._fault
