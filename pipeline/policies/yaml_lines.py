"""YAML read into a checked model; whatever is wrong becomes one plain line with file, line number and reason."""

from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import override


class BadPack(ValueError):
    """A rule pack that cannot be used: one plain line with file, line number and reason."""


class Part(BaseModel):
    """What every table of a pack is made of: frozen, and an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


T = TypeVar("T", bound=BaseModel)


class Lines:
    """Where the values of a YAML text stand. *name* is what an error calls the file."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            loader = _Loader(text)
            self._node = loader.get_single_node()
            self._value = loader.construct_document(self._node) if self._node is not None else None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            problem = getattr(error, "problem", None) or "unreadable"
            raise BadPack(f"{name}:{line}: not YAML: {problem}") from None
        except RecursionError:
            raise BadPack(f"{name}:1: nested too deeply") from None
        except ValueError as error:
            raise BadPack(f"{name}:1: {error}") from None
        self._refuse_twice(self._node)

    def read(self, model: type[T]) -> T:
        """The value as *model*, or BadPack."""
        try:
            return model.model_validate(self._value)
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)
            # A misspelt key is both missing and unknown: the unknown one has a line.
            first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
            reason = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
            raise self.bad(first["loc"], reason) from None

    def _refuse_twice(self, node: Any) -> None:
        """YAML would take the last of two equal keys, and nobody would know."""
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, inner in node.value:
                if key.value in keys:
                    raise BadPack(
                        f"{self.name}:{key.start_mark.line + 1}: {key.value}: this key stands twice"
                    )
                keys.add(key.value)
                self._refuse_twice(inner)
        elif isinstance(node, yaml.SequenceNode):
            for inner in node.value:
                self._refuse_twice(inner)

    def bad(self, place: tuple[int | str, ...], reason: str) -> BadPack:
        """The error about the value at *place*."""
        where = ".".join(map(str, place)) or "the whole file"
        return BadPack(f"{self.name}:{self.line(place)}: {where}: {reason}")

    def line(self, place: tuple[int | str, ...]) -> int:
        """The line of the deepest node that *place* names."""
        node: Any = self._node
        line: int = node.start_mark.line + 1 if node is not None else 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                break
        return line


class _Loader(yaml.SafeLoader):
    """Dates stay text: a day and a span of days are read by the same rule. No anchors, no tags: a pack says what it says."""

    @override
    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it untyped
        if (
            isinstance(event, yaml.AliasEvent)
            or getattr(event, "anchor", None)
            or getattr(event, "tag", None)
        ):
            problem = "anchors, aliases and tags are not used here"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
