"""Writes a new channel's package: the templates under ``scaffold``, with the name put in."""

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from pipeline.plugins import installed
from pipeline.trouble import Trouble

Shape = Literal["webhook", "poll"]

_ENDING = ".template"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}\Z")


def write_package(name: str, shape: Shape, into: Path) -> Path:
    """The folder ``xinshu-<name>`` in *into*. Raises Trouble where the name or the folder is taken."""
    if not _NAME.match(name) or keyword.iskeyword(name) or name in installed("xinshu.connectors"):
        raise Trouble("channel.bad_name", name=name)
    folder = into / f"xinshu-{name.replace('_', '-')}"
    if folder.exists():
        raise Trouble("channel.folder_there", folder=folder)
    home = files("pipeline.cli").joinpath("scaffold")
    for part in ("common", shape):
        for path, template in _templates(home.joinpath(part)):
            target = folder / _named(path, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_named(template.read_text("utf-8"), name), encoding="utf-8")
    return folder


def _templates(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    for one in sorted(folder.iterdir(), key=lambda each: each.name):
        if one.is_dir():
            yield from _templates(one, f"{path}{one.name}/")
        elif one.name.endswith(_ENDING):
            yield path + one.name.removesuffix(_ENDING), one


def _named(text: str, name: str) -> str:
    camel = "".join(word.capitalize() for word in name.split("_"))
    dashed = text.replace("xinshu-kiosk", f"xinshu-{name.replace('_', '-')}")
    return dashed.replace("kiosk", name).replace("Kiosk", camel)
