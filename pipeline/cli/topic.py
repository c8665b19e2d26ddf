"""``xinshu topic``: learn topics from closed orders, test what was learnt, say the topics of letters. No Kafka, no settings."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from pipeline.cli.common import Function, json_option, read_from
from pipeline.cli.words import say
from pipeline.judge.route.catalogue import own
from pipeline.judge.route.topic_model import BadModel, TopicModel, load_model
from pipeline.judge.route.topics import Guess, Topics
from pipeline.judge.route.training import Example, TooFew, train
from pipeline.text.normalise import fold
from pipeline.trouble import Trouble

MODEL: Final = Path("topic-model.npz")
LINE_BYTES_MAX: Final = 4 << 20
UNTIL_TOLD: Final = 5000
"""Letters between two lines of progress."""

_STEPS: Final = {
    "words": ("收集词语", "collecting words"),
    "features": ("统计字词", "counting"),
    "weights": ("学习权重", "learning weights"),
    "calibration": ("校准把握程度", "finding out how sure it may be"),
}


@click.group(
    help=say(
        "事项分类:从已办结的工单学习(train),检验(test),给来信分类(predict)。\n\n"
        "FILE 每行一个 JSON:{id, subject, text, label};text 也可以叫 detail;predict 不需要 label。\n\n"
        "例:xinshu topic train 工单.jsonl",
        "Topics: learn from closed orders (train), test, say the topics of letters (predict).\n\n"
        "FILE has a line of JSON for each letter: {id, subject, text, label}; text may be called detail; predict needs no "
        "label.\n\nExample: xinshu topic train orders.jsonl",
    )
)
def topic() -> None:
    """Three commands on one kind of file."""


def _model_option(function: Function) -> Function:
    """``--model MODEL``."""
    return click.option(
        "--model", "model_path", type=click.Path(path_type=Path), default=MODEL, metavar="MODEL", show_default=True,
        help=say("模型文件", "the model file"),
    )(function)  # fmt: skip


@topic.command(
    "train",
    help=say(
        "从 FILE 学习,写成一个模型文件。同样的来信、同样的次序,得到同样的文件。\n\n"
        "例:xinshu topic train 工单.jsonl --out 模型.npz",
        "Learn from FILE and write a model file. The same letters in the same order give the same file.\n\n"
        "Example: xinshu topic train orders.jsonl --out model.npz",
    ),
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=MODEL, metavar="MODEL", show_default=True,
    help=say("写到哪个文件", "the file to write"),
)  # fmt: skip
@click.argument("file", metavar="FILE")
def train_(file: str, out: Path) -> None:
    """Written aside and then renamed: a model that is in use is never half a model."""
    examples = [Example(row.subject, row.text, row.label) for row in _told(_rows(file, labelled=True))]
    counts = Counter(example.label for example in examples)
    _tell(say(f"{len(examples)} 封,{len(counts)} 类", f"{len(examples)} letters, {len(counts)} topics"))
    try:
        model = train(examples, lambda step: _tell(say(*_STEPS[step]) + "……"))
    except TooFew as error:
        raise Trouble("topic.too_few", path=file, labels=len(error.labels)) from None
    content = model.encode()
    aside = out.with_name(f"{out.name}.new")
    try:
        aside.write_bytes(content)
        aside.replace(out)
    except OSError as error:
        raise Trouble("file.unwritable", path=out, reason=error.strerror or "?") from None
    _tell(say(f"写好 {out},{len(content)} 字节", f"wrote {out}, {len(content)} bytes"))


@topic.command(
    "test",
    help=say(
        "用 FILE 里标好类别的来信检验模型:macro-F1、每类的准确率与召回率、前两个里有正确类别的比例、最常见的混淆。"
        "检验用的来信不要拿去学习过。\n\n例:xinshu topic test 检验.jsonl --model 模型.npz",
        "Test the model on the labelled letters of FILE: macro-F1, precision and recall of each topic, how often the right "
        "one is among the first two, what is confused most. Use letters it has not learnt from.\n\n"
        "Example: xinshu topic test held_out.jsonl --model model.npz",
    ),
)
@_model_option
@json_option
@click.argument("file", metavar="FILE")
def test(file: str, model_path: Path, *, as_json: bool) -> None:
    """Of labels that the model never saw none is guessed right: they count as wrong."""
    model = _loaded(model_path)
    rows = list(_rows(file, labelled=True))
    guesses = [model.guess(row.subject, row.text) for row in _told(rows)]
    figures = measured([row.label for row in rows], guesses)
    click.echo(json.dumps(figures, ensure_ascii=False) if as_json else "\n".join(_in_words(figures)))


@topic.command(
    "predict",
    help=say(
        "给 FILE 的每封来信说出最像的两类,每行 {id, topics: [第一, 第二]},次序不变。\n\n"
        "例:xinshu topic predict 来信.jsonl --model 模型.npz\n\n没有模型时用自带的目录:--catalogue",
        "Say the two likeliest topics of each letter of FILE, a line {id, topics: [best, second]} each, in the same "
        "order.\n\nExample: xinshu topic predict letters.jsonl --model model.npz\n\nWithout a model: --catalogue takes the "
        "catalogue that comes with Xinshu.",
    ),
)
@_model_option
@click.option(
    "--catalogue",
    is_flag=True,
    help=say("用自带的事项目录,不用模型", "the catalogue that comes with Xinshu, no model"),
)
@click.argument("file", metavar="FILE")
def predict(file: str, model_path: Path, *, catalogue: bool) -> None:
    """One line out for each line in."""
    topics: Topics = own() if catalogue else _loaded(model_path)
    for row in _rows(file, labelled=False):
        guess = topics.guess(row.subject, row.text)
        named = [name for name in (guess.best, guess.second) if name]
        click.echo(json.dumps({"id": row.id, "topics": named}, ensure_ascii=False))


class _Row:
    """A line of FILE: its id as it was written, subject and text folded, the label or nothing."""

    __slots__ = ("id", "label", "subject", "text")

    def __init__(self, value: dict[str, Any], line: int) -> None:
        self.id = value.get("id", line)
        self.subject = fold(_string(value, "subject")).strip()
        self.text = fold(_string(value, "text") or _string(value, "detail"))
        self.label = _string(value, "label").strip()


def _string(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _BadLineError(say(f"{key} 应为文字", f"{key} is no text"))
    return found.encode("utf-8", "replace").decode()


class _BadLineError(ValueError):
    pass


def _rows(file: str, *, labelled: bool) -> Iterator[_Row]:
    """The rows of FILE. Raises Trouble with the line's number at the first that cannot be used."""
    with read_from(file) as source:
        for number, written in enumerate(source, 1):
            if not written.strip():
                continue
            try:
                row = _row(written, number)
                if labelled and not row.label:
                    raise _BadLineError(say("缺少 label(事项类别)", "label (the topic) is missing"))
            except _BadLineError as error:
                raise Trouble("line.bad", path=file, line=number, reason=str(error)) from None
            yield row


