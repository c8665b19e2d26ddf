"""What the settings can name beside what comes with Xinshu: the city's own rule packs and topics."""

from pipeline.judge.route.loading import load_topics
from pipeline.judge.route.topics import Topics
from pipeline.policies.model import BadPack, Catalogue, catalogue, catalogue_with
from pipeline.settings import City, Settings


def packs_of(settings: Settings) -> Catalogue:
    """Every ``*.yaml`` of the folder ``packs`` beside the packs that come with Xinshu. Raises BadPack."""
    if settings.packs is None:
        return catalogue()
    if not settings.packs.is_dir():
        raise BadPack(f"{settings.packs}: there is no such folder of packs")
    files = sorted(settings.packs.glob("*.yaml"))
    try:
        return catalogue_with({file.name: file.read_text("utf-8") for file in files})
    except (OSError, UnicodeDecodeError) as error:
        raise BadPack(f"{settings.packs}: {error}") from None


def topics_of(city: City) -> Topics | None:
    """The city's own topics, if it has any. Raises BadTopics."""
    return None if city.topics is None else load_topics(city.topics)
