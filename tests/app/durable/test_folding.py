"""Long texts are kept apart, and come back as they were."""

from hypothesis import given
from hypothesis import strategies as st

from app.durable.folding import LONG, MARK, fold, hashes, unfold

TEXT = st.text(max_size=20) | st.text(max_size=5).map(MARK.__add__) | st.just("x" * LONG)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(JSON)
def test_what_is_folded_comes_back(value):
    texts: dict[str, str] = {}
    folded = fold(value, texts)
    assert unfold(folded, texts) == value
    assert set(hashes(folded)) == set(texts)


def test_a_long_text_is_taken_out_once():
    texts: dict[str, str] = {}
    folded = fold(["y" * LONG, {"a": "y" * LONG}, "short"], texts)
    assert list(texts.values()) == ["y" * LONG]
    assert len(str(folded)) < 200