def _row(written: bytes, number: int) -> _Row:
    if len(written) > LINE_BYTES_MAX:
        raise _BadLineError(say("这一行太长", "the line is too long"))
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        raise _BadLineError(say("不是 JSON", "not JSON")) from None
    if not isinstance(value, dict):
        raise _BadLineError(say("不是 JSON 对象", "no JSON object"))
    row = _Row(value, number)
    if not row.subject and not row.text.strip():
        raise _BadLineError(
            say("没有 subject 也没有 text(或 detail)", "neither subject nor text (or detail)")
        )
    return row


def _loaded(path: Path) -> TopicModel:
    try:
        return load_model(path)
    except FileNotFoundError:
        raise Trouble("topic.no_model", path=path) from None
    except BadModel as error:
        raise Trouble("topic.bad_model", path=path, reason=str(error)) from None
    except OSError as error:
        raise Trouble("file.unreadable", path=path, reason=error.strerror or "?") from None


def _told(rows: Iterable[_Row]) -> Iterator[_Row]:
    """*rows*, with a line of progress every few thousand."""
    for count, row in enumerate(rows, 1):
        yield row
        if count % UNTIL_TOLD == 0:
            _tell(say(f"{count} 封……", f"{count} letters…"))


def _tell(line: str) -> None:
    click.echo(line, err=True)


def measured(labels: Sequence[str], guesses: Sequence[Guess]) -> dict[str, Any]:
    """Figures over letters with *labels*: macro-F1 over the labels there are, and what ``test`` prints."""
    pairs = Counter(zip(labels, (guess.best for guess in guesses), strict=True))
    topics = {label: _of(label, pairs) for label in sorted(set(labels))}
    right = sum(count for (label, guessed), count in pairs.items() if label == guessed)
    two = sum(label in (guess.best, guess.second) for label, guess in zip(labels, guesses, strict=True))
    confused = sorted(((a, b, n) for (a, b), n in pairs.items() if a != b), key=lambda row: (-row[2], row))
    return {
        "letters": len(labels),
        "macro_f1": round(sum(one["f1"] for one in topics.values()) / max(1, len(topics)), 4),
        "accuracy": round(right / max(1, len(labels)), 4),
        "first_two": round(two / max(1, len(labels)), 4),
        "topics": topics,
        "confusion": [{"label": a, "guessed": b, "letters": n} for a, b, n in confused],
    }


def _of(label: str, pairs: Counter[tuple[str, str]]) -> dict[str, float]:
    hit = pairs[label, label]
    meant = sum(count for (wanted, _), count in pairs.items() if wanted == label)
    said = sum(count for (_, guessed), count in pairs.items() if guessed == label)
    return {
        "precision": round(hit / max(1, said), 4),
        "recall": round(hit / max(1, meant), 4),
        "f1": round(2 * hit / max(1, said + meant), 4),
        "letters": meant,
    }


def _in_words(figures: dict[str, Any]) -> Iterator[str]:
    yield say(f"{figures['letters']} 封", f"{figures['letters']} letters")
    yield f"macro-F1 {figures['macro_f1']:.3f}"
    yield say(f"第一个就对 {figures['accuracy']:.1%}", f"right at once {figures['accuracy']:.1%}")
    yield say(f"前两个里有 {figures['first_two']:.1%}", f"right in the first two {figures['first_two']:.1%}")
    for name, one in figures["topics"].items():
        numbers = f"P {one['precision']:.2f}  R {one['recall']:.2f}  F1 {one['f1']:.2f}"
        yield f"  {name}  {numbers}  " + say(f"{one['letters']} 封", f"{one['letters']} letters")
    for row in figures["confusion"][:10]:
        yield say(f"  {row['label']} 当成 {row['guessed']}:{row['letters']} 封",
                  f"  {row['label']} taken for {row['guessed']}: {row['letters']}")  # fmt: skip
