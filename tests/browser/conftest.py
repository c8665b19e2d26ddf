"""One browser, one door and one tracking page for the tests of a module."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from backstory import Tale
from browserkit import browser_of
from hostkit import Running, running_host
from portalkit import Portal, code_of, tale

from pipeline.http_server import bound, serve


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_host(tmp_path_factory.mktemp("host")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(needs: Callable[[str], str]) -> Iterator[Any]:
    with browser_of(needs("chromium")) as browser:
        yield browser


@dataclass(frozen=True, slots=True)
class Tracking:
    """A tracking page at *url*, a letter that is being worked on, and one that was declined."""

    url: str
    one: Tale
    declined: Tale

    @property
    def code(self) -> str:
        return code_of(self.one)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    """In a thread of its own, where all of it lives: this one's loop belongs to the browser."""
    folder, one, declined, listener = (
        tmp_path_factory.mktemp("portal"),
        tale(1),
        tale(2),
        bound("127.0.0.1", 0, "port"),
    )
    stop = threading.Event()

    async def run() -> None:
        portal, stopped = Portal(folder, tries_per_number_max=200), asyncio.Event()
        portal.say(*one.whole(), one.noted("signed"), declined.letter(), declined.decided("out_of_scope"))
        serving = asyncio.create_task(serve(portal.app, listener, stop=stopped))
        await asyncio.to_thread(stop.wait)
        stopped.set()
        await serving
        await portal.http.aclose()
        portal.reader.close()
        portal.writer.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    thread.start()
    yield Tracking(url, one, declined)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
