"""Plug-ins are met by entry point only; ours have no privilege."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from schemas.ports import Connector, ConnectorSettings, Sink, SinkSettings

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


def contract_suite() -> Any:
    """The module of the channels' contract suite: a plug-in of ours, so that the line imports no channel's code."""
    (point,) = entry_points(group="xinshu.contract", name="connector")
    return point.load()


def connector_settings(connectors: Mapping[str, Mapping[str, Any]], channel: str) -> ConnectorSettings:
    """The table ``[connectors.<channel>]`` as the channel's own Settings. Raises UnknownPlugin, ValidationError."""
    return connector_class(channel).Settings.model_validate(connectors[channel])


def sink_kind(sinks: Mapping[str, Mapping[str, Any]], instance: str) -> str:
    """Which plug-in a sink instance uses: ``kind`` in ``[sinks.<instance>]``, else the instance's own name."""
    return str(sinks[instance].get("kind", instance))


def sink_settings(sinks: Mapping[str, Mapping[str, Any]], instance: str) -> SinkSettings:
    """The table ``[sinks.<instance>]`` without ``kind`` as the sink's own Settings. Raises as above."""
    table = {key: value for key, value in sinks[instance].items() if key != "kind"}
    return sink_class(sink_kind(sinks, instance)).Settings.model_validate(table)
