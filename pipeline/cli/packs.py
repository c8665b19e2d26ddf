"""A rule pack named on the command line: one that comes with Xinshu, or a file."""

from pathlib import Path

from pipeline.policies.model import BadPack, Policy, names, own_pack, packaged
from pipeline.trouble import Trouble


def pack_of(said: str, source: Path | None = None) -> Policy:
    """The pack of that name or, where *said* ends in ``.yaml``, in that file. *source*: the text its quotes must stand in.

    Raises Trouble.
    """
    try:
        if said.endswith(".yaml"):
            return own_pack(_text(Path(said)), Path(said).name, _text(source) if source else None)
        if said not in names():
            raise Trouble("policy.unknown", policy=said, there="、".join(names()))
        return packaged(said)
    except BadPack as error:
        raise Trouble("policy.wrong", reason=str(error)) from None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise Trouble("file.none", path=file) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble("file.unreadable", path=file, reason=str(error)) from None
