"""Every diagnostic code of the PDDL domain, with its long explanation."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

_ANSWER: dict[str, Code] = {
    "pddl-malformed-plan": Code(
        "The text is not a plan",
        "A plan is a sequence of lists `(action object …)`; blank lines and `;` comments may "
        "stand between them. Anything else (prose, numbering, bare words, nested or open "
        "parentheses) makes the whole text malformed: it is never skipped, because what is "
        "skipped is not judged.",
        "Write one action per line in parentheses, and nothing else.",
    ),
    "pddl-empty-plan": Code(
        "The plan has no steps and the goal does not hold",
        "A text without any action is the empty plan. It is right exactly when the goal already "
        "holds in the initial state, and here it does not. Prose is never read as an empty plan.",
        "Give the actions that reach the goal.",
    ),
    "pddl-unknown-action": Code(
        "A step names no action of the domain",
        "The first word of a step must be the name of an action, in upper or lower case.",
        "Use the actions that the message lists.",
    ),
    "pddl-unsupported-action": Code(
        "A step names an action of an unsupported kind",
        "Durative actions and the like are not decided by any critic, so the plan is neither "
        "accepted nor rejected.",
        "Judge the plan with a validator for temporal plans.",
    ),
    "pddl-wrong-arity": Code(
        "A step has too few or too many objects",
        "A step must give one object for each parameter of its action, no more and no fewer, "
        "even for parameters that no condition mentions.",
        "Compare the step with the action's signature in the message.",
    ),
    "pddl-unknown-object": Code(
        "A step names an object that does not exist",
        "Every argument must be an object of the problem or a constant of the domain, even where "
        "no condition mentions the parameter.",
        "Use the objects of the problem.",
    ),
    "pddl-wrong-type": Code(
        "A step gives an object of the wrong type",
        "An argument must be of its parameter's type or of one of its subtypes.",
        "Use one of the objects that the message lists.",
    ),
    "pddl-precondition": Code(
        "A step cannot be executed",
        "A precondition of the step does not hold in the state that the steps before it lead to. "
        "The notes say which one, and which step made it false. Later steps were not checked.",
        "Change the steps before it, or replace it.",
    ),
    "pddl-undefined-value": Code(
        "A step reads a number that has no value",
        "A numeric fluent has a value only if the initial state or an effect gives it one. A "
        "condition or an effect that reads one without has no outcome.",
        "Use objects for which the number is defined, or give it in `:init`.",
    ),
    "pddl-division-by-zero": Code(
        "A step divides by zero",
        "An effect of the step divides by an expression whose value is zero there.",
        "Use objects for which the divisor is not zero.",
    ),
    "pddl-conflicting-effects": Code(
        "A step changes one number in two ways at once",
        "Several `increase` and `decrease` of one fluent in one step add up, and several scalings "
        "multiply; an `assign` together with any of them, two kinds of them, or two assignments "
        "of different values have no defined outcome.",
        "Change the step; if it can never have an outcome, the domain is at fault.",
    ),
    "pddl-goal": Code(
        "The goal does not hold at the end",
        "Every step can be executed, but after the last one some conditions of the goal do not "
        "hold. The notes say which step undid each, or that it has never been true.",
        "Add the missing steps, or avoid the step that undoes the goal.",
    ),
    "pddl-not-executed": Code(
        "The plan was not executed",
        "The task has parts that are declared unsupported, such as durative actions. What a plan "
        "does then is not known, so it is neither accepted nor rejected.",
        "Remove those parts, or judge the plan with a validator that supports them.",
    ),
    "pddl-too-expensive": Code(
        "The check costs too much",
        "Quantifiers, derived predicates, long plans and growing numbers can make a check "
        "arbitrarily expensive. It is given up after a fixed number of evaluation steps, which "
        "does not depend on the machine. The plan is neither accepted nor rejected.",
        "Make the problem smaller, or judge the plan with another validator.",
    ),
    "pddl-plan-cost": Code(
        "What the plan costs",
        "The value of the problem's metric after the last step. It decides no verdict, and "
        "nothing says that it is the best.",
        "Nothing needs to be done.",
    ),
}

_PROBLEM: dict[str, Code] = {
    "pddl-syntax": Code(
        "The PDDL cannot be read",
        "Something stands where the grammar of PDDL expects something else.",
        "Repair the text at the line and column that the message names.",
    ),
    "pddl-missing-section": Code(
        "A section is missing",
        "A problem needs `:init` and `:goal`; without them there is nothing to judge against.",
        "Add the section.",
    ),
    "pddl-undeclared-predicate": Code(
        "A predicate is not declared",
        "Every predicate must stand in `:predicates`. An undeclared one is not taken as false: it "
        "is most often a misspelling.",
        "Declare it, or correct its name.",
    ),
    "pddl-undeclared-function": Code(
        "A function is not declared",
        "Every numeric function must stand in `:functions`.",
        "Declare it, or correct its name.",
    ),
    "pddl-undeclared-type": Code(
        "A type is not declared",
        "Every type must stand in `:types`, on either side of a `-`.",
        "Declare it, or correct its name.",
    ),
    "pddl-undeclared-object": Code(
        "An object is not declared",
        "Names in conditions, effects and facts must be constants of the domain, or objects of "
        "the problem where the problem mentions them.",
        "Declare it, or correct its name.",
    ),
    "pddl-unbound-variable": Code(
        "A variable is not bound",
        "A variable must be a parameter of the action or bound by a quantifier around it.",
        "Add it to the parameters, or correct its name.",
    ),
    "pddl-problem-arity": Code(
        "A predicate or function has the wrong number of arguments",
        "Every use must have as many arguments as the declaration.",
        "Compare it with the declaration in the message.",
    ),
    "pddl-problem-type": Code(
        "An argument in the PDDL can never be of the declared type",
        "The declared types of the argument and of the parameter have nothing in common.",
        "Correct the argument or the declaration.",
    ),
    "pddl-duplicate-name": Code(
        "A name has two meanings",
        "An action defined twice, an object with two types, a parameter or section that occurs "
        "twice: which one is meant cannot be known.",
        "Keep one of them.",
    ),
    "pddl-type-cycle": Code(
        "A type is below itself",
        "The type hierarchy must have no cycles.",
        "Remove one of the `-` in `:types`.",
    ),
    "pddl-number": Code(
        "A number cannot be read",
        "Numbers are decimal, such as `3` or `-0.25`, with at most 1,000 characters; they are "
        "computed with exactly.",
        "Write the number as a decimal.",
    ),
    "pddl-contradictory-init": Code(
        "The initial state contradicts itself",
        "One fact is both true and false, or one fluent has two values.",
        "Keep one of the two.",
    ),
    "pddl-derived-changed": Code(
        "A derived predicate is given or changed",
        "Derived predicates follow from their rules; neither `:init` nor an effect can set them.",
        "Use a predicate of its own for what is set.",
    ),
    "pddl-unstratified": Code(
        "A derived predicate depends on its own negation",
        "PDDL 2.2 asks for stratified rules: otherwise what is derived has no single meaning.",
        "Break the cycle through the negation.",
    ),
}

_WART: dict[str, Code] = {
    "pddl-stray-parenthesis": Code(
        "There is a closing parenthesis too many",
        "It closes nothing, and was ignored. It changes no verdict.",
        "Remove it.",
    ),
    "pddl-unusual-name": Code(
        "A name does not start with a letter",
        "PDDL asks for a letter; the name was read as it is. It changes no verdict.",
        "Nothing needs to be done.",
    ),
    "pddl-repeated-name": Code(
        "Something is declared twice in the same way",
        "The second declaration says the same as the first. It changes no verdict.",
        "Remove one of them.",
    ),
    "pddl-glued-dash": Code(
        "A `-` and a type are written as one word",
        "`?x -t` was read as `?x - t`. It changes no verdict.",
        "Put a space after the `-`.",
    ),
    "pddl-loose-type": Code(
        "A variable's type is wider than the declaration",
        "The variable ranges over objects for which the predicate or function is not declared. "
        "For those it is as false or undefined as the state says. It changes no verdict.",
        "Narrow the variable's type.",
    ),
    "pddl-foreign-form": Code(
        "A form that is not PDDL stands outside the definition",
        "`(in-package …)` has no meaning in PDDL and was ignored.",
        "Remove it.",
    ),
    "pddl-undeclared-requirement": Code(
        "`:requirements` does not declare all that is used",
        "The features are understood and were used as they are written. It changes no verdict.",
        "Declare them.",
    ),
    "pddl-other-domain": Code(
        "The problem names another domain",
        "The problem was judged against the domain that was sent. It changes no verdict.",
        "Check that the two texts belong together.",
    ),
    "pddl-implied-zero": Code(
        "`total-cost` has no initial value",
        "Nothing but the metric reads it, so it starts at 0. It changes no verdict.",
        "Add `(= (total-cost) 0)` to `:init`.",
    ),
    "pddl-metric-unread": Code(
        "The metric is not evaluated",
        "It mentions what a sequential plan does not have, such as `total-time`. A metric decides "
        "no verdict.",
        "Nothing needs to be done.",
    ),
}

_SEARCH: dict[str, Code] = {
    "pddl-hint": Code(
        "Help with a rejected plan",
        "How much of the plan can be kept, how many steps are still needed at least, which facts "
        "every plan must make true, or a step that a plan goes on with. Each was computed.",
        "Use it for the next answer.",
    ),
    "pddl-infeasible": Code(
        "No plan exists",
        "Every state that can be reached from the initial state was searched, and the goal holds "
        "in none of them. The number of states is part of the finding.",
        "Change the goal, the initial state or the actions.",
    ),
    "pddl-not-optimal": Code(
        "A cheaper plan exists",
        "By the problem's metric another plan costs less. It passed the critics; it is not shown.",
        "Look for a cheaper plan.",
    ),
    "pddl-optimality-undecided": Code(
        "Whether a cheaper plan exists was not decided",
        "Too many states could lead to a cheaper plan, or the metric is no sum of costs.",
        "Allow more time, or do not demand an optimal plan.",
    ),
    "pddl-feasibility-undecided": Code(
        "Whether any plan exists was not decided",
        "The search found no plan and did not reach every state: there are too many, a condition "
        "is too expensive, or part of the task is not supported.",
        "Nothing needs to be done; answers are judged all the same.",
    ),
}

CODES: Mapping[str, Code] = MappingProxyType(_ANSWER | _PROBLEM | _WART | _SEARCH)
