"""Numbers: the same everywhere, hard to mistype, saying nothing."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.numbers import (
    check_digit,
    code_hash,
    is_number,
    key_fingerprint,
    person_ref,
    plain,
    query_code,
    registration_number,
    shown,
)
from schemas.letter import Sender

KEY = bytes(range(32))
LETTER = UUID("6f1c8a52-6a0e-5d0c-9d0b-000000000001")

bodies = st.text("0123456789", min_size=15, max_size=15)


@pytest.mark.parametrize(("digits", "check"), [("0794", "5"), ("123456789012345", "9")])
def test_check_digit_by_the_standard(digits: str, check: str) -> None:
    assert check_digit(digits) == check


def test_a_number_never_changes() -> None:
    # Written down once: a change here would give every letter in the world another number.
    assert registration_number(KEY, LETTER) == "2594888188808415"
    assert registration_number(KEY, LETTER, counter=1) == "8288162377966672"
    assert query_code(KEY, LETTER) == "01916810"


@given(bodies, st.integers(0, 15), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, shift: int) -> None:
    number = body + check_digit(body)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert is_number(number)
    assert not is_number(wrong)


def test_nearly_every_swap_of_neighbours_is_found() -> None:
    swaps = missed = 0
    for i in range(2000):
        number = registration_number(KEY, uuid5(LETTER, str(i)))
        for at in range(15):
            if number[at] != number[at + 1]:
                swaps += 1
                missed += is_number(number[:at] + number[at + 1] + number[at] + number[at + 2 :])
    assert missed / swaps < 0.025


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_shape(letter: UUID, key: bytes) -> None:
    number = registration_number(key, letter)
    assert is_number(number)
    assert plain(shown(number)) == number
    code = query_code(key, letter)
    assert len(code) == 8
    assert code.isdigit()
    assert len(code_hash(key, number, code)) == 64


@pytest.mark.parametrize(
    "text", ["", "1", "１234567890123456", "12345678901234567", "2594888188808414", "2594 8881 8880 8415"]
)
def test_not_a_number(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize(
    "typed",
    ["2594 8881 8880 8415", "2594-8881-8880-8415", "２５９４８８８１８８８０８４１５", " 2594888188808415\n"],
)
def test_what_people_type(typed: str) -> None:
    assert is_number(plain(typed))


def test_three_digit_space_clashes_and_counts_on() -> None:
    taken: set[str] = set()
    for i in range(200):
        letter = uuid5(LETTER, str(i))
        number = next(
            n for n in (registration_number(KEY, letter, c, digits=3) for c in range(1000)) if n not in taken
        )
        assert check_digit(number[:-1]) == number[-1]
        taken.add(number)
    assert len(taken) == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Sender(phone="13800001234"), Sender(phone="+86 138-0000-1234"), True),
        (Sender(phone="13800001234"), Sender(phone="008613800001234", email="zhang@example.cn"), True),
        (Sender(phone="13800001234"), Sender(phone="１３８００００１２３４"), True),
        (Sender(phone="13800001234"), Sender(phone="13800001235"), False),
        (Sender(phone="021-55550000"), Sender(phone="+86 (021) 5555 0000"), True),
        (Sender(phone="无", email="Zhang@Example.cn"), Sender(email=" zhang@example.cn"), True),
        (Sender(phone="1", handle="a"), Sender(phone="1", handle="b"), False),
        (Sender(handle="zhang@example.cn"), Sender(email="zhang@example.cn"), False),
    ],
)
def test_one_person_on_many_channels(one: Sender, other: Sender, *, same: bool) -> None:
    assert (person_ref(KEY, one) == person_ref(KEY, other)) is same


def test_nobody() -> None:
    assert person_ref(KEY, Sender(name="张三")) == ""


def test_labels_and_keys_are_apart() -> None:
    other = bytes(32)
    person = Sender(phone="13800001234")
    assert person_ref(KEY, person) != person_ref(other, person)
    assert key_fingerprint(KEY) != key_fingerprint(other)
    assert code_hash(KEY, "1", "2") != code_hash(other, "1", "2")
