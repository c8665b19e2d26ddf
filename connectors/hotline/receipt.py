"""What lies beside a file that was taken: a number for every call, so that the call centre can reconcile its books.

Rows read are rows accepted and rows bad, nothing else; where the answers do not match the rows there is no receipt.
"""

from collections.abc import Sequence
from typing import Any

from connectors.hotline.cut import cut_items
from connectors.hotline.items import Bad, Good
from schemas.letter import Raw, Registered, RegisteredConflict


def receipt_of(batch: Raw, name: str, sha256: str, answers: Sequence[Registered]) -> dict[str, Any]:
    """The receipt. Raises ValueError, TypeError where the answers are not those of the rows: our fault."""
    items = cut_items(batch)
    letters: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for item, answer in zip(items, answers, strict=True):
        if isinstance(answer, RegisteredConflict):
            raise TypeError("a call was refused as a conflict although none is asked for")
        match item:
            case Good(line=line, call=call):
                letters.append(
                    {
                        "line": line,
                        "call_id": call.call_id,
                        "number": answer.number,
                        "outcome": answer.outcome,
                    }
                )
            case Bad(line=line, problem=problem):
                bad.append({"line": line, "problem": problem, "number": answer.number})
    return {
        "file": name,
        "sha256": sha256,
        "rows": sum(item.rows for item in items),
        "rows_accepted": sum(item.rows for item in items if isinstance(item, Good)),
        "rows_bad": sum(item.rows for item in items if isinstance(item, Bad)),
        "calls": len(letters),
        "calls_new": sum(one["outcome"] == "new" for one in letters),
        "letters": letters,
        "bad": bad,
    }
