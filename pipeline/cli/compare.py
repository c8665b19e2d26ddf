"""``xinshu compare``: are two letters about one matter? Judged as the line would that had received all letters of the file."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from pipeline.cli.common import read_from
from pipeline.cli.letters_file import lines
from pipeline.cli.words import say
from pipeline.judge.relate import Asked, Earlier, is_short, names_place, relate, says_again, trace_of
from pipeline.judge.relate.pairs import Compared, Pairs
from pipeline.trouble import Trouble
from schemas.letter import Letter

HEADER = ("id_a", "id_b", "relation", "score", "why")
COPY_WINDOW = timedelta(days=1)


@click.command(
    help=say(
        "比较成对的来信是否为同一事项。LETTERS.jsonl 每行一封 {id, text[, subject, sender, received_at, place, channel]};"
        "PAIRS.tsv 每行两个编号 id_a、id_b(可以有表头,多余的列不看)。输出 TSV:id_a id_b relation score why。\n\n"
        "relation:copy 重复送达,same_person 同一人同一事项,same_incident 不同人同一事项;"
        "doubtful:… 需要人工确认;空 不是同一事项。按先来的工单仍在办理判断;词语的常见程度取自整个文件,"
        "阈值与线上相同。\n\n例:xinshu compare 来信.jsonl 配对.tsv",
        "Compare pairs of letters: are they about one matter? LETTERS.jsonl has a letter {id, text[, subject, sender, "
        "received_at, place, channel]} a line, PAIRS.tsv two ids a row (a header and more columns are passed over). "
        "Prints TSV: id_a id_b relation score why.\n\n"
        "relation: copy, delivered twice; same_person, one person's same matter; same_incident, different people's; "
        "doubtful:… for a person to decide; empty, not one matter. The earlier one's order counts as open; how common "
        "words are is taken from the whole file; thresholds are those of the line.\n\n"
        "Example: xinshu compare letters.jsonl pairs.tsv",
    )
)
@click.argument("letters", type=click.Path(path_type=Path), metavar="LETTERS.jsonl")
@click.argument("pairs", type=click.Path(path_type=Path), metavar="PAIRS.tsv")
def compare(letters: Path, pairs: Path) -> None:
    """Trouble for a row that cannot be read: a wrong pair must not look like a difference."""
    known = _letters(letters)
    compared = Pairs.of({name: trace_of(letter) for name, letter in known.items()})
    click.echo("\t".join(HEADER))
    for number, first, second in _pairs(pairs):
        for name in (first, second):
            if name not in known:
                why = say(f"{letters} 里没有 {name}", f"{letters} has no letter {name}")
                raise Trouble("line.bad", path=pairs, line=number, reason=why)
        found = compared.compare(first, second)
        relation, score, why = _told(known[first], known[second], found)
        click.echo(f"{first}\t{second}\t{relation}\t{score:g}\t{why}")


def _told(one: Letter, other: Letter, found: Compared) -> tuple[str, float, str]:
    """Relation, score and reason, as ``relate`` says them for the later of the two."""
    earlier, later = sorted((one, other), key=lambda letter: (letter.received_at, letter.id))
    known = Earlier(
        earlier.id, earlier.number, earlier.received_at, found.score, found.why,
        found.same_person, found.same_text, found.same_way, found.same_files, found.vetoed,
    )  # fmt: skip
    asked = Asked(
        later.received_at, COPY_WINDOW, says_again=says_again(later), short=is_short(later),
        names_place=names_place(trace_of(later)),
    )  # fmt: skip
    related = relate(asked, [known])
    if (link := related.link or next(iter(related.incidents), None)) is not None:
        return link.relation, link.score, link.why
    if (link := next(iter(related.doubtful), None)) is not None:
        return f"doubtful:{link.relation}", link.score, link.why
    return "", found.score, found.why


def _letters(path: Path) -> dict[str, Letter]:
    known: dict[str, Letter] = {}
    now = datetime.now(UTC)
    with read_from(path) as source:
        for number, line in lines(source):
            if isinstance(line, str):
                raise Trouble("line.bad", path=path, line=number, reason=line)
            known[line.id] = line.letter(now)
    return known


def _pairs(path: Path) -> Iterator[tuple[int, str, str]]:
    with io.TextIOWrapper(read_from(path), encoding="utf-8-sig", newline="") as source:
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
