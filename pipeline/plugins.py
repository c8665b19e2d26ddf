"""Plug-ins are met by entry point only; ours have no privilege."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from schemas.ports import Connector, Sink

Group = Literal["xinshu.connectors", "xinshu.sinks"]


class UnknownPlugin(LookupError):
    """No installed package offers a plug-in of this name."""


def installed(group: Group) -> dict[str, EntryPoint]:
    """The plug-ins installed here, by name."""
    return {point.name: point for point in entry_points(group=group)}


def _load(group: Group, name: str) -> Any:
    points = installed(group)
    if name not in points:
        message = (
            f"no plug-in {name!r} is installed for {group}; there are: {', '.join(sorted(points)) or 'none'}"
        )
        raise UnknownPlugin(message)
    return points[name].load()


def connector_class(channel: str) -> type[Connector]:
    """The class of a channel. Raises UnknownPlugin."""
    found: type[Connector] = _load("xinshu.connectors", channel)
    if found.channel != channel:
        message = f"the plug-in {channel!r} calls its channel {found.channel!r}: both must be the same word"
        raise UnknownPlugin(message)
    return found


def sink_class(kind: str) -> type[Sink]:
    """The class of a kind of sink. Raises UnknownPlugin."""
    found: type[Sink] = _load("xinshu.sinks", kind)
    return found
