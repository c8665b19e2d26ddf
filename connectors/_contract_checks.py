"""The examination behind ``connectors.contract``: runs one connector over its cases and over spoiled ones."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from connectors._contract_input import (
    AGAIN,
    AT,
    CANARY,
    NONCE,
    ONE,
    OTHER,
    STRANGE,
    Story,
    every_error,
    expected_of,
    piece,
    secrets_in,
    spoiled,
)
from connectors._http_case import head_of, read_case, split
from schemas.errors import Malformed, XinshuError
from schemas.letter import Content, MediaRef, NewFile, Raw, Registered, RegisteredConflict
from schemas.ports import ConnectorSettings, Reception, Request, Response


class Examination:
    """One connector class under its settings."""

    def __init__(self, connector_class: type[Any], settings: ConnectorSettings) -> None:
        self._class = connector_class
        self._settings = settings
        self._connector: Any = connector_class(settings)
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
        path = expected_of(story)
        outcome = self.outcome(story)
        if not path.exists():
            yield "golden", f"{path.name} is missing: call record_expected and read what it wrote"
        elif json.loads(path.read_text("utf-8")) != json.loads(json.dumps(outcome)):
            yield "golden", f"not as {path.name} says, but {json.dumps(outcome, ensure_ascii=False)[:2000]}"
        if self.outcome(story, fresh=True) != outcome:
            yield "repeatable", "a second time it comes to something else"
        if story.is_request:
            yield from self._request_rules(story)
        else:
            payload = story.path.read_bytes()
            for number, changed in enumerate(spoiled(payload)):
                yield from (("errors", f"spoiled {number}: {d}") for d in self._reads((piece(changed),)))
            yield from (("content", d) for d in self._reads((piece(payload),)))

    def outcome(self, story: Story, *, fresh: bool = False) -> dict[str, Any]:
        """What comes of a story, as its expected file holds it."""
        connector = self._class(self._settings) if fresh else self._connector
        if not story.is_request:
            return _normalised(connector, (piece(story.path.read_bytes()),))
        case = story.path.read_bytes()
        request = head_of(split(case)[0], received_at=AT, nonce=NONCE)
        try:
            request = read_case(case, received_at=AT, nonce=NONCE)
            reception = connector.receive(request)
        except XinshuError as error:
            refusal = connector.refuse(request, error)
            return {"refused": type(error).__name__, "why": str(error), "status": refusal.status}
        raws: tuple[Raw, ...] = reception.raws
        answer = reception.answer(tuple(ONE for _ in raws))
        outcome: dict[str, Any] = {"status": answer.status, "pieces": [_shown(raw) for raw in raws]}
        if raws:
            outcome |= _normalised(connector, [raw for raw in raws if raw.letter_key == raws[0].letter_key])
        return outcome

    def _request_rules(self, story: Story) -> Iterator[tuple[str, str]]:
        head, body = split(story.path.read_bytes())
        for number, changed in enumerate(spoiled(body)):
            place = f"spoiled {number}"
            try:
                request = read_case(head + b"\r\n\r\n" + changed, received_at=AT, nonce=NONCE)
            except Malformed as error:
                request = head_of(head, received_at=AT, nonce=NONCE)
                yield from (("errors", d) for d in self._refusal(request, error, place))
                continue
            yield from (("errors", d) for d in self._survives(request, place))
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
        yield from (
            ("content", d) for d in self._reads([r for r in raws if r.letter_key == raws[0].letter_key])
        )

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
                yield from self._reads(
                    [r for r in reception.raws if r.letter_key == reception.raws[0].letter_key]
                )

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

    def _reads(self, pieces: Sequence[Raw]) -> Iterator[str]:
        normalise: Callable[[Sequence[Raw]], Content] = self._connector.normalise
        try:
            content = normalise(pieces)
        except Malformed:
            return
        except Exception as error:
            yield f"normalise() raised {type(error).__name__}, which is not Malformed"
            return
        if type(content) is not Content:
            yield f"normalise() gave {type(content).__name__}"
            return
        if normalise(pieces) != content:
            yield "normalise() gives something else the second time"
        try:
            Content.model_validate_json(content.model_dump_json())
        except (ValidationError, ValueError) as error:
            yield f"its content does not survive JSON: {type(error).__name__}"
        if "\x00" in repr(content.model_dump(exclude={"attachments"})).replace("\\x00", "\x00"):
            yield "NUL stands in its content"


def _normalised(connector: Any, pieces: Sequence[Raw]) -> dict[str, Any]:
    try:
        content: Content = connector.normalise(pieces)
    except Malformed as error:
        return {"malformed": type(error).__name__}
    shown = content.model_dump(mode="json", exclude_defaults=True, exclude={"attachments"})
    files = [_file(found) for found in content.attachments]
    return {"content": shown | ({"attachments": files} if files else {})}


def _file(found: Any) -> dict[str, Any]:
    if isinstance(found, MediaRef):
        return {"name": found.name, "media_type": found.media_type, "ref": found.ref}
    size = len(found.content) if isinstance(found, NewFile) else found.size_bytes
    return {"name": found.name, "media_type": found.media_type, "size_bytes": size}


def _shown(raw: Raw) -> dict[str, Any]:
    shown = raw.model_dump(mode="json", exclude={"body", "files", "received_at"})
    return shown | {"files": len(raw.files)}


def _digits(response: Response) -> str:
    return re.sub(r"[^0-9a-z]", "", response.body.decode("utf-8", "replace"))


def _same(one: Response, other: Response) -> bool:
    return (one.status, one.body) == (other.status, other.body)
