import re

import pytest

from critics.schema.patterns import Untranslatable, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("^[\\w-]+$", "a-b_1", "a b"),
        ("^[a-z&&b]$", "&", "["),
        ("^[[]$", "[", "]"),
        ("^[^]$", "\n", ""),
        ("^a{,2}$", "a{,2}", "aa"),
        ("^a{1,2}$", "aa", "aaa"),
        ("^{}$", "{}", ""),
        ("^\\cJ$", "\n", "J"),
        ("^\\x41\\u0042\\u{43}$", "ABC", "abc"),
        ("^\\ud83d\\ude00$", "\U0001f600", "x"),
        ("^(?<year>\\d{4})$", "2024", "24"),
        ("^(?=a)(?!ab)a.$", "ac", "ab"),
        ("(?<=a)b", "ab", "b"),
        ("^[\\D]$", "x", "5"),
        ("^[^\\s]$", "x", "\u00a0"),
        ("^\\P{L}$", "1", "\u00e9"),
        ("^[\\p{Nd}x]$", "\u0664", "y"),
        ("^\\/\\-\\@$", "/-@", "x"),
        ("a|^$", "", "b"),
        ("^\\0$", "\0", "0"),
        ("^[\\b]$", "\b", "b"),
        ("\\bfoo\\b", "a foo", "\u00e9afoo"),
        ("^a*?$", "aa", "b"),
    ],
)
def test_a_pattern_means_what_ecma_262_says(pattern: str, yes: str, no: str) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.search(yes)
    assert not compiled.search(no)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a)\\1",
        "\\k<a>",
        "(?P<a>b)",
        "(?i)a",
        "(?>a)",
        "a++",
        "*a",
        "a|*",
        "(",
        ")",
        "[",
        "\\",
        "[z-a]",
        "\\p{Klingon}",
        "\\p",
        "\\u12",
        "\\u{110000}",
        "\\A",
        "\\Z",
        "\\_" + "\\q",
        "(?<=a+)b",
    ],
)
def test_what_cannot_be_translated_is_not_guessed(pattern: str) -> None:
    with pytest.raises(Untranslatable):
        compile_pattern(pattern)


def test_a_compiled_pattern_is_pythons() -> None:
    assert isinstance(compile_pattern("a"), re.Pattern)
