"""Where a pack holds, as its file says it: code prefixes, the city's names, its own divisions."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Territory:
    """*codes*: prefixes of division codes. *names* and *aliases*: what the city is called. *divisions*: name → code.

    Without codes the pack does not say where it holds, and no matter lies outside.
    """

    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    divisions: Mapping[str, str] | None = None

    def holds(self, code: str) -> bool:
        """Does the division of that code belong to it?"""
        return code.startswith(self.codes)
