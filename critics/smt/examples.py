"""Self-test examples of the domain `smt`: answers that must pass, and why others must not."""

from critics.domain import Example

MEETING = Example(
    name="two-talks",
    problem={
        "variables": {
            "alice": {"type": "int", "min": 9, "max": 16, "description": "Alice's talk, full hour"},
            "bob": {"type": "int", "min": 9, "max": 16, "description": "Bob's talk, full hour"},
            "room": {"type": "enum", "values": ["hall", "lab"]},
        },
        "constraints": [
            {"name": "no_clash", "expr": "alice != bob", "why": "one projector"},
            {"name": "bob_after_lunch", "expr": "bob >= 13", "why": "Bob arrives at noon"},
            {"name": "alice_first", "expr": "alice < bob"},
            {"name": "late_in_lab", "expr": "implies(bob > 14, room == 'lab')"},
        ],
    },
    good=('{"alice": 10, "bob": 13, "room": "hall"}', '{"alice": 14, "bob": 15, "room": "lab"}'),
    bad={
        '{"alice": 13, "bob": 13, "room": "hall"}': "smt-violated",
        '{"alice": 8, "bob": 13, "room": "hall"}': "smt-violated",
        '{"alice": 10, "bob": 15, "room": "hall"}': "smt-violated",
        '{"alice": 10, "bob": 13}': "smt-answer-missing",
        '{"alice": 10.0, "bob": 13, "room": "hall"}': "smt-answer-value",
        '{"alice": true, "bob": 13, "room": "hall"}': "smt-answer-value",
        '{"alice": 10, "bob": 13, "room": "attic"}': "smt-answer-value",
        '{"alice": 10, "alice": 10, "bob": 13, "room": "hall"}': "smt-answer-duplicate",
        '{"alice": 10, "bob": 13, "room": "hall", "carol": 1}': "smt-answer-extra",
    },
    responses={
        'Sure!\n```json\n{"alice": 10, "bob": 13, "room": "hall"}\n```\nDone.': [
            '{"alice": 10, "bob": 13, "room": "hall"}'
        ]
    },
)

SCRIPT = Example(
    name="exact-shares",
    problem={
        "smtlib": """\
(declare-const share Real)
(declare-const parts Int)
(declare-const mask (_ BitVec 4))
(declare-const code String)
(assert (! (= (* 3 share) 1) :named thirds))
(assert (! (= (div 7 parts) 2) :named split :why "seven items in pairs"))
(assert (! (= (bvand mask #b0011) #b0010) :named bits))
(assert (! (str.in_re code (re.+ (re.range "0" "9"))) :named digits))
"""
    },
    good=('{"share": "1/3", "parts": 3, "mask": "#b0110", "code": "42"}',),
    bad={
        '{"share": 0.3333333, "parts": 3, "mask": 2, "code": "42"}': "smt-violated",
        '{"share": "1/3", "parts": 0, "mask": 2, "code": "42"}': "smt-undefined",
        '{"share": "1/3", "parts": 3, "mask": 18, "code": "42"}': "smt-answer-value",
        '{"share": "1/3", "parts": 3, "mask": 2, "code": ""}': "smt-violated",
        "share is a third": "smt-answer-json",
    },
)

EXAMPLES = (MEETING, SCRIPT)

EXPENSES = Example(
    name="expense-policy",
    problem={
        "variables": {
            "amount": {"type": "int", "min": 0, "description": "the bill, in euros"},
            "receipt": {"type": "bool", "description": "a receipt is attached"},
            "manager": {"type": "bool", "description": "the employee is a manager"},
            "refunded": {"type": "bool", "description": "the bill is refunded"},
        },
        "rules": [
            {"name": "small_bills", "expr": "implies(amount <= 50, refunded)"},
            {
                "name": "receipt_needed",
                "expr": "implies(amount > 50 and not receipt, not refunded)",
            },
            {"name": "cap", "expr": "implies(amount > 500 and not manager, not refunded)"},
        ],
        "premises": ["amount == 700", "not manager"],
        "question": "Is the bill refunded?",
    },
    good=(
        '{"claims": [{"text": "The bill is not refunded.", "expr": "not refunded"}]}',
        '{"claims": ["amount > 50", {"expr": ["not refunded", "False == refunded"]}]}',
    ),
    bad={
        '{"claims": ["refunded"]}': "claim-invalid",
        '{"claims": ["receipt"]}': "claim-satisfiable",
        '{"claims": ["not refunded", "manager or receipt"]}': "claim-satisfiable",
        '{"claims": ["paid"]}': "claim-answer",
        '{"claims": []}': "claim-answer",
        '{"claims": ["amount"]}': "claim-answer",
        "not refunded": "smt-answer-json",
    },
)

CLAIM_EXAMPLES = (EXPENSES,)
