import json
import re
import shutil
import subprocess
from random import Random

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
        "(?<=a)*b",
        "\\b+",
        "\\p{L}}",
    ],
)
def test_what_cannot_be_translated_is_not_guessed(pattern: str) -> None:
    with pytest.raises(Untranslatable):
        compile_pattern(pattern)


def test_a_compiled_pattern_is_pythons() -> None:
    assert isinstance(compile_pattern("a"), re.Pattern)


PARTS = [
    *("a", "b", "0", "_", "-", ".", "^", "$", "|", "*", "+", "?", "*?", "{2}", "{1,}", "{,2}"),
    *("\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "\\.", "\\/", "\\x41", "\\u0061"),
    *(
        "\\u{62}",
        "\\cJ",
        "\\t",
        "\\n",
        "\\0",
        "\\p{L}",
        "\\P{L}",
        "\\p{Nd}",
        "\\p{Lu}",
        "\\-",
        "\\_",
    ),
    *("[ab]", "[^ab]", "[\\w-]", "[-a]", "[^]", "[]", "[[]", "[\\]]", "[\\d-x]", "[\\b]", "[&&a]"),
    *("[~~]", "[^\\s]", "[^\\W]", "(", ")", "(?:", "(?=", "(?!", "(?<=", "(?<!", "{", "}", "]"),
    *("\u00e9", "\u2028", " ", "&", "#"),
]
TEXTS = [
    *("", "a", "b", "ab", "aab", "0", "a0", "_", "-", "\n", "a\n", "\na", "\r", "\u2028", "\u00e9"),
    *("\u00c9", "a\u00e9", " ", "\u00a0", "\ufeff", "A", ".", "/", "&", "~", "[", "]", "{", "{,2}"),
    *("\t", "\0", "\b", "\u0664", "aa", "a-b", "a b", "$", "^", "#"),
]
COMPARE = """
const wrong = [];
for (const [pattern, texts, found] of JSON.parse(require("fs").readFileSync(0))) {
  let expression;
  try { expression = new RegExp(pattern, "u"); } catch { expression = new RegExp(pattern); }
  texts.forEach((text, index) => {
    if (expression.test(text) !== found[index]) wrong.push([pattern, text]);
  });
}
console.log(JSON.stringify(wrong));
"""


def test_a_javascript_engine_agrees() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no `node` to compare with")
    random = Random(5)  # noqa: S311  # the same patterns every time
    cases = []
    while len(cases) < 1_000:
        pattern = "".join(random.choice(PARTS) for _ in range(random.randint(1, 5)))
        try:
            compiled = compile_pattern(pattern)
        except Untranslatable:
            continue
        cases.append([pattern, TEXTS, [compiled.search(text) is not None for text in TEXTS]])
    done = subprocess.run(
        [node, "-e", COMPARE], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
