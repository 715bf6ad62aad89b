import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.failures import ServiceError
from app.strict_json import read_json

DEPTH = 8
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('[]{}"\\,:ab'), inner),
    max_leaves=12,
)


def depth(value) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(value=PLAIN, ascii_only=st.booleans(), indent=st.none() | st.integers(0, 3))
def test_what_json_writes_is_read_back_unless_it_is_too_deep(value, ascii_only, indent):
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    if depth(value) > DEPTH:
        with pytest.raises(ServiceError, match="deeper"):
            read_json(body, DEPTH)
    else:
        assert read_json(body, DEPTH) == value


@given(
    body=st.binary(max_size=60) | st.text('{}[]",:0123456789eE+-.\\u ', max_size=60).map(str.encode)
)
def test_any_bytes_are_a_value_or_one_kind_of_error(body):
    value = None
    with contextlib.suppress(ServiceError):
        value = read_json(body, DEPTH)
    assert depth(value) <= DEPTH
    json.dumps(value, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": 1, "a": 2}', "key `a` stands twice"),
        (b'{"x": {"a": 1, "a": 1}}', "key `a` stands twice"),
        (b"[NaN]", "`NaN` is not a JSON number"),
        (b"[-Infinity]", "`-Infinity` is not a JSON number"),
        (b"[-1e400]", "too large"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[1,]", "line 1, column"),
    ],
)
def test_what_json_leaves_open_is_refused(body, said):
    with pytest.raises(ServiceError, match=said):
        read_json(body, DEPTH)


def test_brackets_inside_strings_do_not_nest():
    assert read_json(b'["' + b"[{" * 1000 + b'\\"[["]', 1) == ["[{" * 1000 + '"[[']
