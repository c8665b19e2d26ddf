from typing import Any

import pytest

from pipeline.desk.brief import brief_of
from pipeline.desk.recent import Recent
from pipeline.desk.sieve import Sieve
from pipeline.desk.state import decode_case
from schemas.letter import Letter


def said_of_one_street(make: Any) -> list[Any]:
    """New letters, a copy, the same matter by other people and by one person, an empty one, a danger, a revision."""
    street = "城东街道幸福路的路灯坏了三个星期,晚上老人出门很不方便,请派人来修。"
    letters: list[Letter] = [make.letter(f"b{place}", person=f"p{place}") for place in range(4)]
    return [
        *letters,
        make.letter("copy", person="p0"),
        make.letter("again", person="p1", text=f"{street}已经第二次反映了。"),
        make.letter("empty", person="e", text="", subject=""),
        make.letter("fire", person="f", text="楼里着火了,快来人"),
        make.letter("b2", bytes="later", revision=2, person="p2", text=f"{street}还有井盖松动。"),
        make.status(letters[0].number, "closed", "s0"),
        make.instruction(letters[3].number),
    ]


@pytest.mark.parametrize("at_a_time", [1, 4, 20])
def test_what_is_kept_in_short_is_what_the_case_says(desk: Any, make: Any, at_a_time: int) -> None:
    said = said_of_one_street(make)
    for start in range(0, len(said), at_a_time):
        desk.say(*said[start : start + at_a_time])
        kept = list(desk.state.cases.all())
        assert kept
        for letter_id, _, _, value in kept:
            assert desk.state.brief(letter_id) == brief_of(decode_case(bytes(value)))
    assert {desk.state.brief(letter_id).stands for letter_id, _, _, _ in kept} >= {"open", "closed", "none"}
    assert any(desk.state.brief(letter_id).under for letter_id, _, _, _ in kept)


def test_the_recent_ones_stay() -> None:
    recent = Recent[int, str](2)
    recent.set(1, "one")
    recent.set(2, "two")
    assert recent.get(1) == "one"
    recent.set(3, "three")
    assert (recent.get(1), recent.get(2), recent.get(3)) == ("one", None, "three")
    recent.drop(1)
    assert recent.get(1) is None


def test_a_sieve_lets_through_all_that_was_put_in(make: Any) -> None:
    sieve = Sieve()
    ids = [make.letter(str(key)).id.bytes for key in range(400)]
    for letter_id in ids[:200]:
        sieve.put(letter_id)
    assert all(map(sieve.may_hold, ids[:200]))
    assert not any(map(sieve.may_hold, ids[200:]))
