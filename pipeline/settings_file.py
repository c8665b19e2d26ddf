"""Reads the settings: one TOML file, environment variables over it, secrets from where they are kept.

- ``XINSHU_DOOR__HTTP_PORT=8090`` stands over ``[door] http_port``: the path in capitals, two underscores between.
  A value that begins with ``[`` or ``{`` is read as TOML.
- Any secret, also a plug-in's, is written ``{ file = "/run/secrets/x" }`` or ``{ env = "NAME" }``; the bare text works
  too. A file's last line end is not part of the secret.
- ``var`` and other relative paths count from the folder where the command is started.

Every mistake of a file is found in one go: ``BadSettings`` holds one Trouble each, with file, line and remedy.
No text of a value is in it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from pipeline.plugins import Group, UnknownPlugin, connector_class, installed, sink_class, sink_kind
from pipeline.settings import Settings
from pipeline.settings_shape import fields, kinds, names_at
from pipeline.toml_lines import line_of, lines_of
from pipeline.trouble import Trouble

ENVIRONMENT = "XINSHU_SETTINGS"
PREFIX = "XINSHU_"
PLACES = (Path("xinshu.toml"), Path("var/xinshu.toml"))
"""Where a settings file is looked for when none is named."""

Place = tuple[str, ...]
BOTH: Sequence[Group] = ("xinshu.connectors", "xinshu.sinks")


class BadSettings(Exception):
    """The file cannot be used; ``troubles`` says why, one each."""

    def __init__(self, *troubles: Trouble) -> None:
        super().__init__("; ".join(map(str, troubles)))
        self.troubles = troubles


@dataclass(frozen=True, slots=True)
class _Source:
    """Which line or variable each key came from."""

    path: Path
    lines: dict[Place, int]
    variables: dict[Place, str]
    environ: Mapping[str, str]

    def trouble(self, code: str, place: Place, **facts: object) -> Trouble:
        for length in range(len(place), 0, -1):
            if variable := self.variables.get(place[:length]):
                return Trouble(code, file=variable, line=0, key=".".join(place), **facts)
        return Trouble(code, file=self.path, line=line_of(self.lines, place), key=".".join(place), **facts)


def find(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The settings file to use: *named*, else ``XINSHU_SETTINGS``, else one of ``PLACES``. Raises BadSettings."""
    if named is None and (variable := environ.get(ENVIRONMENT)):
        named = Path(variable)
    for path in (named,) if named is not None else PLACES:
        if path.is_file():
            return path
    raise BadSettings(
        Trouble("settings.none", places=" ".join(map(str, PLACES)))
        if named is None
        else Trouble("settings.no_file", file=named)
    )


def load(path: Path, environ: Mapping[str, str], groups: Sequence[Group] = BOTH) -> Settings:
    """The settings of *path*. Raises BadSettings.

    Plug-ins' tables of *groups* are checked by the plug-ins themselves, which loads their code: a part names those
    it runs, so that the desk does not carry a mail server in its memory.
    """
    data, source = _read(path, environ)
    troubles: list[Trouble] = []
    data = _with_secrets(Settings, data, (), source, troubles)
    models = [found for group in groups for found in _plugin_models(data, group, source, troubles)]
    for (group, name), model in models:
        data[group][name] = _with_secrets(model, data[group][name], (group, name), source, troubles)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise BadSettings(*troubles, *_said(error, Settings, (), source)) from None
    # A secret that is not there is no wrong value besides.
    without = {_where(trouble) for trouble in troubles}
    for place, model in models:
        said = _plugin_troubles(data, place, model, source)
        troubles += [trouble for trouble in said if _where(trouble) not in without]
    troubles = troubles or [*_unknown_cities(settings, source), *_same_paths(settings, source)]
    if troubles:
        raise BadSettings(*troubles)
    return settings


def _where(trouble: Trouble) -> tuple[object, object]:
    return trouble.facts["file"], trouble.facts["line"]


def _read(path: Path, environ: Mapping[str, str]) -> tuple[dict[str, Any], _Source]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise BadSettings(Trouble("settings.no_file", file=path)) from None
    except UnicodeDecodeError:
        raise BadSettings(Trouble("settings.not_utf8", file=path)) from None
    except OSError as error:
        raise BadSettings(Trouble("settings.unreadable", file=path, reason=error.strerror)) from None
    except tomllib.TOMLDecodeError as error:
        # A bad TOML file's message quotes at most the one character that the parser fell over.
        line = re.search(r"at line (\d+)", str(error))
        where = int(line[1]) if line else text.count("\n") + 1
        reason = str(error).split(" (at ", maxsplit=1)[0]
        raise BadSettings(Trouble("settings.not_toml", file=path, line=where, reason=reason)) from None
    except RecursionError:
        raise BadSettings(
            Trouble("settings.not_toml", file=path, line=1, reason="nested too deeply")
        ) from None
    source = _Source(path, lines_of(text), {}, environ)
    for place, name in _overrides(environ):
        _put(data, place, _value(environ[name], name))
        source.variables[place] = name
    return data, source


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[Place, str]]:
    top = {field.alias or name for name, field in Settings.model_fields.items()}
    for name in sorted(environ):
        if name.startswith(PREFIX):
            place = tuple(name.removeprefix(PREFIX).lower().split("__"))
            if len(place) > 1 or place[0] in top:
                yield place, name


def _value(text: str, name: str) -> Any:
    if not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        raise BadSettings(Trouble("settings.variable_not_toml", file=name)) from None


