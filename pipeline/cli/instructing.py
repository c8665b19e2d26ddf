"""What commands by which a person acts have in common: who says so and why, and how it is handed to the door."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.cli.common import load_settings, number_argument
from pipeline.cli.door_client import ask, whoever
from pipeline.cli.register_file import city_of
from pipeline.cli.words import say
from pipeline.numbers import NUMBER_DIGITS, plain, shown
from pipeline.trouble import Trouble

PART_DIGITS_MAX = 4

Function = TypeVar("Function", bound=Callable[..., Any])


def saying_options(function: Function) -> Function:
    """``--actor`` and ``--city``."""
    city = click.option("--city", help=say("编号所属的城市", "the number's city"))
    actor = click.option(
        "--actor", help=say("谁说的,默认为当前用户名", "who says so; default: the account's name")
    )
    return actor(city(function))


def acting_options(function: Function) -> Function:
    """``--reason``, ``--actor``, ``--city``."""
    return click.option("--reason", required=True, help=say("为什么", "why"))(saying_options(function))


def instruct(
    settings_path: Path | None, named: tuple[str, int], verdict: dict[str, Any], *, reason: str, actor: str | None,
    city: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Hand an instruction on the part of a number to the door, and say that it was taken."""
    if not reason.strip():
        raise click.UsageError(say("--reason 不能为空", "--reason must not be empty"))
    settings = load_settings(settings_path)
    number, part = named
    answer = ask(settings, "POST", "/instruction", {
        "city": city_of(settings, number, city), "number": number, "part": part, "actor": whoever(actor),
        "reason": reason, "verdict": verdict,
    })  # fmt: skip
    outcome = verdict["outcome"]
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(say(f"已收下:{shown(number)} {outcome}", f"accepted: {shown(number)} {outcome}"))


def part_argument(text: str) -> tuple[str, int | None]:
    """A number as it is written, and the part that may follow it: ``4821 0000 0000 0005-2``. Raises Trouble."""
    digits, dash, part = text.rpartition("-")
    if dash and part.isascii() and part.isdigit() and len(plain(digits)) == NUMBER_DIGITS:
        if not 1 <= len(part) <= PART_DIGITS_MAX or int(part) == 0:
            raise Trouble("number.bad_part", part=part)
        return number_argument(digits), int(part)
    return number_argument(text), None


def two_numbers(words: tuple[str, ...]) -> tuple[str, str]:
    """Two numbers as they are written, in fours or not. Raises UsageError."""
    digits = plain("".join(words))
    if len(digits) != 2 * NUMBER_DIGITS:
        raise click.UsageError(say("要写两个编号", "two numbers are wanted"))
    return number_argument(digits[:NUMBER_DIGITS]), number_argument(digits[NUMBER_DIGITS:])
