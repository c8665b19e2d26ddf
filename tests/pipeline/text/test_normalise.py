import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalise import _FOLDING, fold, is_empty, offsets

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("，。！？：；（）火 \u200b\u3000\r\n①㎡ﬁ")
    )
)


def test_one_spelling() -> None:
    assert fold("１２３４５　热线，ＡＢＣ！") == "12345 热线,ABC!"
    assert fold("着\u200b火\ufeff了") == "着火了"
    assert fold("一\r\n二\t三") == "一\n\n二 三"
    assert fold("㎡①") == "m21"


@given(TEXTS)
def test_the_quick_way_equals_the_slow_way(text: str) -> None:
    assert fold(text) == text.translate(_FOLDING)


@given(TEXTS)
def test_every_folded_place_leads_back(text: str) -> None:
    back = offsets(text)
    folded = fold(text)
    assert len(back) == len(folded)
    assert list(back) == sorted(back)
    for place, character in zip(back, folded, strict=True):
        assert character in _FOLDING[ord(text[place])]


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_nothing_to_read() -> None:
    assert all(is_empty(fold(text)) for text in ("", " \u3000\n", "\u200b\u200b", "……!!!", "---", "。，"))
    assert not any(is_empty(fold(text)) for text in ("1", "a", "家", "🔥", "€" + "家"))


def test_folding_follows_the_unicode_standard() -> None:
    for code in (*range(0xFF01, 0xFF5F), *range(0x3300, 0x33FF), *range(0xF900, 0xFA2D)):
        expected = unicodedata.normalize("NFKC", chr(code))
        assert fold(chr(code)) == "".join(" " if c.isspace() else c for c in expected)