def _put(data: dict[str, Any], place: Place, value: Any) -> None:
    for key in place[:-1]:
        inner = data.get(key)
        if not isinstance(inner, dict):
            inner = data[key] = {}
        data = inner
    data[place[-1]] = value


# --- secrets -------------------------------------------------------------------------------------------------------


def _with_secrets(annotation: Any, value: Any, place: Place, source: _Source, troubles: list[Trouble]) -> Any:
    """*value* with every secret it points to fetched and hidden; what cannot be had is a Trouble."""
    for kind in kinds(annotation):
        if kind is SecretStr:
            try:
                return _secret(value, source.environ)
            except FileNotFoundError as error:
                troubles.append(source.trouble("settings.secret_no_file", place, secret=error.filename))
            except (OSError, KeyError, ValueError, TypeError) as error:
                troubles.append(source.trouble("settings.no_secret", place, reason=type(error).__name__))
            return value
        inner: Any = None
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            inner = fields(kind)
        elif get_origin(kind) in (dict, Mapping):
            inner = dict.fromkeys(value, get_args(kind)[1]) if isinstance(value, dict) else None
        elif get_origin(kind) in (list, tuple, set, frozenset) and isinstance(value, list):
            return [_with_secrets(get_args(kind)[0], one, place, source, troubles) for one in value]
        if inner is not None and isinstance(value, dict):
            return {
                key: _with_secrets(inner.get(key), one, (*place, key), source, troubles)
                for key, one in value.items()
            }
    return value


def _secret(written: Any, environ: Mapping[str, str]) -> SecretStr:
    match written:
        case {"file": str(path), **rest} if not rest:
            return SecretStr(Path(path).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r"))
        case {"env": str(name), **rest} if not rest:
            return SecretStr(environ[name])
        case str():
            return SecretStr(written)
        case _:
            raise TypeError


# --- plug-ins ------------------------------------------------------------------------------------------------------


def _plugin_models(
    data: Mapping[str, Any], group: Group, source: _Source, troubles: list[Trouble]
) -> Iterator[tuple[tuple[str, str], type[BaseModel]]]:
    """The Settings class of each plug-in table; a plug-in that is not installed is a Trouble."""
    folder = group.removeprefix("xinshu.")
    written = data.get(folder)
    tables: dict[str, Any] = written if isinstance(written, dict) else {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            continue
        plugin = name if group == "xinshu.connectors" else sink_kind(tables, name)
        try:
            model = (
                connector_class(name).Settings
                if group == "xinshu.connectors"
                else sink_class(plugin).Settings
            )
        except UnknownPlugin:
            there = sorted(installed(group))
            near = get_close_matches(plugin, there, 1)
            place = (folder, name)
            troubles.append(
                source.trouble("settings.no_plugin", place, plugin=plugin, near=near, there=" ".join(there))
            )
        else:
            yield (folder, name), model


def _plugin_troubles(
    data: Mapping[str, Any], place: tuple[str, str], model: type[BaseModel], source: _Source
) -> Iterator[Trouble]:
    folder, name = place
    table = {key: value for key, value in data[folder][name].items() if (folder, key) != ("sinks", "kind")}
    try:
        model.model_validate(table)
    except ValidationError as error:
        yield from _said(error, model, place, source)


def _said(error: ValidationError, model: type[BaseModel], place: Place, source: _Source) -> Iterator[Trouble]:
    """The findings of pydantic as Troubles, without the values it found."""
    for one in error.errors(include_input=False, include_url=False):
        inner = tuple(str(key) for key in one["loc"] if key != "[key]")
        if one["type"] == "extra_forbidden":
            near = get_close_matches(inner[-1], names_at(model, inner[:-1]), 1, cutoff=0.5)
            yield source.trouble("settings.unknown", (*place, *inner), near=near)
        elif one["type"] == "missing":
            yield source.trouble("settings.missing", (*place, *inner))
        else:
            yield source.trouble(
                "settings.wrong", (*place, *inner), type=one["type"], ctx=one.get("ctx", {}), said=one["msg"]
            )


def _unknown_cities(settings: Settings, source: _Source) -> Iterator[Trouble]:
    """A mailbox of a city nobody has heard of would take letters that no desk decides."""
    cities = sorted(settings.cities)
    for channel, table in settings.connectors.items():
        accounts = table.get("accounts", {})
        for account, mailbox in accounts.items() if isinstance(accounts, dict) else ():
            city = mailbox.get("city", "") if isinstance(mailbox, dict) else ""
            if city not in settings.cities:
                place = ("connectors", channel, "accounts", account, "city")
                yield source.trouble(
                    "settings.no_city",
                    place,
                    city=city,
                    near=get_close_matches(city, cities, 1),
                    there=" ".join(cities),
                )
    for instance, table in settings.sinks.items():
        for city in table.get("cities", ()):
            if city not in settings.cities:
                yield source.trouble(
                    "settings.no_city", ("sinks", instance, "cities"), city=city,
                    near=get_close_matches(city, cities, 1), there=" ".join(cities),
                )  # fmt: skip


def _same_paths(settings: Settings, source: _Source) -> Iterator[Trouble]:
    """Two sinks that write to one file would each spoil what the other wrote, or wait for it for ever."""
    first: dict[Path, str] = {}
    for instance, table in settings.sinks.items():
        if isinstance(path := table.get("path"), str):
            other = first.setdefault(Path(path).absolute(), instance)
            if other != instance:
                yield source.trouble("settings.same_path", ("sinks", instance, "path"), other=other)
