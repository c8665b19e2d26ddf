"""``xinshu compare``: are two letters about the same? Exact words for now, after normalising; a place must not differ."""

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.cli.letters_file import Line, lines
from pipeline.cli.words import say
from pipeline.text.normalise import fold, is_empty
from pipeline.trouble import Trouble

HEADER = ("id_a", "id_b", "relation", "score", "why")


@click.command(
    help=say(
        "比较成对的来信。LETTERS.jsonl 每行一封 {id, text[, place]};PAIRS.tsv 每行两个编号 id_a、id_b"
        "(可以有表头,多余的列不看)。输出 TSV:id_a id_b relation score why。\n\n"
        "relation 为 same_text 或空;目前只比较归一化后的文字与地点。\n\n例:xinshu compare 来信.jsonl 配对.tsv",
        "Compare pairs of letters. LETTERS.jsonl has a letter {id, text[, place]} a line, PAIRS.tsv two ids a row "
        "(a header and more columns are passed over). Prints TSV: id_a id_b relation score why.\n\n"
        "relation is same_text or empty: for now words after normalising, and the place, are compared.\n\n"
        "Example: xinshu compare letters.jsonl pairs.tsv",
    )
)
@click.argument("letters", type=click.Path(path_type=Path), metavar="LETTERS.jsonl")
@click.argument("pairs", type=click.Path(path_type=Path), metavar="PAIRS.tsv")
def compare(letters: Path, pairs: Path) -> None:
    """Trouble for a row that cannot be read: a wrong pair must not look like a difference."""
    known = _letters(letters)
    click.echo("\t".join(HEADER))
    for number, first, second in _pairs(pairs):
        for name in (first, second):
            if name not in known:
                why = say(f"{letters} 里没有 {name}", f"{letters} has no letter {name}")
                raise Trouble("line.bad", path=pairs, line=number, reason=why)
        relation, score, why = related(known[first], known[second])
        click.echo(f"{first}\t{second}\t{relation}\t{score}\t{why}")


def _letters(path: Path) -> dict[str, Line]:
    known: dict[str, Line] = {}
    with _opened(path).open("rb") as source:
        for number, line in lines(source):
            if isinstance(line, str):
                raise Trouble("line.bad", path=path, line=number, reason=line)
            known[line.id] = line
    return known


def _pairs(path: Path) -> Iterator[tuple[int, str, str]]:
    with _opened(path).open(encoding="utf-8-sig", newline="") as source:
        try:
            for number, row in enumerate(csv.reader(source, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                if not row or (number == 1 and row[:2] == ["id_a", "id_b"]):
                    continue
                if len(row) < 2:
                    why = say("应有两列,用制表符分开", "two columns are wanted, with a tab between")
                    raise Trouble("line.bad", path=path, line=number, reason=why)
                yield number, row[0], row[1]
        except UnicodeDecodeError:
            raise Trouble("file.unreadable", path=path, reason="UTF-8?") from None


def _opened(path: Path) -> Path:
    if not path.is_file():
        raise Trouble("file.none", path=path)
    return path


def related(a: Line, b: Line) -> tuple[str, int, str]:
    """Relation, score and reason."""
    words_a, words_b = (_words(line.text) for line in (a, b))
    if is_empty(words_a) or words_a != words_b:
        return "", 0, say("文字不同", "the words differ")
    place_a, place_b = (_words(line.place.text) if line.place else "" for line in (a, b))
    if place_a and place_b and place_a != place_b:
        return "", 0, say("文字相同,地点不同", "same words, another place")
    return "same_text", 1, say("文字相同", "same words")


def _words(text: str) -> str:
    return "".join(fold(text).casefold().split())
