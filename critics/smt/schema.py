"""The payload of the domain `smt`: a constraint problem in one of two forms."""

from typing import Literal, Self

from pydantic import Field, StrictFloat, StrictInt, StrictStr, model_validator

from critics.types import Frozen, Problem

Bound = StrictInt | StrictFloat | StrictStr
"""A bound as JSON has it; a float is read by its shortest decimal, a string exactly."""


class Variable(Frozen):
    """A variable that the answer gives a value to."""

    type: Literal["int", "real", "bool", "enum", "bitvec", "string"] = Field(
        description="Its sort. Reals are exact rationals, never floating point."
    )
    min: Bound | None = Field(
        None, description='Least value of an int or real; a real may be a string such as "1/3".'
    )
    max: Bound | None = Field(None, description="Greatest value of an int or real.")
    values: tuple[str, ...] | None = Field(None, description="The values of an enum, in order.")
    width: int | None = Field(None, description="The width of a bitvec, in bits.")
    description: str | None = Field(None, description="What it means, for the model.")


class Rule(Frozen):
    """Something that must hold."""

    name: str = Field(min_length=1, max_length=200, description="A unique name, used in messages.")
    expr: str = Field(description="A Boolean expression in Python's syntax over the variables.")
    why: str | None = Field(None, description="What it is for, in words; shown to the model.")


class Goal(Frozen):
    """What makes one answer better than another: exactly one of the two."""

    minimize: str | None = Field(None, description="An expression to be as small as possible.")
    maximize: str | None = Field(None, description="An expression to be as large as possible.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.minimize is None) == (self.maximize is None):
            raise ValueError("an objective has exactly one of `minimize` and `maximize`")
        return self


class SmtProblem(Problem):
    """A constraint problem: SMT-LIB 2 text, or variables and named constraints.

    `expr` knows `+ - * / // % **`, comparisons and their chains, `and or not`, `x if c else y`,
    `in`, and the functions `min max abs sum all_different implies`. `/` divides exactly; `//` and
    `%` are Euclidean (`x % y` is never negative); dividing by zero makes a constraint undefined,
    and what is undefined is never certified (a bit-vector's division by zero is all ones, as in
    SMT-LIB). In arithmetic `true` counts 1 and `false` 0. An
    enum's values are written as strings. Bit-vectors also know `& | ^ ~ << >>` and are unsigned.
    """

    smtlib: str | None = Field(None, description="SMT-LIB 2: declarations, definitions, `assert`.")
    variables: dict[str, Variable] | None = None
    constraints: tuple[Rule, ...] | None = None
    objective: Goal | None = Field(
        None, description="Expressions of the form used: SMT-LIB terms beside `smtlib`."
    )
    optimal: bool = Field(
        default=False, description="Whether only an optimal answer is right; needs an objective."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        friendly = self.variables is not None or self.constraints is not None
        if (self.smtlib is not None) == friendly:
            raise ValueError("give either `smtlib`, or `variables` and `constraints`")
        if friendly and (self.variables is None or self.constraints is None):
            raise ValueError("`variables` and `constraints` belong together")
        if self.optimal and self.objective is None:
            raise ValueError("`optimal` needs an `objective`")
        return self
