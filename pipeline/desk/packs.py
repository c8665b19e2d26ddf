"""The rule packs that the settings can name: those that come with Xinshu, and the city's own in a folder."""

from pipeline.policies.model import BadPack, Catalogue, catalogue, catalogue_with
from pipeline.settings import Settings


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
