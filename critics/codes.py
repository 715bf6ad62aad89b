"""Every diagnostic code of the kernel itself, with its long explanation.

A domain brings its own codes (`Domain.codes`); `/errors/{code}` serves both. Codes are stable:
a meaning never changes, a retired code is never used again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Code:
    """The long explanation of one stable code.

    Attributes:
        title: What happened, in one line that stands alone.
        explanation: Why it happens and what it means for the verdict.
        action: What to do next.
    """

    title: str
    explanation: str
    action: str


KERNEL_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "critic-crashed": Code(
            "A critic failed",
            "A critic raised an error or its worker process died. Whatever it would have found is "
            "not known, so the candidate is neither accepted nor rejected.",
            "Report the problem and the answer; both are in the run's record.",
        ),
        "critic-deadline": Code(
            "A critic ran out of time",
            "The check did not finish before its deadline and its process was ended. The "
            "candidate is neither accepted nor rejected.",
            "Allow more seconds per check, or make the problem smaller.",
        ),
        "critic-memory": Code(
            "A critic ran out of memory",
            "The check reached its memory cap and was ended. The candidate is neither accepted "
            "nor rejected.",
            "Allow more memory per worker, or make the problem smaller.",
        ),
        "not-covered": Code(
            "Part of the problem is decided by no critic",
            "The problem uses a feature that is declared unsupported. It is never ignored: no "
            "candidate can be accepted while it stands.",
            "Remove the feature from the problem, or judge it with a tool that supports it.",
        ),
        "opinions-disagree": Code(
            "Two independent engines disagree",
            "The kernel's critics and the second opinion reached different verdicts on the same "
            "candidate. One of them is wrong, so nothing is certified.",
            "Report the problem and the answer: this is a bug in one of the two engines.",
        ),
        "assurance-not-reached": Code(
            "The demanded assurance was not reached",
            "The request demands a second opinion (`cross`) or a proof, and none was available "
            "for this candidate.",
            "Ask for `assurance: auto`, or give the second opinion more time.",
        ),
        "candidate-too-large": Code(
            "The answer is too large to judge",
            "The text is longer than the domain's cap.",
            "Answer with the result alone, without explanation.",
        ),
        "candidate-not-unicode": Code(
            "The answer is no text",
            "The answer holds half of a surrogate pair, which stands for no character and which "
            "no UTF-8 text can hold. It was rejected unread.",
            "Answer in plain text.",
        ),
        "problem-invalid": Code(
            "The problem does not fit the domain's schema",
            "A field is missing, unknown or of the wrong type. Nothing was judged.",
            "Compare the problem with the schema at `/domains/{name}`.",
        ),
        "domain-unknown": Code(
            "There is no domain of that name",
            "Domains are found through the entry-point group `llm_modulo.domains`.",
            "List the installed domains with `modulo domains`.",
        ),
        "domain-broken": Code(
            "A domain cannot be loaded",
            "An installed domain failed to import or is not a `Domain`.",
            "Repair or uninstall the package that the message names.",
        ),
        "optimality-undecided": Code(
            "It was not shown that no answer is better",
            "The request accepts only the best answer (`require_optimal`). An answer satisfies the "
            "problem, but no engine could show in time that none is better, or the problem has no "
            "objective. Another call to the model would not change that.",
            "Leave `require_optimal` out, or give the problem an objective and tighter bounds.",
        ),
        "not-certifiable": Code(
            "There is no certificate for this answer",
            "Before a certificate is issued the answer is judged once more. The critics did not "
            "accept it, or an independent engine spoke against it.",
            "Look at the verdict's diagnostics; only an accepted answer is certified.",
        ),
        "certificate-altered": Code(
            "The certificate was altered",
            "A part of the file is not what a certificate for this problem and this answer says.",
            "Ask for the original file.",
        ),
        "certificate-invalid": Code(
            "The document is not a certificate",
            "It is no JSON, or a field is missing, unknown or of the wrong type.",
            "Give the JSON file exactly as the service returned it.",
        ),
        "no-candidate": Code(
            "The response holds no answer",
            "Nothing in the response looks like an answer of this domain, so there was nothing "
            "to judge.",
            "Answer in the format that the task asks for.",
        ),
        "sexpr-unclosed": Code(
            "A parenthesis is never closed",
            "The text ends inside a list. The finding names the innermost parenthesis that is "
            "still open.",
            "Add the missing `)`.",
        ),
        "sexpr-character": Code(
            "A character starts nothing that can be read",
            "No token of the language starts with this character; most often it opens a string "
            "or a quoted symbol that is never closed.",
            "Close or remove it.",
        ),
        "sexpr-too-large": Code(
            "A text is larger than the reader's caps",
            "Size, nesting depth and token count are capped, so that no text can exhaust the "
            "service.",
            "Send a smaller text.",
        ),
        "translation-short": Code(
            "There were fewer translations than asked for",
            "The budget, or the recording, ended before the prose was translated as often as "
            "demanded. Without them there is nothing to compare, so nothing was judged.",
            "Raise the dimension of the budget that the finding names.",
        ),
        "line-not-json": Code(
            "A line of a batch is no JSON",
            "Each line of `modulo check --jsonl` is one JSON object in UTF-8. The other lines are "
            "not affected.",
            "Write one JSON object per line.",
        ),
        "line-invalid": Code(
            "A line of a batch is no check",
            "The object lacks a field, or has one that is not known or of the wrong type.",
            "Send `id`, `domain`, `problem`, `answer` and, if wanted, `exact`.",
        ),
        "line-too-long": Code(
            "A line of a batch is too long",
            "Lines are capped, so that no line can exhaust the service.",
            "Send a smaller problem or answer.",
        ),
    }
)
