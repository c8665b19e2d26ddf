"""A city's own topics from a file: a trained model (.npz), a catalogue (.yaml), or a scheme of three levels (.csv)."""

from pathlib import Path

from pipeline.judge.route.catalogue import BadCatalogue, read, read_table
from pipeline.judge.route.topic_model import BadModel, load_model
from pipeline.judge.route.topics import Topics


class BadTopics(ValueError):
    """A file that tells no topics: one plain line that names the file."""


def load_topics(path: Path) -> Topics:
    """What the file *path* holds, by the end of its name. Raises BadTopics."""
    try:
        match path.suffix:
            case ".npz":
                return load_model(path)
            case ".yaml" | ".yml":
                return read(path.read_text("utf-8"), path.name)
            case ".csv":
                return read_table(path.read_text("utf-8-sig"), path.name)
            case other:
                raise BadTopics(f"{path}: a topic file ends in .npz, .yaml or .csv, not {other or 'nothing'}")
    except BadModel as error:
        raise BadTopics(f"{path}: {error}") from None
    except BadCatalogue as error:
        raise BadTopics(str(error)) from None
    except UnicodeDecodeError:
        raise BadTopics(f"{path}: not UTF-8") from None
    except OSError as error:
        raise BadTopics(f"{path}: {error.strerror}") from None
