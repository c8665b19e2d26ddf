"""One letter read in plain numbers hangs in the chains, and counts, as many read as arrays; a glance never hides a likeness."""

import numpy as np
from matterkit import letter

from pipeline.judge.relate import ring, score, trace_of
from pipeline.judge.relate.likeness import Comparer
from pipeline.judge.relate.lookup import all_chains, keys_of
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.table import RECORD, side_of

TEXTS = (
    ("翠湖雅苑小区噪音扰民", "A市A3区翠湖雅苑小区旁边的工地半夜施工,噪音扰民,居民睡不着,请尽快处理。"),
    ("工地深夜施工", "住在翠湖雅苑二期,旁边工地深夜还在施工,吵得很,请管一管。"),
    ("路灯不亮", "B市青松路的路灯坏了半个月,夜里走路看不清,希望尽快修好。"),
    ("", "青松路路灯损坏,影响出行。"),
    ("公积金贷款", "请问公积金贷款额度怎么计算,异地缴存的能不能在本市贷款买房?"),
    ("", ""),
)
TRACES = [trace_of(letter(number, text, subject)) for number, (subject, text) in enumerate(TEXTS)]
ENCODED = [trace.encode() for trace in TRACES]
RECORDS = np.frombuffer(b"".join(ENCODED), dtype=RECORD)


def test_one_letter_hangs_in_the_chains_that_many_hang_in() -> None:
    ids = np.arange(16 * len(TRACES), dtype=np.uint8).reshape(-1, 16)
    keys = keys_of(ids, RECORDS)
    hashed = ring.mixed(keys)
    for row, encoded in enumerate(ENCODED):
        columns = np.flatnonzero(keys[row]).tolist()
        expected = [(column, int(keys[row, column]), int(hashed[row, column])) for column in columns]
        assert list(all_chains(ids[row].tobytes(), encoded)) == expected


def test_one_letter_counts_as_many_do() -> None:
    together, single = Rarity(), Rarity()
    together.add(RECORDS["words"], RECORDS["anchors"])
    for encoded in ENCODED:
        side = side_of(encoded)
        single.add_one(side.words, side.anchors)
    assert single.letters == together.letters
    assert np.array_equal(single.counts, together.counts)


def test_what_is_unlikely_at_a_glance_is_no_likelier_after_a_look() -> None:
    rarity = Rarity()
    rarity.add(RECORDS["words"], RECORDS["anchors"])
    for one in ENCODED:
        comparer = Comparer(side_of(one), rarity)
        for other in map(side_of, ENCODED):
            glance = comparer.glance(other)
            assert score.score(glance)[0] >= score.score(comparer.look(other, glance))[0]
