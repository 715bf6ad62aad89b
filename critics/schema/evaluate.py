"""Evaluate a value against a schema, keyword by keyword, as the specification says.

Invariants:
    * Every keyword that the dialect gives a meaning is decided, or `Undecided` is raised; none is
      passed over.
    * What a schema has evaluated (for `unevaluatedItems` and `unevaluatedProperties`) is kept
      only where that schema is satisfied.

Source: JSON Schema Core 2020-12, sections 7.7 (annotations), 8.2 (references), 10 and 11.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from critics.schema.applicators import APPLICATORS
from critics.schema.assertions import ASSERTIONS, is_type, name_type, show
from critics.schema.formats import FORMATS
from critics.schema.frames import Fault, Frame, Outcome
from critics.schema.patterns import Untranslatable
from critics.schema.reader import Exact
from critics.schema.resources import Library, Schema, UnknownDialect, Unresolvable
from critics.types import Diagnostic, Severity, Undecided

MAX_NESTED = 150
"""Schemas that may be applied inside each other; more means a loop."""


class Evaluation:
    """One walk over a document.

    Args:
        library: Where schemas are found.
        assert_formats: Whether `format` objects.
    """

    def __init__(self, library: Library, *, assert_formats: bool = False) -> None:
        self.library = library
        self._assert_formats = assert_formats
        self._scope: list[str] = []

    @property
    def scope(self) -> tuple[str, ...]:
        """URIs of the resources that were entered, the outermost first."""
        return tuple(self._scope)

    def run(self, schema: Schema, base: str, value: Exact) -> list[Fault]:
        """Evaluate a whole document.

        Raises:
            Undecided: A keyword could not be decided.
        """
        try:
            return self.apply(schema, base, value, "").faults
        except Untranslatable as error:
            raise undecided(f"a pattern or format cannot be decided: {error}") from error
        except (Unresolvable, UnknownDialect) as error:
            raise undecided(f"`{str(error)[:200]}` leads to no schema of the problem") from error
        except RecursionError as error:
            raise _too_nested() from error

    def apply(self, schema: Schema, base: str, value: Exact, at: str) -> Outcome:
        """Evaluate a value against a schema."""
        out = Outcome()
        if schema is False:
            out.faults.append(Fault("schema-extra", "nothing is allowed here", at, "false"))
        if isinstance(schema, bool):
            return out
        if not isinstance(schema, dict):
            raise undecided("a part of the schema is no schema")
        base = self.library.bases.get(id(schema), base)
        dialect = self.library.resource(base).dialect
        with self._entered(base):
            self._apply_keywords(Frame(schema, base, dialect, value, at, out))
        return out

    @contextmanager
    def _entered(self, base: str) -> Iterator[None]:
        if len(self._scope) >= MAX_NESTED:
            raise _too_nested()
        self._scope.append(base)
        try:
            yield
        finally:
            self._scope.pop()

    def _apply_keywords(self, frame: Frame) -> None:
        alone = frame.dialect.lone_ref and "$ref" in frame.schema
        for keyword in ("$ref",) if alone else frame.dialect.keywords:
            if keyword not in frame.schema:
                continue
            applicator = APPLICATORS.get(keyword)
            if applicator is not None:
                applicator(self, frame)
            elif keyword == "type":
                _check_type(frame)
            elif keyword == "format":
                self._check_format(frame)
            else:
                _assert(frame, keyword)

    def _check_format(self, frame: Frame) -> None:
        name = frame.schema["format"]
        if not (self._assert_formats or frame.dialect.asserts_format):
            return
        if not isinstance(frame.value, str):
            return
        if name not in FORMATS:
            raise undecided(f"no critic decides the format `{str(name)[:60]}`")
        if not FORMATS[name](frame.value):
            said = f"{show(frame.value)} is not of format `{name}`"
            frame.object("format", "schema-format", said)


def undecided(why: str) -> Undecided:
    """Say that a document cannot be decided."""
    return Undecided([Diagnostic(code="schema-undecided", headline=why, severity=Severity.UNKNOWN)])


def _too_nested() -> Undecided:
    return undecided("the schema refers to itself without end, or the document nests too deep")


def _check_type(frame: Frame) -> None:
    wanted = frame.schema["type"]
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(is_type(name, frame.value, frame.dialect) for name in names):
        listed = " or ".join(names)
        said = f"{show(frame.value)} is of type {name_type(frame.value)}, {listed} is needed"
        frame.object("type", "schema-type", said)


def _assert(frame: Frame, keyword: str) -> None:
    limit = frame.schema[keyword]
    if frame.dialect.exclusive_flags and keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        return
    kind, code, check = ASSERTIONS[keyword]
    if frame.dialect.exclusive_flags and keyword in ("minimum", "maximum"):
        strict = f"exclusive{keyword.capitalize()}"
        check = ASSERTIONS[strict][2] if frame.schema.get(strict) is True else check
    if kind != "any" and not is_type(kind, frame.value, frame.dialect):
        return
    said = check(limit, frame.value)
    if said is not None:
        frame.object(keyword, code, said)
