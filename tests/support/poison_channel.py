"""A channel whose letters do what they say: hang, eat memory, die, lie. For the parser worker's tests."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from xinshu import (
    Attachment,
    ConnectorSettings,
    Content,
    FileOption,
    FileRef,
    Malformed,
    MediaRef,
    NewFile,
    Raw,
    Sender,
)


class Poison:
    channel: ClassVar[str] = "poison"
    Settings: ClassVar[type[ConnectorSettings]] = ConnectorSettings

    file_options: ClassVar[tuple[FileOption, ...]] = (
        FileOption("as", "怎样读", "how to read", choices=("pieces", "batch", "fault")),
        FileOption("words", "加在每封信后面的话", "words for every letter", is_file=True),
    )

    @classmethod
    def from_file(cls, payload: bytes, name: str, options: Mapping[str, str]) -> Sequence[Raw]:
        """Lines of ``KEY PIECE_NO/PIECES BODY``, or the batch that they are; says which file it was."""
        whole = Raw(
            account="a", external_id=name, conversation="", letter_key=name, body=payload,
            received_at=datetime(2026, 11, 2, tzinfo=UTC),
        )  # fmt: skip
        match options.get("as", "pieces"):
            case "batch":
                return [whole.model_copy(update={"is_batch": True})]
            case "fault":
                raise ZeroDivisionError("a citizen's word")
            case _:
                pass
        raws = []
        for line in payload.decode().splitlines():
            if line.count(" ") < 2:
                raise Malformed("a line of another kind")
            key, place, body = line.split(" ", 2)
            piece_no, pieces = map(int, place.split("/"))
            changes = {"external_id": line, "letter_key": key, "piece_no": piece_no, "pieces": pieces}
            raws.append(
                whole.model_copy(update=changes | {"body": (body + options.get("words", "")).encode()})
            )
        return raws

    @staticmethod
    def cut(batch: Raw) -> Sequence[Raw]:
        """A line a letter, whose key it is; a first line "open" makes them letters of open length."""
        assert isinstance(batch.body, bytes)
        lines = batch.body.decode().splitlines()
        match lines[0].partition(":")[0]:
            case "hang":
                while True:
                    pass
            case "memory":
                return [batch] * len(bytearray(4 * 1024**3))
            case "die":
                os._exit(1)
            case "malformed":
                raise Malformed("no table")
            case "fault":
                raise ZeroDivisionError("a citizen's word")
            case "flood":
                return [batch.model_copy(update={"is_batch": False, "body": bytes(8 * 1024**2)})] * 40
            case _:
                pass
        changes: dict[str, Any] = {"is_batch": lines[0] == "nested", "pieces": 0 if lines[0] == "open" else 1}
        if lines[0] == "forged":
            changes["files"] = (FileRef(sha256="ab" * 32, size_bytes=3),)
        return [
            batch.model_copy(
                update={"external_id": line, "conversation": line, "letter_key": line, "body": line.encode()}
                | changes
            )
            for line in lines[lines[0] in ("open", "nested", "forged") :]
        ]

    @staticmethod
    def normalise(pieces: Sequence[Raw]) -> Content:
        body = b"+".join(piece.body for piece in pieces if isinstance(piece.body, bytes))
        match body.partition(b":")[0]:
            case b"hang":
                while True:
                    pass
            case b"memory":
                return Content(text=str(len(bytearray(4 * 1024**3))))
            case b"die":
                os._exit(1)
            case b"malformed":
                raise Malformed("the third line")
            case b"fault":
                raise ZeroDivisionError("a citizen's word")
            case b"file":
                new = NewFile(name="图.png", media_type="image/png", content=b"png" * 1000)
                return Content(text="with a file", attachments=(new,))
            case b"media":
                refs = body.removeprefix(b"media:").decode().replace("+media:", ",").split(",")
                held = tuple(MediaRef(ref=ref, name=f"{ref}.jpg", media_type="image/jpeg") for ref in refs)
                return Content(text="路灯坏了,照片见附件", attachments=held)
            case b"forged":
                stranger = Attachment(sha256="ab" * 32, size_bytes=3, name="x")
                return Content(text="forged", attachments=(stranger,))
            case b"environment":
                return Content(text=" ".join(sorted(os.environ)))
            case b"nul":
                return Content(text="a\x00b", sender=Sender(name="张\x00三"))
            case b"long":
                return Content(text="长" * 100_000)
            case _:
                return Content(text=body.decode(), sender=Sender(phone="13800001234"))
