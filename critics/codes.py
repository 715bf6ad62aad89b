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
        "critic-remote": Code(
            "A critic's service gave no verdict",
            "The domain's critic is an HTTP service. It could not be reached in time, does not "
            "decide this, or its answer breaks the contract. The candidate is neither accepted "
            "nor rejected.",
            "See that the service runs in the version that the domain names.",
        ),
        "solution-exists": Code(
            "A solution exists",
            "The answer says that the problem has no solution. One was found that every critic "
            "accepts. It is not shown.",
            "Answer the problem.",
        ),
        "denial-undecided": Code(
            "Whether any solution exists was not decided",
            "The answer says that the problem has no solution. No witness against it was found, "
            "and no proof of it either: the domain cannot tell, or not in time.",
            "Answer the problem, or allow more time per check.",
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
            "It is no DSSE envelope, its JSON has two readings, or a field is missing, unknown or "
            "of the wrong type.",
            "Give the JSON file exactly as the service returned it.",
        ),
        "certificate-signature": Code(
            "The certificate's signature does not hold",
            "The file was altered since it was signed, or another key has signed it than the one "
            "asked for.",
            "Ask the issuer for the original file, or for the key that signed it.",
        ),
        "certificate-unsigned": Code(
            "The certificate is not signed",
            "What it claims can be proved again without a signature; what it records beside that "
            "(times, costs, models) may have been changed by anybody.",
            "Verify with `--no-signature` if the claim alone matters.",
        ),
        "certificate-key-unknown": Code(
            "The key of the signature is not known",
            "The certificate names no public key and none was given.",
            "Give the signer's public key with `--key FILE`, or verify with `--no-signature`.",
        ),
        "certificate-detached": Code(
            "The certificate names a text by its hash only",
            "Problems and answers above one MiB are not held in the certificate.",
            "Give them as well: `--problem FILE`, `--answer FILE`.",
        ),
        "certificate-about-another": Code(
            "The certificate is about something else",
            "The problem or the answer that was given has another hash than the certified one.",
            "Find the certificate of this problem and this answer.",
        ),
        "certificate-false": Code(
            "What the certificate claims is not so",
            "The claim was examined again and refuted: a better answer, or any answer, exists.",
            "Trust the certificate no further; tell its issuer.",
        ),
        "certificate-undecided": Code(
            "What the certificate claims was not shown again",
            "The engines that prove it are not installed, or did not finish in time.",
            "Verify where the domain's engines are installed, with more time.",
        ),
        "completion-not-text": Code(
            "The completion is no text",
            "A reward was asked for something that is neither a text nor chat messages whose last "
            "one, the assistant's, has a text. It is worth nothing.",
            "Send the text that the model wrote, or its messages.",
        ),
        "completion-too-large": Code(
            "The completion is too long to be read",
            "It has more than a million characters. It was not read, and is worth nothing; nothing "
            "is cut off, since what is left could be right.",
            "Let the model write less.",
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
        "prose-unread": Code(
            "An exact parser could not read all of a text",
            "The text begins like one that the parser knows and goes on in another way. A parser "
            "reads a whole text or nothing, so no value was taken from it.",
            "Let a model formalise the text, or send the problem's payload.",
        ),
        "formalization-no-object": Code(
            "A response holds no formal problem",
            "A model was asked to put a text into a problem's payload and answered without a JSON "
            "object.",
            "Nothing is needed of you; the model is told and asked again.",
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
        "prefix-unsupported": Code(
            "The domain has no such moves",
            "A tree search goes from one verified prefix of an answer to the next, which a domain "
            "must offer (`Domain.prefix`). This one does not, or not with the estimate that was "
            "named.",
            "Use another `search`, or leave `tree.estimate` out.",
        ),
    }
)
