import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.sexpr import PDDL, SMTLIB, Atom, Node, SexprError, Source, read


def read_text(text, dialect=PDDL, **caps):
    return read(Source("text", text), dialect, **caps)


def unwrap(item):
    return str(item) if isinstance(item, Atom) else [unwrap(part) for part in item]


def test_lists_atoms_comments_and_case():
    document = read_text("(Define ; a comment )\n (DOMAIN d)) x")
    assert [unwrap(item) for item in document.items] == [["define", ["domain", "d"]], "x"]
    assert document.stray == []


def test_a_question_mark_starts_a_token():
    (item,) = read_text("(aircraft?a - plane?b)").items
    assert unwrap(item) == ["aircraft", "?a", "-", "plane", "?b"]


def test_only_ascii_is_folded():
    (item,) = read_text("(pic\N{KELVIN SIGN} \N{LATIN CAPITAL LETTER A WITH DIAERESIS} UP)").items
    assert unwrap(item) == [
        "pic\N{KELVIN SIGN}",
        "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}",
        "up",
    ]


def test_smtlib_keeps_case_strings_and_quoted_symbols():
    (item,) = read_text('(assert (= |a b;( | "say ""(no)""" X)) ; done', SMTLIB).items
    assert unwrap(item) == ["assert", ["=", "|a b;( |", '"say ""(no)"""', "X"]]


def test_a_stray_parenthesis_is_kept_apart_with_its_place():
    document = read_text("(a))\n) b")
    assert [unwrap(item) for item in document.items] == [["a"], "b"]
    assert [document.source.position(offset) for offset in document.stray] == [(1, 4), (2, 1)]


def test_positions_point_into_the_authors_own_text():
    document = read_text("(a\n  (Bcd e))")
    outer = document.items[0]
    inner = outer[1]
    place = document.source.locate(inner.at, inner.end, "here")
    assert (place.line, place.column, place.end_column) == (2, 3, 10)
    assert (place.text, place.label) == ("  (Bcd e))", "here")
    assert document.source.spelling(inner[0]) == "Bcd"
    assert document.source.locate(outer.at, outer.end).end_column == 3


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("(a\n (b", "sexpr-unclosed", 2),
        ("(" * 1_000_000, "sexpr-too-large", 1),
        ("x" * 2_000_001, "sexpr-too-large", 1),
        ("a " * 1_000_001, "sexpr-too-large", 1),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(text, code, line):
    with pytest.raises(SexprError) as caught:
        read_text(text)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.at.line) == (code, line)
    assert len(fault.model_dump_json()) < 1_000


def test_an_open_string_is_an_error_where_it_starts():
    with pytest.raises(SexprError) as caught:
        read_text('(a\n "b c)', SMTLIB)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.at.line, fault.at.column) == ("sexpr-character", 2, 2)


def test_caps_can_be_set():
    assert read_text("(((a)))", max_depth=3).items
    with pytest.raises(SexprError):
        read_text("(((a)))", max_depth=2)
    assert read_text("x" * 2_000_001, max_chars=3_000_000).items


trees = st.recursive(
    st.from_regex(r"[a-z?:=<>+*/.0-9-]{1,6}", fullmatch=True).map(lambda t: t.replace("?", "q")),
    lambda parts: st.lists(parts, max_size=4),
    max_leaves=25,
)


def write(tree):
    return tree if isinstance(tree, str) else f"({' '.join(map(write, tree))})"


@given(st.lists(trees, max_size=4))
def test_what_is_written_is_read_back(items):
    document = read_text("\n".join(map(write, items)))
    assert [unwrap(item) for item in document.items] == items
    assert all(
        isinstance(item, Node) or document.source.spelling(item) == item for item in document.items
    )


@given(st.text(max_size=80), st.sampled_from([PDDL, SMTLIB]))
def test_any_text_is_read_or_refused(text, dialect):
    source = Source("text", text)
    try:
        document = read(source, dialect)
    except SexprError as error:
        (fault,) = error.diagnostics
        place = (fault.at.source, fault.code.startswith("sexpr-"))
    else:
        place = (document.source.name, len(document.items) <= len(text))
    assert place == ("text", True)
