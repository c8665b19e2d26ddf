"""What the contract asks of everything that reads pieces: ``normalise``, ``cut``, ``from_file``."""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from connectors._contract_input import QUICK_TRIES, READ_S_MAX, quickest_s, spoiled
from schemas.errors import Malformed
from schemas.letter import Content, MediaRef, NewFile, Raw

Letters = list[list[Raw]]

_USUAL = {"quiet_s": 0, "is_batch": False, "reading": ""}


def letters_of(raws: Sequence[Raw]) -> Letters:
    """The pieces of each letter, letters and pieces in order of arrival."""
    found: dict[tuple[str, str], list[Raw]] = {}
    for raw in raws:
        found.setdefault((raw.account, raw.letter_key), []).append(raw)
    return list(found.values())


class Reading:
    """How one connector class reads. Everything here runs in the worker when it is in earnest."""

    def __init__(self, connector_class: type[Any]) -> None:
        self._class = connector_class

    # --- what comes of pieces ------------------------------------------------------------------------------------

    def outcome(self, raws: Sequence[Raw]) -> dict[str, Any]:
        """The first letter's content, ``more`` for those after it; of a batch, what was cut from it."""
        if not raws:
            return {}
        if raws[0].is_batch:
            return self._cut_outcome(raws[0])
        first, *more = [self._content(pieces) for pieces in letters_of(raws)]
        return first | ({"more": more} if more else {})

    def _content(self, pieces: Sequence[Raw]) -> dict[str, Any]:
        try:
            content: Content = self._class.normalise(pieces)
        except Malformed as error:
            return {"malformed": type(error).__name__}
        shown = content.model_dump(mode="json", exclude_defaults=True, exclude={"attachments"})
        files = [_file(found) for found in content.attachments]
        return {"content": shown | ({"attachments": files} if files else {})}

    def _cut_outcome(self, batch: Raw) -> dict[str, Any]:
        try:
            pieces = list(self._class.cut(batch))
        except Malformed as error:
            return {"malformed": type(error).__name__}
        return {
            "cut": [shown(raw) for raw in pieces],
            "letters": [self._content(p) for p in letters_of(pieces)],
        }

    def refs(self, raws: Sequence[Raw]) -> list[str]:
        """The peer's names of files that it still holds."""
        found: list[str] = []
        for pieces in letters_of([raw for raw in raws if not raw.is_batch]):
            with contextlib.suppress(Malformed):
                content: Content = self._class.normalise(pieces)
                found += [one.ref for one in content.attachments if isinstance(one, MediaRef)]
        return found

    # --- rules ---------------------------------------------------------------------------------------------------

    def rules(self, raws: Sequence[Raw]) -> Iterator[tuple[str, str]]:
        """What the pieces of one request or story break."""
        for raw in raws:
            if raw.is_batch:
                yield from (("cut", detail) for detail in self._cut_rules(raw))
        for pieces in letters_of([raw for raw in raws if not raw.is_batch]):
            yield from (("pieces", detail) for detail in _numbered(pieces))
            yield from (("content", detail) for detail in self.reads(pieces))
            yield from (("pieces", detail) for detail in self._grows(pieces))
            slow = quickest_s(lambda pieces=pieces: self._content(pieces), READ_S_MAX)  # type: ignore[misc]
            if slow > READ_S_MAX:
                yield "loop", f"normalise() took {slow:.1f} s in the quickest of {QUICK_TRIES} tries"

    def reads(self, pieces: Sequence[Raw]) -> Iterator[str]:
        """What is wrong with how *pieces* are read."""
        try:
            content = self._class.normalise(pieces)
        except Malformed:
            return
        except Exception as error:
            yield f"normalise() raised {type(error).__name__}, which is not Malformed"
            return
        if type(content) is not Content:
            yield f"normalise() gave {type(content).__name__}"
            return
        if self._class.normalise(pieces) != content:
            yield "normalise() gives something else the second time"
        try:
            Content.model_validate_json(content.model_dump_json())
        except (ValidationError, ValueError) as error:
            yield f"its content does not survive JSON: {type(error).__name__}"
        if "\x00" in repr(content.model_dump(exclude={"attachments"})).replace("\\x00", "\x00"):
            yield "NUL stands in its content"

    def survives(self, raws: Sequence[Raw]) -> Iterator[str]:
        """What is wrong with how pieces of strange bytes are read: Malformed or a content, nothing else."""
        for raw in raws:
            if raw.is_batch:
                yield from self._cuts_or_malformed(raw)
        for pieces in letters_of([raw for raw in raws if not raw.is_batch]):
            yield from self.reads(pieces)

    def _grows(self, pieces: Sequence[Raw]) -> Iterator[str]:
        """A letter of open length goes on when nothing came for a while: its beginning must be readable too."""
        if pieces[0].pieces == 0:
            for count in range(1, len(pieces)):
                yield from (f"its first {count} piece(s) alone: {d}" for d in self.reads(pieces[:count]))

    def _cut_rules(self, batch: Raw) -> Iterator[str]:
        if not hasattr(self._class, "cut"):
            yield "it hands in a batch and has no cut()"
            return
        yield from self._cuts_or_malformed(batch)
        for number, changed in enumerate(spoiled(_bytes(batch))):
            spoilt = batch.model_copy(update={"body": changed})
            yield from (f"spoiled {number}: {detail}" for detail in self._cuts_or_malformed(spoilt))

    def _cuts_or_malformed(self, batch: Raw) -> Iterator[str]:
        try:
            pieces = list(self._class.cut(batch))
        except Malformed:
            return
        except Exception as error:
            yield f"cut() raised {type(error).__name__}, which is not Malformed"
            return
        if list(self._class.cut(batch)) != pieces:
            yield "cut() gives other pieces the second time"
        if any(piece.is_batch for piece in pieces):
            yield "a batch was cut from a batch"
            return
        if not pieces:
            yield "cut() gives no piece and no Malformed: the sender would hear yes for nothing"
        for letter in letters_of(pieces):
            wrong = list(self.reads(letter))
            yield from wrong
            if not wrong and not self._names_its_line(letter):
                yield "a bad row is Malformed without its line"

    def _names_its_line(self, letter: Sequence[Raw]) -> bool:
        try:
            self._class.normalise(letter)
        except Malformed as error:
            return re.search(r"\d", str(error)) is not None
        return True

    # --- files of payloads ---------------------------------------------------------------------------------------

    def file(self, payload: bytes, name: str, options: Mapping[str, str]) -> dict[str, Any]:
        """The outcome of a payload that is read through ``from_file``."""
        try:
            raws = list(self._class.from_file(payload, name, options))
        except Malformed as error:
            return {"malformed": type(error).__name__, "why": str(error)}
        return {"pieces": [shown(raw) for raw in raws]} | self.outcome(raws)

    def file_rules(self, payload: bytes, name: str, options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """What ``from_file`` breaks, over the payload and spoiled ones."""
        for number, changed in enumerate((payload, *spoiled(payload))):
            try:
                raws = list(self._class.from_file(changed, name, options))
            except Malformed:
                continue
            except Exception as error:
                yield (
                    "errors",
                    f"spoiled {number}: from_file() raised {type(error).__name__}, which is not Malformed",
                )
                continue
            if number == 0:
                yield from self.rules(raws)
            else:
                yield from (("errors", f"spoiled {number}: {detail}") for detail in self.survives(raws))


def shown(raw: Raw) -> dict[str, Any]:
    """A piece as an expected file holds it."""
    said = raw.model_dump(mode="json", exclude={"body", "files", "received_at"})
    usual: dict[str, Any] = without_usual(said)
    return usual | {"files": len(raw.files)}


def without_usual(outcome: Any) -> Any:
    """*outcome* without what nearly every piece has: it is no batch, waits for nothing, needs nothing of the settings."""
    if isinstance(outcome, dict):
        return {
            name: without_usual(value)
            for name, value in outcome.items()
            if not (name in _USUAL and value == _USUAL[name])
        }
    if isinstance(outcome, list):
        return [without_usual(value) for value in outcome]
    return outcome


def lost(expected: Any, outcome: Any, path: str = "") -> Iterator[str]:
    """The fields that stand in *expected* and are missing or empty in *outcome*."""
    if isinstance(expected, dict):
        there = outcome if isinstance(outcome, dict) else {}
        for name, value in expected.items():
            yield from lost(value, there.get(name), f"{path}.{name}" if path else name)
    elif isinstance(expected, list):
        there_too = outcome if isinstance(outcome, list) else []
        for number, value in enumerate(expected):
            yield from lost(
                value, there_too[number] if number < len(there_too) else None, f"{path}[{number}]"
            )
    elif expected not in (None, "", outcome) and outcome in (None, ""):
        yield path


def _numbered(pieces: Sequence[Raw]) -> Iterator[str]:
    said = {raw.pieces for raw in pieces}
    if len(said) > 1:
        yield f"the pieces of one letter say it has {sorted(said)} pieces"
    elif said != {0} and any(raw.piece_no > raw.pieces for raw in pieces):
        yield "a piece's number is larger than the number of pieces"
    if len({raw.conversation for raw in pieces}) > 1:
        yield "the pieces of one letter stand in several conversations: their order is lost"


def _bytes(raw: Raw) -> bytes:
    return raw.body if isinstance(raw.body, bytes) else b""


def _file(found: Any) -> dict[str, Any]:
    named = {"name": found.name, "media_type": found.media_type}
    match found:
        case MediaRef():
            return named | {"ref": found.ref}
        case NewFile():
            return named | {"size_bytes": len(found.content)}
        case _:
            return named | {"size_bytes": found.size_bytes}
