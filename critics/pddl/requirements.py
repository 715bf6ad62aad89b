"""Compares the features a domain uses with the `:requirements` it declares.

Customary files under-declare, so a missing flag is a wart; an unknown flag may change the
meaning of everything, so it is declared unsupported.
"""

from critics.pddl.faults import list_some, shorten
from critics.pddl.sections import Definition
from critics.sexpr import Atom

IMPLIED = {
    ":adl": (
        ":strips",
        ":typing",
        ":negative-preconditions",
        ":disjunctive-preconditions",
        ":equality",
        ":quantified-preconditions",
        ":conditional-effects",
    ),
    ":quantified-preconditions": (":existential-preconditions", ":universal-preconditions"),
    ":fluents": (":numeric-fluents", ":action-costs"),
    ":numeric-fluents": (":action-costs",),
}
FEATURES = frozenset(
    {
        ":strips",
        ":typing",
        ":negative-preconditions",
        ":disjunctive-preconditions",
        ":equality",
        ":existential-preconditions",
        ":universal-preconditions",
        ":quantified-preconditions",
        ":conditional-effects",
        ":adl",
        ":fluents",
        ":numeric-fluents",
        ":action-costs",
        ":derived-predicates",
    }
)
DECLARED_BY_USE = frozenset(
    {
        ":durative-actions",
        ":duration-inequalities",
        ":continuous-effects",
        ":timed-initial-literals",
        ":preferences",
        ":constraints",
        ":object-fluents",
        ":time",
        ":domain-axioms",
    }
)
"""Flags that only announce something: it is what uses them that is unsupported."""


def check_requirements(definition: Definition) -> None:
    """Record missing and unknown requirement flags."""
    faults = definition.faults
    flags = definition.items(":requirements")
    declared = {str(flag) for flag in flags if isinstance(flag, Atom)}
    for flag in flags:
        if not isinstance(flag, Atom):
            faults.reject("pddl-syntax", "a requirement is a name such as `:strips`", flag)
        elif flag not in FEATURES and flag not in DECLARED_BY_USE:
            faults.give_up(f"the requirement `{shorten(flag)}`", flag)
    pending = list(declared)
    while pending:
        implied = set(IMPLIED.get(pending.pop(), ())) - declared
        declared |= implied
        pending += implied
    missing = [use for use in faults.uses if use not in declared]
    if missing:
        faults.warn(
            "pddl-undeclared-requirement",
            f"the {faults.source.name} uses {list_some(missing)} without declaring it in "
            "`:requirements`",
            definition.whole.at,
            definition.whole.at + 1,
        )
