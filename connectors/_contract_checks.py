"""The examination behind ``connectors.contract``: runs one connector over its cases and over spoiled ones."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from connectors._contract_input import (
    AGAIN,
    AT,
    CANARY,
    NONCE,
    ONE,
    OTHER,
    PAUSE_S_MAX,
    QUICK_TRIES,
    STRANGE,
    Story,
    every_error,
    expected_of,
    piece,
    quickest_s,
    secrets_in,
    spoiled,
    spoiled_heads,
)
from connectors._contract_reading import Reading, lost, shown, without_usual
from connectors._http_case import head_of, read_case, split
from schemas.errors import Malformed, XinshuError
from schemas.letter import Raw, Registered, RegisteredConflict
from schemas.ports import ConnectorSettings, Reception, Request, Response


class Examination:
    """One connector class under its settings."""

    def __init__(self, connector_class: type[Any], settings: ConnectorSettings) -> None:
        self._class = connector_class
        self._settings = settings
        self._connector: Any = connector_class(settings)
        self._reading = Reading(connector_class)
        self._secrets = [secret for secret in secrets_in(settings) if secret]

    def secrets(self) -> Iterator[str]:
        """Secrets shown where they must not be."""
        shown = (
            repr(self._settings),
            str(self._settings),
            self._settings.model_dump_json(),
            repr(self._connector),
        )
        if any(secret in text for secret in self._secrets for text in shown):
            yield "a secret stands in repr() or JSON of the settings or the connector"

    def strange_requests(self) -> Iterator[str]:
        """Requests nobody meant."""
        if hasattr(self._connector, "receive"):
            for case in STRANGE:
                request = read_case(case, received_at=AT, nonce=NONCE)
                yield from self._survives(request, f"{request.method} {request.path}")

    def refusals(self) -> Iterator[str]:
        """What refuse() says to every error."""
        if hasattr(self._connector, "refuse"):
            request = head_of(b"POST /", received_at=AT, nonce=NONCE)
            for error in every_error():
                yield from self._refusal(request, error, type(error).__name__)

    def story(self, story: Story) -> Iterator[tuple[str, str]]:
        """Rules that this story breaks."""
        try:
            yield from self._told(story)
        except Exception as error:
            yield "errors", f"raised {type(error).__name__}, which is not one of ours"

    def _told(self, story: Story) -> Iterator[tuple[str, str]]:
        outcome = self.outcome(story)
        yield from as_expected(story, outcome)
        if self.outcome(story, fresh=True) != outcome:
            yield "repeatable", "a second time it comes to something else"
        payload = story.path.read_bytes()
        if story.is_request:
            yield from self._request_rules(payload)
        elif story.options is not None:
            yield from self._reading.file_rules(payload, story.path.name, story.options)
        else:
            for number, changed in enumerate(spoiled(payload)):
                strange = self._reading.survives((piece(changed),))
                yield from (("errors", f"spoiled {number}: {detail}") for detail in strange)
            yield from self._reading.rules((piece(payload),))

    def outcome(self, story: Story, *, fresh: bool = False) -> dict[str, Any]:
        """What comes of a story, as its expected file holds it."""
        connector = self._class(self._settings) if fresh else self._connector
        case = story.path.read_bytes()
        if story.options is not None:
            return self._reading.file(case, story.path.name, story.options)
        if not story.is_request:
            return self._reading.outcome((piece(case),))
        request = head_of(split(case)[0], received_at=AT, nonce=NONCE)
        try:
            request = read_case(case, received_at=AT, nonce=NONCE)
            reception = connector.receive(request)
        except XinshuError as error:
            refusal = connector.refuse(request, error)
            return {"refused": type(error).__name__, "why": str(error), "status": refusal.status}
        raws: tuple[Raw, ...] = reception.raws
        answer = reception.answer(tuple(ONE for _ in raws))
        return {"status": answer.status, "pieces": [shown(raw) for raw in raws]} | self._reading.outcome(raws)

    def _request_rules(self, case: bytes) -> Iterator[tuple[str, str]]:
        head, body = split(case)
        for number, changed in enumerate(spoiled(body)):
            place = f"spoiled {number}"
            try:
                request = read_case(head + b"\r\n\r\n" + changed, received_at=AT, nonce=NONCE)
            except Malformed as error:
                request = head_of(head, received_at=AT, nonce=NONCE)
                yield from (("errors", d) for d in self._refusal(request, error, place))
                continue
            yield from (("errors", d) for d in self._survives(request, place))
        for number, changed in enumerate(spoiled_heads(head)):
            request = read_case(changed + b"\r\n\r\n" + body, received_at=AT, nonce=NONCE)
            yield from (("errors", d) for d in self._survives(request, f"spoiled head {number}"))
        try:
            request = read_case(head + b"\r\n\r\n" + body, received_at=AT, nonce=NONCE)
            reception = self._connector.receive(request)
        except XinshuError:
            return
        if reception.raws:
            yield from self._accepted(request, reception)

    def _accepted(self, request: Request, reception: Reception) -> Iterator[tuple[str, str]]:
        raws = reception.raws
        if self._class(self._settings).receive(request).raws != raws:
            yield "repeatable", "the same request gives other pieces"
        later = replace(request, received_at=AT.replace(hour=9), nonce=NONCE[::-1])
        if request.form_value("token") and [r.external_id for r in self._connector.receive(later).raws] != [
            r.external_id for r in raws
        ]:
            yield "repeatable", "sent again later, the same form has another key"
        one = reception.answer(tuple(ONE for _ in raws))
        if reception.answer(tuple(ONE for _ in raws)) != one:
            yield "repeatable", "the same registration is answered in two ways"
        said = _digits(reception.answer(tuple(OTHER for _ in raws)))
        if ONE.number in said or (ONE.number in _digits(one)) != (OTHER.number in said):
            yield "answer", "the number in the answer is not the one that was registered"
        reception.answer(tuple(AGAIN for _ in raws))
        if any(raw.on_conflict == "refuse" for raw in raws):
            conflict: tuple[Registered, ...] = tuple(RegisteredConflict() for _ in raws)
            if _same(reception.answer(conflict), one) or reception.answer(conflict).status < 300:
                yield "answer", "a conflict is answered like a yes"
        for error in every_error():
            yield from (("words", d) for d in self._refusal(request, error, type(error).__name__, yes=one))
        if any(secret in one.body.decode("utf-8", "replace") + repr(one.headers) for secret in self._secrets):
            yield "secret", "the answer tells a secret"
        slow = quickest_s(
            lambda: self._connector.receive(request).answer(tuple(ONE for _ in raws)), PAUSE_S_MAX
        )
        if slow > PAUSE_S_MAX:
            yield (
                "loop",
                f"receive() kept the event loop for {slow:.2f} s in the quickest of {QUICK_TRIES} tries",
            )
        yield from self._reading.rules(raws)

    def _survives(self, request: Request, place: str) -> Iterator[str]:
        try:
            reception = self._connector.receive(request)
        except XinshuError as error:
            yield from self._refusal(request, error, place)
        except Exception as error:
            yield f"{place}: receive() raised {type(error).__name__}"
        else:
            if inspect.isawaitable(reception):
                yield f"{place}: receive() must be a plain function"
            elif reception.raws:
                yield from self._reading.survives(reception.raws)

    def _refusal(
        self, request: Request, error: Exception, place: str, *, yes: Response | None = None
    ) -> Iterator[str]:
        try:
            response = self._connector.refuse(request, error)
        except Exception as fault:
            yield f"{place}: refuse() raised {type(fault).__name__}"
            return
        if yes is not None and _same(response, yes):
            yield f"{place} is answered like a yes"
        text = response.body.decode("utf-8", "replace") + repr(response.headers)
        if CANARY in text:
            yield f"{place}: refuse() quotes the exception"
        if any(secret in text for secret in self._secrets):
            yield f"{place}: refuse() tells a secret"


def as_expected(story: Story, outcome: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Whether *outcome* is what the story's expected file says."""
    path = expected_of(story)
    if not path.exists():
        yield "golden", f"{path.name} is missing: have it written (connector check --record) and read it"
        return
    expected = without_usual(json.loads(path.read_text("utf-8")))
    found = without_usual(json.loads(json.dumps(outcome)))
    if expected != found:
        yield from (
            ("drops", f"{field} stands in {path.name} and is lost") for field in lost(expected, found)
        )
        yield "golden", f"not as {path.name} says, but {json.dumps(outcome, ensure_ascii=False)[:2000]}"


def _digits(response: Response) -> str:
    return re.sub(r"[^0-9a-z]", "", response.body.decode("utf-8", "replace"))


def _same(one: Response, other: Response) -> bool:
    return (one.status, one.body) == (other.status, other.body)
