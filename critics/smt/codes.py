"""The codes of the domains `smt` and `claim`, with their explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

SMT_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "smt-violated": Code(
            "A constraint is false",
            "The constraint was evaluated exactly under the answer's values, and it is false. The "
            "finding names it, the part that fails and both sides' values.",
            "Change the values that the constraint speaks of.",
        ),
        "smt-undefined": Code(
            "A constraint has no value",
            "Whether the constraint holds depends on how a partial function is extended: division "
            "or remainder by zero, or a selector of another constructor. SMT-LIB lets a solver "
            "choose; an answer that relies on that choice is not certified.",
            "Choose values for which every divisor is other than 0.",
        ),
        "smt-undecided": Code(
            "A constraint could not be decided",
            "The evaluator met an unbounded quantifier or a computation beyond its caps, and no "
            "engine decided the constraint in time. The answer is neither accepted nor rejected.",
            "Bound the quantified variables, or make the constraint smaller.",
        ),
        "smt-engine-decided": Code(
            "A constraint was decided by an engine",
            "The evaluator cannot decide an unbounded quantifier. The constraint and its negation "
            "were put to an engine under the answer's values, and exactly one was unsatisfiable.",
            "Bound the quantified variables, and the evaluator decides it alone.",
        ),
        "smt-answer-json": Code(
            "The answer is not a JSON object",
            "An answer is one JSON object from variable to value, without text around it.",
            "Answer with one JSON object.",
        ),
        "smt-answer-duplicate": Code(
            "A variable is given twice",
            "JSON readers differ on repeated keys, so they are refused.",
            "Give each variable one value.",
        ),
        "smt-answer-missing": Code(
            "A variable has no value",
            "Every variable of the problem needs a value; none is made up.",
            "Give every variable a value.",
        ),
        "smt-answer-extra": Code(
            "The answer names something that is no variable",
            "Only the problem's variables have values.",
            "Leave it out, or correct its name.",
        ),
        "smt-answer-value": Code(
            "A value is not of its variable's sort",
            "Values are read strictly: no Bool for an Int, no `3.0` for an Int, no floating point "
            "for a Real, no value outside a bit-vector's width or an enumeration.",
            "Write the value as the answer's format asks.",
        ),
        "smt-problem-command": Code(
            "An SMT-LIB command is not allowed",
            "Only declarations, definitions and assertions are read; `check-sat` and `get-model` "
            "are ignored. Everything else is refused by name, because commands can write files or "
            "change what is asserted.",
            "Remove the command.",
        ),
        "smt-problem-syntax": Code(
            "The problem cannot be read",
            "A part of the problem is not SMT-LIB, or not in the allowed expression syntax.",
            "Correct it at the place that the finding names.",
        ),
        "smt-problem-sort": Code(
            "The problem is not well sorted",
            "An operator is applied to arguments that it does not take, or a declaration is "
            "inconsistent.",
            "Correct it at the place that the finding names.",
        ),
        "smt-problem-name": Code(
            "A name of the problem is unknown or declared twice",
            "Every symbol is declared once before it is used, and every constraint has its own "
            "name.",
            "Declare it, or rename one of the two.",
        ),
        "smt-problem-empty": Code(
            "The problem asserts nothing",
            "Every answer would satisfy a problem without constraints.",
            "Add at least one constraint.",
        ),
        "smt-problem-limit": Code(
            "The problem passes a cap",
            "Sizes, nesting, literals, widths and indices are capped, so that no problem can "
            "exhaust the service.",
            "State the problem with smaller parts.",
        ),
        "smt-problem-unsupported": Code(
            "The problem uses a feature that is not supported",
            "The feature is declared unsupported, never ignored.",
            "Restate the problem without it.",
        ),
        "smt-not-optimal": Code(
            "A better answer exists",
            "All constraints hold, the problem demands an optimal answer, and an engine found a "
            "better one, which the exact evaluator confirmed.",
            "Look for an answer with a better objective.",
        ),
        "smt-optimality-undecided": Code(
            "Whether the answer is optimal is not known",
            "The problem demands an optimal answer, and no engine decided in time whether a better "
            "one exists.",
            "Allow more time, or do not demand `optimal`.",
        ),
        "smt-infeasible": Code(
            "No answer can satisfy the constraints",
            "An engine proved that the named constraints contradict each other. The conflict is "
            "minimal: without any one of them it is gone.",
            "Relax one of the named constraints.",
        ),
        "smt-repair": Code(
            "How the answer could be repaired",
            "Computed by an engine and checked by the evaluator: how many values must change, "
            "which, or to what, by the level of hints that was asked for.",
            "Change the named values.",
        ),
        "smt-conflict": Code(
            "Values and constraints that cannot stand together",
            "A minimal set of the answer's values and the problem's constraints that contradict "
            "each other. Other conflicts may remain.",
            "Change at least one of the named values.",
        ),
    }
)

CLAIM_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "claim-valid": Code(
            "A claim follows",
            "It holds in every case that the rules and premises allow. The finding names the rules "
            "that suffice. It is about the formal claim, not about the prose it translates.",
            "Nothing needs to be done.",
        ),
        "claim-invalid": Code(
            "A claim contradicts the rules",
            "It holds in no case that the rules and premises allow. The finding names the rules "
            "that suffice to refute it.",
            "Drop the claim, or state its opposite.",
        ),
        "claim-satisfiable": Code(
            "A claim does not follow",
            "It holds in some cases that the rules and premises allow and not in others; where one "
            "of each was confirmed, the finding shows it.",
            "Add the missing condition to the claim, or the missing fact to the premises.",
        ),
        "claim-impossible": Code(
            "The rules and premises contradict each other",
            "No case satisfies them, so every claim and its opposite would follow. The finding "
            "names a contradiction.",
            "Correct the named rules or premises.",
        ),
        "claim-ambiguous": Code(
            "Translations of a claim differ",
            "Several formal readings of the same prose were given, and they do not mean the same.",
            "State the claim more precisely.",
        ),
        "claim-unknown": Code(
            "A claim could not be decided",
            "No engine decided in time whether the claim follows.",
            "Make the rules or the claim smaller.",
        ),
        "claim-untranslated": Code(
            "A sentence has no formal reading",
            "The prose was translated by a model, and for this sentence at least one translation "
            "has no formula that can be read; or all say that the rules' variables cannot express "
            "it. It was not judged, so the prose as a whole is not accepted.",
            "State it in terms of the rules' variables, leave it out, or give the formal claims.",
        ),
        "claim-answer": Code(
            "The answer is not a list of formal claims",
            "An answer is a JSON object with the key `claims`; every claim is a formula in the "
            "language of the rules.",
            "Write the claims as the answer's format asks.",
        ),
    }
)
