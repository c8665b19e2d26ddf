"""What every channel must keep, ours and strangers', as one call:

    from xinshu import check_connector

    def test_kiosk() -> None:
        check_connector(Kiosk, Kiosk.Settings(accounts=…), Path(__file__).parent / "cases")

A new case is a file, not a function. In ``cases``, ``<story>.http`` is a whole HTTP request to a webhook,
``<story>.peer`` is what a listener's peer answers when it is asked (``_contract_peer``), and any other ending is a
payload that ``normalise`` reads as one piece, or ``from_file`` where ``<story>.options.json`` stands beside it.
``<story>.expected.json`` holds what must come of it; ``record_expected`` writes those that are missing, for a person to
read before they are kept. ``settings.json`` may hold the settings table, ``peer.py`` a peer that speaks no HTTP: it
plays the first five payloads.

Every rule has a name; a broken contract lists them all:

    name        channel, folder and entry point are one word
    secret      no secret in repr() of the settings or the connector, nor in any answer
    golden      a case gives what its expected file says
    drops       a field that stands in the expected file is lost
    repeatable  the same request gives the same keys, bytes and answer: no chance, no clock
    errors      cut, changed and empty input raises only our errors; refuse() never raises; listen() never ends
    words       a refusal never quotes an exception and never looks like a yes
    answer      the answer tells the number it was given and no other; a conflict is no yes
    accept      a listener's peer hears yes after accept returned, only then, and only for what was stored
    loop        nothing keeps the door's event loop from everything else; normalise() is quick
    stops       a listener that is cancelled ends
    pieces      the pieces of one letter fit together; the beginning of an open letter can be read
    cut         a batch is cut the same way each time, into no batches, raising Malformed only; a bad row names its line
    content     normalise() gives the same Content each time, clean text that JSON can hold
"""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from connectors._contract_checks import Examination
from connectors._contract_input import Story, expected_of, stories
from connectors._contract_listening import Listening
from connectors._contract_peer import HttpPeer, leads_to_peer, peer_class
from schemas.ports import ConnectorSettings

PAYLOADS_PLAYED_MAX = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: where it was seen, and how."""

    rule: str
    story: str
    detail: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.story}: {self.detail}"


class ContractBroken(AssertionError):
    """The connector does not keep its contract; ``findings`` says where."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


def check_connector(
    connector_class: type[Any], settings: ConnectorSettings, cases: Path, *, played_in: str = ""
) -> None:
    """Raises ContractBroken with every finding; a folder without a single case is one.

    A listener must be played: by ``.peer`` cases, by ``cases/peer.py``, or by a test of its own that *played_in* names.
    """
    findings = list(examine(connector_class, settings, cases, played_in=played_in))
    if findings:
        raise ContractBroken(findings)


def examine(
    connector_class: type[Any], settings: ConnectorSettings, cases: Path, *, played_in: str = ""
) -> Iterator[Finding]:
    """The findings, in the order of the rules."""
    yield from (Finding("name", "class", detail) for detail in _names(connector_class))
    examination = Examination(connector_class, settings)
    found = list(stories(cases))
    if not found:
        yield Finding("golden", str(cases), "there is no case")
    checks: dict[str, Callable[..., Iterator[str]]] = {
        "secret": examination.secrets, "errors": examination.strange_requests, "words": examination.refusals,
    }  # fmt: skip
    for rule, check in checks.items():
        yield from (Finding(rule, "connector", detail) for detail in check())
    for story in found:
        if not story.is_peer:
            yield from (Finding(rule, story.name, detail) for rule, detail in examination.story(story))
    if hasattr(connector_class, "listen"):
        yield from _listening(connector_class, settings, cases, found, played_in)


def _listening(
    connector_class: type[Any], settings: ConnectorSettings, cases: Path, found: list[Story], played_in: str
) -> Iterator[Finding]:
    peer = peer_class(cases)
    payloads = [story for story in found if not story.is_peer and not story.is_request][:PAYLOADS_PLAYED_MAX]
    payloads = payloads if peer else []
    asked = [story for story in found if story.is_peer]
    if not payloads and not asked and not played_in:
        yield Finding("accept", "connector", "no case plays its peer: write a .peer case, or cases/peer.py")
    if asked and not leads_to_peer(settings):
        yield Finding(
            "accept", "connector", "no setting leads to http://peer.invalid: the .peer cases are not played"
        )
        asked = []
    for played, kind in ((payloads, peer or HttpPeer), (asked, HttpPeer)):
        listening = Listening(connector_class, settings, kind)
        for number, story in enumerate(played):
            broken = listening.story(story, thorough=number == 0)
            yield from (Finding(rule, story.name, detail) for rule, detail in broken)
        if played and not listening.handed_in:
            yield Finding("accept", "connector", "all cases were played and not one letter was handed in")


def record_expected(connector_class: type[Any], settings: ConnectorSettings, cases: Path) -> list[Path]:
    """Write the expected files that are missing. Read them before you keep them."""
    examination, listening = Examination(connector_class, settings), Listening(connector_class, settings)
    written = []
    for story in stories(cases):
        path = expected_of(story)
        if not path.exists():
            found = listening.outcome(story) if story.is_peer else examination.outcome(story)
            path.write_text(
                json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
            )
            written.append(path)
    return written


def _names(connector_class: type[Any]) -> Iterator[str]:
    channel = getattr(connector_class, "channel", None)
    if not isinstance(channel, str):
        yield "it has no channel"
        return
    module = connector_class.__module__
    if module.startswith("connectors.") and module.split(".")[1] != channel:
        yield f"the folder {module.split('.')[1]!r} and the channel {channel!r} differ"
    points = [
        p
        for p in entry_points(group="xinshu.connectors")
        if p.value.rpartition(":")[2] == connector_class.__name__
    ]
    yield from (
        f"the entry point {p.name!r} and the channel {channel!r} differ"
        for p in points
        if p.name != channel and p.load() is connector_class
    )
    if not inspect.getdoc(inspect.getmodule(connector_class)):
        yield "its module has no docstring: that is the operator's manual"
    if not (hasattr(connector_class, "receive") or hasattr(connector_class, "listen")):
        yield "it neither receives nor listens"
