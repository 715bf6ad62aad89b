import pytest

from critics.pddl.lines import Kind, Names, Style, read_line

NAMES = Names({"pick-up": 1, "stack": 2}, frozenset("abc"), frozenset({"on", "clear"}))


@pytest.mark.parametrize(
    ("text", "steps", "number"),
    [
        ("(stack a b)", [("stack", "a", "b")], None),
        ("3. (STACK A B)", [("stack", "a", "b")], 3),
        ("Step 12: stack a b", [("stack", "a", "b")], 12),
        ("  - `(pick-up a)` to free b (later)", [("pick-up", "a")], None),
        ("2) Put a on b: (stack a b).", [("stack", "a", "b")], 2),
        ("(pick-up a) (stack a b)", [("pick-up", "a"), ("stack", "a", "b")], None),
        ("(pick-up a) ; (stack a b) comes next", [("pick-up", "a")], None),
        ("(lift a)", [("lift", "a")], None),
        ("(stack a", [("stack", "a")], None),
        ("0.000: (pick-up a) [1.000]", [("pick-up", "a")], 0),
        ("Stack a on b", [("stack", "a", "b")], None),
    ],
)
def test_reads_the_steps_and_the_number_of_a_line(text, steps, number):
    line = read_line(text, NAMES)
    assert (line.kind, list(line.steps), line.number) == (Kind.STEPS, steps, number)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Kind.BLANK),
        ("---", Kind.BLANK),
        (")", Kind.BLANK),
        ("(define (plan p)", Kind.BLANK),
        ("(:steps", Kind.BLANK),
        ("; (pick-up a)", Kind.PROSE),
        ("# (pick-up a)", Kind.STEPS),
        ("The block a is clear.", Kind.PROSE),
        ("We cannot (pick-up a) now.", Kind.PROSE),
        ("- (pick-up a) is not possible", Kind.PROSE),
        ("(this is needed for the goal)", Kind.PROSE),
    ],
)
def test_tells_steps_from_words_and_from_what_holds_a_plan(text, kind):
    assert read_line(text, NAMES).kind is kind


def test_knows_how_a_step_is_written():
    written = {"(stack a b)": "PARENTHESES", "stack a b": "WORDS", "Stack a on b": "TOLD"}
    assert {text: read_line(text, NAMES).style.name for text in written} == written
    assert Style.TOLD is not Style.WORDS


def test_only_a_lenient_reading_takes_steps_out_of_a_sentence():
    text = "The plan is (pick-up a), (stack a b)."
    assert read_line(text, NAMES).kind is Kind.PROSE
    assert len(read_line(text, NAMES, lenient=True).steps) == 2
    assert read_line("We never do (pick-up a).", NAMES, lenient=True).kind is Kind.PROSE
