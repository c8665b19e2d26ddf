"""The words kept of a letter: bounded, the heaviest first, the same in every process."""

import subprocess
import sys

from pipeline.text import problem_words
from pipeline.text.common_words import EMPTY, FREQUENT
from pipeline.text.words import AGAIN, CONCEPT, IN_HEAD, WORDS_MAX, heavy_words, word_key


def weight_of(packed: tuple[int, ...], word: str) -> int:
    return next((value >> 3 & 15 for value in packed if value >> 7 == word_key(word)), 0)


def flags_of(packed: tuple[int, ...], word: str) -> int:
    return next(value & 7 for value in packed if value >> 7 == word_key(word))


def test_a_word_of_head_and_body_is_the_heaviest() -> None:
    packed = heavy_words("井盖破损", "人行道上的井盖破损半个月,骑车压到会摔跤")
    assert weight_of(packed, "井盖") == 6
    assert flags_of(packed, "井盖") == IN_HEAD | AGAIN
    assert weight_of(packed, "骑车") == 2
    assert packed[0] >> 3 & 15 == 6


def test_words_of_every_letter_say_nothing_and_frequent_ones_little() -> None:
    packed = heavy_words("", "请求领导尽快解决小区的井盖问题")
    assert weight_of(packed, "领导") == weight_of(packed, "解决") == 0
    assert weight_of(packed, "小区") == 1
    assert weight_of(packed, "井盖") == 2


def test_concepts_join_what_people_call_differently() -> None:
    loud, noise = (heavy_words("", text) for text in ("楼下太吵了睡不着", "噪声严重影响"))
    assert {value >> 7 for value in loud if value & CONCEPT} & {
        value >> 7 for value in noise if value & CONCEPT
    }


def test_never_more_than_may_be() -> None:
    text = "".join(chr(0x4E00 + number) + chr(0x5E00 + number % 900) for number in range(3000))
    assert len(heavy_words(text, text)) <= WORDS_MAX


def test_the_lists_say_nothing_twice() -> None:
    assert set() == EMPTY & FREQUENT
    told = [
        word
        for line in problem_words.CONCEPTS.strip().splitlines()
        for word in line.partition(":")[2].split()
    ]
    assert all(told)
    assert len(told) == len(set(told))
    assert set(told) == set(problem_words.CONCEPT_OF)


def test_another_process_finds_the_same() -> None:
    code = "from pipeline.text.words import heavy_words; print(heavy_words('井盖破损', '骑车压到井盖会摔跤,噪音很大'))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {f"{heavy_words('井盖破损', '骑车压到井盖会摔跤,噪音很大')}\n"}
