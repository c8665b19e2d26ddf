"""What every channel must keep, ours and strangers', as one call:

    from xinshu import check_connector

    def test_kiosk() -> None:
        check_connector(Kiosk, Kiosk.Settings(accounts=…), Path(__file__).parent / "cases")

A new case is a file, not a function. ``cases/<story>.http`` is a whole HTTP request to a webhook; any other ending is
a payload that ``normalise`` reads as one piece. ``<story>.expected.json`` beside it holds what must come of it;
``record_expected`` writes those that are missing, for a person to read before they are kept.

Every rule has a name; a broken contract lists them all:

    name        channel, folder and entry point are one word
    secret      no secret in repr() of the settings or the connector, nor in any answer
    golden      a case gives what its expected file says
    repeatable  the same request gives the same keys, bytes and answer: no chance, no clock
    errors      cut, changed and empty input raises only our errors; refuse() never raises
    words       a refusal never quotes an exception and never looks like a yes
    answer      the answer tells the number it was given and no other; a conflict is no yes
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
from connectors._contract_input import expected_of, stories
from schemas.ports import ConnectorSettings


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


def check_connector(connector_class: type[Any], settings: ConnectorSettings, cases: Path) -> None:
    """Raises ContractBroken with every finding; a folder without a single case is one."""
    findings = list(examine(connector_class, settings, cases))
    if findings:
        raise ContractBroken(findings)


def examine(connector_class: type[Any], settings: ConnectorSettings, cases: Path) -> Iterator[Finding]:
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
        for rule, detail in examination.story(story):
            yield Finding(rule, story.name, detail)


def record_expected(connector_class: type[Any], settings: ConnectorSettings, cases: Path) -> list[Path]:
    """Write the expected files that are missing. Read them before you keep them."""
    examination, written = Examination(connector_class, settings), []
    for story in stories(cases):
        path = expected_of(story)
        if not path.exists():
            outcome = json.dumps(examination.outcome(story), ensure_ascii=False, indent=1, sort_keys=True)
            path.write_text(outcome + "\n", encoding="utf-8")
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
