"""What a letter is to the earlier ones that the desk knows: facts in, relations out."""

from pipeline.judge.gist import Gist
from pipeline.judge.judgement import Facts, Known
from pipeline.judge.relate import (
    Asked,
    Earlier,
    Related,
    is_short,
    names_nothing,
    names_place,
    relate,
    says_again,
)
from schemas.decision import AnswerNow


def related_to(gist: Gist, facts: Facts, *, is_reminder: bool) -> Related:
    """The relations of a letter. *is_reminder*: it presses, or asks how far a matter is."""
    letter = gist.letter
    earlier = [_earlier(known) for known in facts.known if _counts(known)]
    if not earlier:
        return Related()
    asked = Asked(
        facts.at, facts.copy_window,
        named=frozenset(known.number for known in facts.known if known.named),
        is_reminder=is_reminder,
        # Only what was finished can be back.
        says_again=any(one.stands == "closed" for one in earlier) and says_again(letter),
        short=is_short(letter),
        names_place=names_place(gist.trace),
        names_nothing=any(one.same_person for one in earlier) and names_nothing(letter),
    )  # fmt: skip
    return relate(asked, earlier)


def _counts(known: Known) -> bool:
    """Has it an order, or an answer that may not have been enough?"""
    return known.stands != "none" or isinstance(known.main, AnswerNow)


def _earlier(known: Known) -> Earlier:
    return Earlier(
        letter_id=known.letter_id, number=known.number, at=known.at, score=known.score, why=known.why,
        same_person=known.same_person, same_text=known.same_text, same_way=known.same_way,
        same_files=known.same_files, vetoed=known.vetoed, stands=known.stands, closed_at=known.closed_at,
    )  # fmt: skip
