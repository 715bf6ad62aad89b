#!/usr/bin/env python3
"""Check a certificate of LLM-Modulo again, without LLM-Modulo.

    python verify_certificate.py CERTIFICATE.json [--key KEY] [--no-signature]
                                 [--problem FILE] [--answer FILE]

Exit status: 0, what the certificate claims was shown again; 1, it was refuted, or the file was
altered; 2, this program cannot decide.

This is a second, independent implementation. It needs Python 3.11 and nothing else, shares no code
with the service, and is meant to be read in an hour, from here to the end:

    1. Verdicts            four ways to end
    2. The envelope        DSSE and in-toto: what was signed, and hashes of what was judged
    3. The signature       Ed25519 as in RFC 8032
    4. S-expressions       the common surface of PDDL and SMT-LIB
    5. PDDL                does the plan execute, and does the goal hold; or does no plan exist
    6. SMT                 does the assignment satisfy every constraint
    7. The command line

It looks at the claim, the problem, the answer and the signature. What else is recorded (critics,
coverage, scope, times, costs) is compared with nothing.

It decides less than the service does. Whatever it does not know (derived predicates, time, strings
in SMT-LIB, quantified constraints, that no answer is *better*) ends with status 2, never with 0.
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import itertools
import json
import keyword
import re
import sys
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

# 1. Verdicts -----------------------------------------------------------------------------------


class Refuted(Exception):
    """The claim is wrong, or the certificate is not what was issued. Exit status 1."""


class CannotDecide(Exception):
    """This program does not know the feature, or gave up. Exit status 2."""


MAX_STATES = 200_000
MAX_MOVES = 200_000
MAX_BITS = 100_000
UNDEFINED = None
"""A value that does not exist: a function without a value, or a division by zero."""


# 2. The envelope -------------------------------------------------------------------------------

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://llm-modulo.dev/certificate/v1"


def read_json(text: str | bytes, **numbers: Any) -> Any:
    """Read JSON in which no key stands twice in one object."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise Refuted("a key stands twice in one JSON object")
        return dict(pairs)

    try:
        plain = text.decode() if isinstance(text, bytes) else text
        read = json.loads(plain, object_pairs_hook=once, parse_constant=_no_number, **numbers)
        # No half of a character, and no number that is too large for one.
        json.dumps(read, ensure_ascii=False, allow_nan=False, default=str).encode()
    except ValueError as error:
        raise Refuted(f"not JSON: {error}") from error
    return read


def _no_number(name: str) -> Any:
    raise ValueError(f"`{name}` is no number")


MEMBERS = """schema_version id issued_at product claim domain domain_version problem candidate
    critics coverage assurance opinions optimality feasibility warnings limits provenance scope
    signer"""


def _require(held: dict[str, Any], members: str) -> None:
    """End unless an object has exactly these members."""
    if not isinstance(held, dict) or set(held) != set(members.split()):
        raise Refuted(f"an object of the certificate has other members than {members.split()}")


def decode_base64(text: str) -> bytes:
    """Decode base64 in its one canonical spelling."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise ValueError("not canonical base64")
    return content


Signatures = list[tuple[str, bytes]]
"""Names of keys, each with a signature by it."""


def open_certificate(document: bytes) -> tuple[dict[str, Any], bytes, Signatures]:
    """Give the certificate in an envelope, the bytes that were signed, and the signatures."""
    try:
        envelope = read_json(document)
        _require(envelope, "payloadType payload signatures")
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise Refuted("the envelope holds something else than an in-toto Statement")
        payload = decode_base64(envelope["payload"])
        statement = read_json(payload)
        if (statement["_type"], statement["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise Refuted("the Statement is no certificate of version 1")
        certificate = statement["predicate"]
        _require(statement, "_type predicate predicateType subject")
        _require(certificate, MEMBERS)
        if type(certificate["schema_version"]) is not int or certificate["schema_version"] != 1:
            raise Refuted("the certificate is of another version")
        named = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
        told = {"problem": certificate["problem"]["sha256"]}
        if certificate["candidate"] is not None:
            told["answer"] = certificate["candidate"]["sha256"]
        for one in envelope["signatures"]:
            _require(one, "keyid sig")
        signatures = [(one["keyid"], decode_base64(one["sig"])) for one in envelope["signatures"]]
        if (certificate["claim"] == "infeasible") != (certificate["candidate"] is None):
            raise Refuted("an answer belongs to every claim but `infeasible`")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refuted(f"not a certificate: {error!r}") from error
    if named != told:
        raise Refuted("the Statement's subject is not what the certificate speaks of")
    # DSSE's pre-authentication encoding.
    signed = b"DSSEv1 %d %b %d %b" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )
    return certificate, signed, signatures


def text_of(part: dict[str, Any], name: str, given: bytes | None) -> str:
    """Give an embedded text, or the one from a file, after a comparison with its hash."""
    held = None if part["text"] is None else part["text"].encode()
    if held is None and given is None:
        raise CannotDecide(f"the {name} is too large to be embedded; give it with --{name}")
    found = b""
    for spellings in ([held], spell(name, given) if given is not None else [None]):
        right = [text for text in spellings if text is None or _hash(text) == part["sha256"]]
        if not right:
            raise Refuted(f"the {name} is not the one that was certified (SHA-256)")
        found = found or right[0] or b""
    return found.decode()


def spell(name: str, given: bytes) -> list[bytes]:
    """Give the ways in which a file's content may have been certified."""
    if name == "answer":
        return [given, given.removesuffix(b"\n")]  # the end of the last line is the file's
    compact = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}
    return [given, json.dumps(read_json(given), **compact).encode()]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# 3. The signature (RFC 8032, section 5.1) --------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
DER_HEAD = bytes.fromhex("302a300506032b6570032100")
"""SubjectPublicKeyInfo of an Ed25519 key, up to the 32 bytes of the key itself."""
Point = tuple[int, int]


def add_points(a: Point, b: Point) -> Point:
    """Add on the twisted Edwards curve -x² + y² = 1 + dx²y²."""
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P)
    return x % P, y % P


def multiply(scalar: int, point: Point) -> Point:
    """Add a point to itself, by doubling."""
    total: Point = (0, 1)
    while scalar:
        if scalar & 1:
            total = add_points(total, point)
        point, scalar = add_points(point, point), scalar >> 1
    return total


def decode_point(octets: bytes) -> Point:
    """Recover a point from its y and the sign of its x."""
    number = int.from_bytes(octets, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_ONE % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        raise Refuted("the key or the signature is no point of the curve")
    return (P - x if x & 1 != sign else x), y


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check one Ed25519 signature."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    right = add_points(decode_point(signature[:32]), multiply(challenge, decode_point(public)))
    return multiply(scalar, BASE) == right


def read_key(text: str) -> bytes:
    """Read a public key: PEM, or DER in base64, as `modulo keys show` prints it."""
    body = "".join(line for line in text.split("\n") if not line.startswith("-----"))
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
    except ValueError as error:
        raise CannotDecide("the key is neither PEM nor base64") from error
    if len(der) != 44 or not der.startswith(DER_HEAD):
        raise CannotDecide("the key is no Ed25519 key")
    return der


def check_signature(
    certificate: dict[str, Any], signed: bytes, signatures: Signatures, key: str | None
) -> str:
    """Check the signature by a key that is trusted, or else by the one that signs for itself."""
    signer = certificate["signer"]
    if key is None and signer is None and not signatures:
        return "nobody has signed"
    if (key is None and signer is None) or not signatures:
        raise CannotDecide("the signature, or the key that made it, is missing")
    try:
        der = read_key(key if key is not None else signer["public_key"])
        keyid = hashlib.sha256(der).hexdigest()
        if key is None and signer["keyid"] != keyid:
            raise Refuted("the certificate names its key by another key's name")
    except (KeyError, TypeError, AttributeError) as error:
        raise Refuted(f"the signer is not named as certificates name one: {error!r}") from error
    ours = [signature for name, signature in signatures if name == keyid]
    if not any(signature_holds(der[12:], signed, one) for one in ours):
        raise Refuted(f"there is no valid signature by the key {keyid[:16]}…")
    if key is not None:
        return f"signed by the key you trust, {keyid[:16]}…"
    return f"signed by {keyid[:16]}…, a key that only the certificate itself names"


# 4. S-expressions ------------------------------------------------------------------------------

Tree = Any
"""A string, or a list of trees."""


def read_trees(text: str, token: str, comment: str, *, lenient: bool = False) -> list[Tree]:
    """Read nested lists; `lenient` skips a `)` that closes nothing."""
    stack: list[list[Tree]] = [[]]
    at = 0
    pattern = re.compile(rf"\s+|{comment}|(?P<token>{token})")
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise CannotDecide(f"cannot read `{text[at : at + 20]}`")
        at = match.end()
        found = match["token"]
        if found == "(":
            stack.append([])
        elif found == ")" and len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done)
        elif found == ")":
            if not lenient:
                raise CannotDecide("a `)` closes nothing")
        elif found is not None:
            stack[-1].append(found)
    if len(stack) > 1:
        raise CannotDecide("a list is not closed")
    return stack[0]


# 5. PDDL -----------------------------------------------------------------------------------------

Fact = tuple[str, ...]
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
NO_NAMES = {*("and", "or", "not", "imply", "forall", "exists", "when"), *"<=>", "<=", ">="}
PDDL_NAME = r"\?[^\s\ufeff();?]*|[^\s\ufeff();?]+"
COMPARISONS = ("<", "<=", ">", ">=", "=")
SECTIONS = {
    "domain": (":requirements", ":types", ":constants", ":predicates", ":functions", ":action"),
    "problem": (":domain", ":requirements", ":objects", ":init", ":goal", ":metric"),
}
UPDATES = ("assign", "increase", "decrease", "scale-up", "scale-down")


@dataclass(frozen=True)
class World:
    """What is true, and what every function's value is."""

    facts: frozenset[Fact]
    values: frozenset[tuple[Fact, Fraction]]


class NoOutcome(Exception):
    """The effects of a step contradict each other or need a value that does not exist."""


def read_pddl(text: str, *, lenient: bool = False) -> list[Tree]:
    """Read PDDL, in which case does not matter, as long as a name is ASCII."""
    folded = re.sub(PDDL_NAME, lambda name: name[0].lower() if name[0].isascii() else name[0], text)
    return read_trees(folded, rf"[()]|{PDDL_NAME}", r";[^\n]*|\ufeff", lenient=lenient)


def read_typed(items: list[Tree]) -> list[tuple[str, list[str]]]:
    """Read `a b - type c`: names with their possible types."""
    found: list[tuple[str, list[str]]] = []
    waiting: list[str] = []
    rest = iter(items)
    for item in rest:
        if item == "-":
            kind = next(rest, None)
            kinds = kind[1:] if isinstance(kind, list) and kind[:1] == ["either"] else [kind]
            if not kinds or not all(isinstance(one, str) for one in kinds):
                raise CannotDecide("a type is written in an unknown way")
            found += [(name, kinds) for name in waiting]
            waiting = []
        elif isinstance(item, str) and not item.startswith("-"):
            waiting.append(item)
        else:
            raise CannotDecide(f"`{item}` stands in a list of names")
    return found + [(name, ["object"]) for name in waiting]


Scope = dict[str, list[str]]
"""Variables, with their possible types."""


class Planning:
    """One PDDL task."""

    def __init__(self, domain: str, problem: str) -> None:
        sections: dict[str, list[list[Tree]]] = {}
        for text, what in ((domain, "domain"), (problem, "problem")):
            trees = read_pddl(text, lenient=True)  # recorded problems have a `)` too many
            if len(trees) != 1 or not isinstance(trees[0], list) or len(trees[0]) < 2:
                raise CannotDecide(f"the {what} is not one `(define …)`")
            if trees[0][0] != "define" or trees[0][1][:1] != [what]:
                raise CannotDecide(f"the {what} is not one `(define ({what} …) …)`")
            for section in trees[0][2:]:
                if not isinstance(section, list) or not section:
                    raise CannotDecide(f"`{section}` is no section")
                if section[0] not in SECTIONS[what]:
                    raise CannotDecide(f"`{section[0]}` is not supported in a {what}")
                if section[0] in sections and section[0] not in (":action", ":requirements"):
                    raise CannotDecide(f"`{section[0]}` stands twice")
                sections.setdefault(section[0], []).append(section[1:])
        self._read_types(self._all(sections, ":types"))
        self.objects: dict[str, list[str]] = {}
        self._read_objects(self._all(sections, ":constants"))
        functions = read_functions(self._all(sections, ":functions"))
        self.predicates = self._read_signatures(self._all(sections, ":predicates"))
        self.functions = self._read_signatures(functions)
        if not self.predicates.keys().isdisjoint(self.functions):
            raise CannotDecide("a predicate and a function have one name")
        self.read_somewhere: set[str] = set()
        self.actions: dict[str, dict[str, Any]] = {}
        for action in sections.get(":action", []):
            self._read_action(action)
        self._read_objects(self._all(sections, ":objects"))
        goals = sections.get(":goal", [])
        if len(goals) != 1 or len(goals[0]) != 1:
            raise CannotDecide("there is not one goal")
        self.goal = goals[0][0]
        self._check_condition(self.goal, {})
        self.start = self._read_init(self._all(sections, ":init"))

    @staticmethod
    def _all(sections: dict[str, list[list[Tree]]], name: str) -> list[Tree]:
        return [item for section in sections.get(name, []) for item in section]

    def _read_types(self, items: list[Tree]) -> None:
        self.parents: dict[str, list[str]] = {"object": []}
        for name, above in read_typed(items):
            for kind in above:
                self.parents.setdefault(kind, [])
            if name != "object" or above != ["object"]:
                self.parents.setdefault(name, []).extend(above)
        for name, above in self.parents.items():
            if any(name in self.above(kind) for kind in above):
                raise CannotDecide(f"the type `{name}` is below itself")

    def _read_objects(self, items: list[Tree]) -> None:
        for name, kinds in read_typed(items):
            self._check_types(kinds)
            if name.startswith("?") or len(kinds) > 1:
                raise CannotDecide(f"`{name}` is no object of one type")
            if self.objects.setdefault(name, kinds) != kinds:
                raise CannotDecide(f"`{name}` has more than one type")

    def _read_variables(self, items: list[Tree]) -> Scope:
        read = read_typed(items)
        found = dict(read)
        if len(found) != len(read) or not all(name.startswith("?") for name in found):
            raise CannotDecide("two variables have one name, or one is none")
        for kinds in found.values():
            self._check_types(kinds)
        return found

    def _check_types(self, kinds: list[str]) -> None:
        for kind in kinds:
            if kind not in self.parents:
                raise CannotDecide(f"the type `{kind}` is not declared")

    def _read_signatures(self, items: list[Tree]) -> dict[str, list[list[str]]]:
        found = {one[0]: list(self._read_variables(one[1:]).values()) for one in items}
        if len(found) != len(items) or not NO_NAMES.isdisjoint(found):
            raise CannotDecide("a name is declared twice, or means something else in PDDL")
        return found

    def _read_action(self, action: list[Tree]) -> None:
        parts = dict(zip(action[1::2], action[2::2], strict=True))
        if set(parts) - {":parameters", ":precondition", ":effect"}:
            raise CannotDecide(f"action `{action[0]}` has parts that are not supported")
        if action[0] in self.actions or len(parts) * 2 != len(action) - 1:
            raise CannotDecide(f"action `{action[0]}` is defined twice, or one of its parts is")
        parameters = self._read_variables(parts.get(":parameters", []))
        condition, effect = parts.get(":precondition", []), parts.get(":effect", [])
        self._check_condition(condition, parameters)
        self._check_effect(effect, parameters)
        self.actions[action[0]] = {
            "parameters": list(parameters.items()),
            "if": condition,
            "then": effect,
        }

    def _read_init(self, items: list[Tree]) -> World:
        facts, values = set(), {}
        for item in items:
            if item[0] == "=" and len(item) == 3 and isinstance(item[1], list):
                self._check_atom(item[1], {}, self.functions)
                if tuple(item[1]) in values or not NUMBER.fullmatch(item[2]):
                    raise CannotDecide(f"`{item}` is no initial value")
                values[tuple(item[1])] = Fraction(item[2])
            else:
                self._check_atom(item, {}, self.predicates)
                facts.add(tuple(item))
        # Costs are customary without an initial value; nothing but the metric may then read them.
        if self.functions.get("total-cost") == [] and "total-cost" not in self.read_somewhere:
            values.setdefault(("total-cost",), Fraction(0))
        return World(frozenset(facts), frozenset(values.items()))

    # Everything is declared, or nothing is decided.

    def _check_atom(self, item: Tree, scope: Scope, known: dict[str, list[list[str]]]) -> None:
        if not isinstance(item, list) or not item or not all(isinstance(t, str) for t in item):
            raise CannotDecide(f"`{item}` is not understood")
        if item[0] not in known or len(known[item[0]]) != len(item) - 1:
            raise CannotDecide(f"`{item[0]}` is not declared with {len(item) - 1} arguments")
        for term, wanted in zip(item[1:], known[item[0]], strict=True):
            own = (scope if term.startswith("?") else self.objects).get(term)
            if own is None:
                raise CannotDecide(f"`{term}` is not declared")
            # An object has the type; a variable has one in common with it.
            kinds = own if term in self.objects else [k for k in self.parents if self.fits(k, own)]
            if not any(self.fits(kind, wanted) for kind in kinds):
                raise CannotDecide(f"`{term}` is not of type {' or '.join(wanted)}")

    def _check_condition(self, item: Tree, scope: Scope) -> None:
        if not isinstance(item, list):
            raise CannotDecide(f"`{item}` stands where a condition is expected")
        head = item[0] if item else "and"
        if head in ("and", "or", "not", "imply") and head not in self.predicates:
            for part in item[1:]:
                self._check_condition(part, scope)
            if len(item) != {"not": 2, "imply": 3}.get(head, len(item)):
                raise CannotDecide(f"`{head}` has {len(item) - 1} parts")
        elif head in ("forall", "exists"):
            if len(item) != 3:
                raise CannotDecide(f"`{head}` has {len(item) - 1} parts")
            self._check_condition(item[2], scope | self._read_variables(item[1]))
        elif head in COMPARISONS and len(item) == 3:
            if head == "=" and all(self._is_term(side) for side in item[1:]):
                self._check_atom(item, scope, {"=": [["object"], ["object"]]})
            else:
                for side in item[1:]:
                    self._check_expression(side, scope)
        else:
            self._check_atom(item, scope, self.predicates)

    def _is_term(self, side: Tree) -> bool:
        return isinstance(side, str) and not NUMBER.fullmatch(side)

    def _check_expression(self, item: Tree, scope: Scope) -> None:
        if isinstance(item, list) and item and item[0] in ("+", "-", "*", "/"):
            least = 1 if item[0] == "-" else 2
            if len(item) - 1 < least or (item[0] in "-/" and len(item) > 3):
                raise CannotDecide(f"`{item[0]}` has {len(item) - 1} operands")
            for part in item[1:]:
                self._check_expression(part, scope)
        elif isinstance(item, list):
            self._check_atom(item, scope, self.functions)
            self.read_somewhere.add(item[0])
        elif not NUMBER.fullmatch(item):
            raise CannotDecide(f"`{item}` is no number")

    def _check_effect(self, item: Tree, scope: Scope) -> None:
        if not isinstance(item, list):
            raise CannotDecide(f"`{item}` stands where an effect is expected")
        match item:
            case [] | ["and"]:
                pass
            case ["and", *parts]:
                for part in parts:
                    self._check_effect(part, scope)
            case ["forall", [*variables], part]:
                self._check_effect(part, scope | self._read_variables(variables))
            case ["when", condition, part]:
                self._check_condition(condition, scope)
                self._check_effect(part, scope)
            case ["not", atom]:
                self._check_atom(atom, scope, self.predicates)
            case [head, target, amount] if head in UPDATES and head not in self.predicates:
                self._check_atom(target, scope, self.functions)
                self._check_expression(amount, scope)
            case _:
                self._check_atom(item, scope, self.predicates)

    # Types.

    def above(self, kind: str) -> set[str]:
        """Give a type and all types above it."""
        seen, pending = {"object"}, [kind]
        while pending:
            kind = pending.pop()
            if kind not in seen:
                seen.add(kind)
                pending += self.parents[kind]
        return seen

    def fits(self, kind: str, wanted: list[str]) -> bool:
        """Say whether a type is one of some types, or below one of them."""
        return not self.above(kind).isdisjoint(wanted)

    def is_of(self, name: str, kinds: list[str]) -> bool:
        """Say whether an object is of one of the types, or of a type below one of them."""
        return name in self.objects and self.fits(self.objects[name][0], kinds)

    def bindings(self, variables: list[tuple[str, list[str]]]) -> Any:
        """Give every assignment of objects to variables."""
        choices = [[o for o in self.objects if self.is_of(o, kinds)] for _, kinds in variables]
        names = [name for name, _ in variables]
        return (dict(zip(names, row, strict=True)) for row in itertools.product(*choices))

    # Conditions: True, False or UNDEFINED.

    def holds(self, item: Tree, scope: dict[str, str], world: World) -> bool | None:
        """Evaluate a condition in a state."""
        match item:
            case []:
                return True
            case ["and", *parts]:
                return conjunction(self.holds(part, scope, world) for part in parts)
            case ["or", *parts]:
                return negate(conjunction(negate(self.holds(part, scope, world)) for part in parts))
            case ["not", part]:
                return negate(self.holds(part, scope, world))
            case ["imply", left, right]:
                return self.holds(["or", ["not", left], right], scope, world)
            case ["forall", variables, part]:
                every = self.bindings(read_typed(variables))
                return conjunction(self.holds(part, scope | more, world) for more in every)
            case ["exists", variables, part]:
                return negate(self.holds(["forall", variables, ["not", part]], scope, world))
            case ["=", left, right] if self._is_term(left) and self._is_term(right):
                return scope.get(left, left) == scope.get(right, right)
            case [head, left, right] if head in COMPARISONS:
                return compare(head, *(self.value(s, scope, world) for s in (left, right)))
        return tuple(scope.get(term, term) for term in item) in world.facts

    def value(self, item: Tree, scope: dict[str, str], world: World) -> Fraction | None:
        """Evaluate a number in a state."""
        if isinstance(item, str):
            return Fraction(item)
        if item[0] not in ("+", "-", "*", "/"):
            return dict(world.values).get(tuple(scope.get(term, term) for term in item))
        first, *rest = [self.value(part, scope, world) for part in item[1:]]
        if first is None or None in rest:
            return UNDEFINED
        if not rest:
            return -first
        for operand in rest:
            first = calculate(item[0], first, operand)
            if first is None:
                return UNDEFINED
        return first

    # Effects: all are worked out in the state before the step.

    def changes(self, item: Tree, scope: dict[str, str], world: World) -> Any:
        """Yield what an effect does: `(what, target, amount)`."""
        match item:
            case [] | ["and"]:
                return
            case ["and", *parts]:
                for part in parts:
                    yield from self.changes(part, scope, world)
            case ["forall", variables, part]:
                for more in self.bindings(read_typed(variables)):
                    yield from self.changes(part, scope | more, world)
            case ["when", condition, part]:
                holds = self.holds(condition, scope, world)
                changes = list(self.changes(part, scope, world)) if holds is not False else []
                if changes and holds is UNDEFINED:
                    raise NoOutcome("a condition of an effect has no value")
                yield from changes
            case ["not", atom]:
                yield "delete", tuple(scope.get(term, term) for term in atom), None
            case [head, target, amount] if head in UPDATES and isinstance(target, list):
                number = self.value(amount, scope, world)
                if number is None:
                    raise NoOutcome("an amount has no value")
                yield head, tuple(scope.get(term, term) for term in target), number
            case _:
                yield "add", tuple(scope.get(term, term) for term in item), None

    def step(self, name: str, scope: dict[str, str], world: World) -> World:
        """Execute one action; what it both deletes and adds holds afterwards."""
        done = list(self.changes(self.actions[name]["then"], scope, world))
        added = {target for what, target, _ in done if what == "add"}
        deleted = {target for what, target, _ in done if what == "delete"}
        values, kinds = dict(world.values), {}
        for what, target, amount in done:
            if what not in UPDATES:
                continue
            kind = {"increase": "sum", "decrease": "sum", "assign": "="}.get(what, "product")
            if kinds.setdefault(target, (kind, amount))[0] != kind or (
                kind == "=" and kinds[target][1] != amount
            ):
                raise NoOutcome(f"`{' '.join(target)}` is changed in two ways at once")
            old = amount if what == "assign" else values.get(target)
            sign = {"increase": "+", "decrease": "-", "scale-up": "*", "scale-down": "/"}
            new = old if what == "assign" or old is None else calculate(sign[what], old, amount)
            if new is None:
                raise NoOutcome(f"`{' '.join(target)}` has no value")
            values[target] = new
        return World((world.facts - deleted) | added, frozenset(values.items()))


def read_functions(items: list[Tree]) -> list[list[Tree]]:
    """Give the declared functions; `- number` may follow, and no other type."""
    if any(isinstance(item, str) and item not in ("-", "number") for item in items):
        raise CannotDecide("functions that are no numbers are not supported")
    return [item for item in items if isinstance(item, list)]


def conjunction(parts: Any) -> bool | None:
    """Conjoin: false if one is false, else undefined if one is."""
    found: bool | None = True
    for part in parts:
        if part is False:
            return False
        found = UNDEFINED if part is None else found
    return found


def negate(value: bool | None) -> bool | None:
    """Negate; what is undefined stays so."""
    return UNDEFINED if value is None else not value


def compare(sign: str, left: Any, right: Any) -> bool | None:
    """Compare exactly."""
    if left is None or right is None:
        return UNDEFINED
    order = {"<": left < right, ">": left > right, "=": left == right}
    return order[sign] if sign in order else not order[{"<=": ">", ">=": "<"}[sign]]


def calculate(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    """Calculate exactly; a division by zero is undefined."""
    if sign == "/" and right == 0:
        return UNDEFINED
    if abs(left.numerator).bit_length() + abs(right.numerator).bit_length() > MAX_BITS:
        raise CannotDecide("a number is too long")
    if sign == "/":
        return left / right
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def read_planning(problem: dict[str, Any]) -> Planning:
    """Read a task, and nothing beside it."""
    if set(problem) != {"domain", "problem"}:
        raise CannotDecide("the problem has other members than `domain` and `problem`")
    return Planning(problem["domain"], problem["problem"])


def check_plan(problem: dict[str, Any], text: str) -> str:
    """Execute a plan step by step."""
    task = read_planning(problem)
    try:
        steps = read_pddl(text)
    except CannotDecide as error:
        raise Refuted(f"the plan cannot be read: {error}") from error
    world = task.start
    for number, step in enumerate(steps, 1):
        if not isinstance(step, list) or not step or not all(isinstance(t, str) for t in step):
            raise Refuted(f"`{step}` is no step")
        name, arguments = step[0], step[1:]
        action = task.actions.get(name)
        if action is None or len(arguments) != len(action["parameters"]):
            raise Refuted(f"step {number}: there is no action `{name}` with such arguments")
        for given, (_, kinds) in zip(arguments, action["parameters"], strict=True):
            if not task.is_of(given, kinds):
                raise Refuted(f"step {number}: `{given}` is not of type {' or '.join(kinds)}")
        scope = dict(zip((n for n, _ in action["parameters"]), arguments, strict=True))
        if task.holds(action["if"], scope, world) is not True:
            raise Refuted(f"step {number}: the precondition of `{' '.join(step)}` does not hold")
        try:
            world = task.step(name, scope, world)
        except NoOutcome as error:
            raise Refuted(f"step {number}: {error}") from error
    if task.holds(task.goal, {}, world) is not True:
        raise Refuted("the goal does not hold after the last step")
    return f"all {len(steps)} steps can be executed, and the goal holds after the last one"


def state_of(world: World, idle: set[Fact]) -> World:
    """Leave out the values that decide nothing."""
    return World(world.facts, frozenset(pair for pair in world.values if pair[0] not in idle))


def check_no_plan(problem: dict[str, Any]) -> str:
    """Visit every state that can be reached; the goal must hold in none."""
    task = read_planning(problem)
    every = (
        (name, scope)
        for name, action in task.actions.items()
        for scope in task.bindings(action["parameters"])
    )
    moves = list(itertools.islice(every, MAX_MOVES + 1))
    if len(moves) > MAX_MOVES:
        raise CannotDecide(f"there are more than {MAX_MOVES:,} ground steps")
    # A function that nothing reads, such as a cost, does not tell states apart.
    idle = {key for key, _ in task.start.values if key[0] not in task.read_somewhere}
    seen, queue = {state_of(task.start, idle)}, deque([task.start])
    while queue:
        world = queue.popleft()
        if task.holds(task.goal, {}, world) is True:
            raise Refuted("a plan exists")
        for name, scope in moves:
            if task.holds(task.actions[name]["if"], scope, world) is not True:
                continue
            try:
                after = task.step(name, scope, world)
            except NoOutcome:
                continue
            if state_of(after, idle) not in seen:
                seen.add(state_of(after, idle))
                queue.append(after)
        if len(seen) > MAX_STATES:
            raise CannotDecide(f"more than {MAX_STATES:,} states can be reached")
    return f"the goal holds in none of the {len(seen):,} states that can be reached"


# 6. SMT ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bits:
    """A bit-vector: an unsigned number and its width."""

    value: int
    width: int

    @property
    def signed(self) -> int:
        """Read it as two's complement."""
        return self.value - (1 << self.width) if self.value >> (self.width - 1) else self.value


@dataclass(frozen=True)
class Member:
    """A value of an enumeration."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """An array or a function, as its sort says: finitely many entries over a default."""

    sort: Sort
    default: Any
    entries: tuple[tuple[Any, Any], ...]

    def at(self, key: Any) -> Any:
        """Look a value up."""
        return dict(self.entries).get(key, self.default)

    def store(self, key: Any, value: Any) -> Table:
        """Give the table with one entry changed."""
        kept = {**dict(self.entries), key: value}
        return Table(self.sort, self.default, tuple(sorted(kept.items(), key=repr)))


Sort = Any
"""`Int`, `Real`, `Bool`, the name of an enumeration, `["BitVec", n]` or `["Array", key, value]`."""


def fit(sort: Sort, value: Any, members: dict[str, list[str]]) -> Any:
    """Give a value as one of a sort, of which it must be; an Int may stand for a Real."""
    if value is None:
        return UNDEFINED
    match sort:
        case "Int" if type(value) is int:
            return value
        case "Real" if type(value) in (int, Fraction):
            return Fraction(value)
        case "Bool" if isinstance(value, bool):
            return value
        case ["BitVec", width] if isinstance(value, Bits) and value.width == width:
            return value
        case [*_] if isinstance(value, Table) and value.sort == sort:
            return value
        case str() if isinstance(value, Member) and value.members == tuple(members.get(sort, ())):
            return value
    raise CannotDecide(f"a value of sort {sort} is expected, not `{value}`"[:200])


def look_up(table: Table, keys: list[Any], members: dict[str, list[str]]) -> Any:
    """Apply a function, or select from an array."""
    if table.sort[0] == "Array":
        (key,) = keys
        # An index is not converted; `1` is no Real here.
        if table.sort[1] == "Real" and type(key) is int:
            raise CannotDecide("an Int stands where a Real is expected")
        return UNDEFINED if key is None else table.at(fit(table.sort[1], key, members))
    if len(keys) != len(table.sort[1]):
        raise CannotDecide("a function has another number of arguments")
    row = [fit(sort, key, members) for sort, key in zip(table.sort[1], keys, strict=True)]
    return UNDEFINED if None in row else table.at(tuple(row))


RATIONAL = re.compile(r"-?[0-9]{1,900}(/0*[1-9][0-9]{0,900}|\.[0-9]{1,900})?")


def read_value(sort: Sort, given: Any, members: dict[str, list[str]]) -> Any:
    """Read one value of an answer, strictly: `true` is no Int, and `3.0` is none either."""
    match sort:
        case "Int" | "Real" if type(given) is int and abs(given) >= 10**1_000:
            raise CannotDecide("a number is too long")
        case "Int" if type(given) is int:
            return given
        case "Real" if type(given) in (int, Fraction):
            return Fraction(given)
        case "Real" if isinstance(given, str) and RATIONAL.fullmatch(given):
            return Fraction(given)
        case "Bool" if isinstance(given, bool):
            return given
        case "String" if isinstance(given, str):
            return given
        case ["BitVec", width]:
            if isinstance(given, str) and re.fullmatch(r"#b[01]+|#x[0-9a-fA-F]+", given):
                digits, size = given[2:], 1 if given[1] == "b" else 4
                if len(digits) * size == width:
                    return Bits(int(digits, 16 if size == 4 else 2), width)
            elif type(given) is int and 0 <= given < 1 << width:
                return Bits(given, width)
        case ["Array", key, value] | ["Function", key, value]:
            if isinstance(given, dict) and set(given) == {"default", "entries"}:
                return _read_table(sort, key, value, given, members)
        case str() if sort in members and isinstance(given, str) and given in members[sort]:
            return Member(given, tuple(members[sort]))
    raise Refuted(f"`{given}` is no value of sort {sort}")


def _read_table(sort: Sort, key: Any, value: Sort, given: Any, members: Any) -> Table:
    entries = {}
    for place, item in given["entries"]:
        if sort[0] == "Array":
            index = read_value(key, place, members)
        else:
            parts = zip(key, place, strict=True)
            index = tuple(read_value(one, part, members) for one, part in parts)
        if index in entries:
            raise Refuted("a table has two entries for one key")
        entries[index] = read_value(value, item, members)
    table = Table(sort, read_value(value, given["default"], members), ())
    for index, item in entries.items():
        table = table.store(index, item)
    return table


def euclid(left: Any, right: Any) -> tuple[int, int] | None:
    """Divide so that the remainder is never negative."""
    if right == 0:
        return UNDEFINED
    remainder = left % abs(right)
    return (left - remainder) // right, remainder


def same(left: Any, right: Any) -> bool | None:
    """Compare two values of one sort."""
    if left is None or right is None:
        return UNDEFINED
    kinds = {type(left), type(right)}
    if kinds == {Table}:
        if left == right:
            return True
        raise CannotDecide("arrays that are written differently are compared")
    alike = kinds <= {int, Fraction} or len(kinds) == 1
    if isinstance(left, Bits) and isinstance(right, Bits):
        alike = left.width == right.width
    if isinstance(left, Member) and isinstance(right, Member):
        alike = left.members == right.members
    if not alike:
        raise CannotDecide("values of different sorts are compared")
    return bool(left == right)


def power(base: Any, exponent: Any) -> Any:
    """Raise to an integer power."""
    if exponent != int(exponent) or not 0 <= exponent <= 1_000:
        raise CannotDecide("a power is too large, or negative")
    if base == 0 and exponent == 0:
        return UNDEFINED
    raised = Fraction(base) ** int(exponent)
    return raised if isinstance(base, Fraction) else int(raised)


def shift_right(a: Bits, b: Bits) -> int:
    """Shift right, filling up with the sign."""
    return a.signed >> min(b.value, a.width)


def signed_quotient(a: Bits, b: Bits) -> int:
    """Divide towards zero; by zero it is all ones or one."""
    if b.value == 0:
        return 1 if a.signed < 0 else -1
    found = abs(a.signed) // abs(b.signed)
    return found if (a.signed < 0) == (b.signed < 0) else -found


BITWISE = {
    "bvand": lambda a, b: a.value & b.value,
    "bvor": lambda a, b: a.value | b.value,
    "bvxor": lambda a, b: a.value ^ b.value,
    "bvadd": lambda a, b: a.value + b.value,
    "bvsub": lambda a, b: a.value - b.value,
    "bvmul": lambda a, b: a.value * b.value,
    "bvudiv": lambda a, b: a.value // b.value if b.value else -1,
    "bvurem": lambda a, b: a.value % b.value if b.value else a.value,
    "bvsdiv": signed_quotient,
    "bvsrem": lambda a, b: a.signed - b.signed * signed_quotient(a, b) if b.value else a.value,
    "bvshl": lambda a, b: a.value << b.value if b.value < a.width else 0,
    "bvlshr": lambda a, b: a.value >> min(b.value, a.width),
    "bvashr": shift_right,
}
BIT_ORDERS = {
    "bvult": lambda a, b: a.value < b.value,
    "bvule": lambda a, b: a.value <= b.value,
    "bvugt": lambda a, b: a.value > b.value,
    "bvuge": lambda a, b: a.value >= b.value,
    "bvslt": lambda a, b: a.signed < b.signed,
    "bvsle": lambda a, b: a.signed <= b.signed,
    "bvsgt": lambda a, b: a.signed > b.signed,
    "bvsge": lambda a, b: a.signed >= b.signed,
}


def apply(name: str, args: list[Any]) -> Any:
    """Apply an operator of SMT-LIB to values."""
    if name in ("=", "distinct", "<", "<=", ">", ">=", "=>", "xor") and len(args) < 2:
        raise CannotDecide(f"`{name}` is applied to one value")
    if name in ("and", "or", "not", "=>", "xor"):
        if any(arg is not None and not isinstance(arg, bool) for arg in args):
            raise CannotDecide(f"`{name}` is applied to something that is no Bool")
        return connect(name, args)
    if name == "ite":
        if not isinstance(args[0], bool):
            raise CannotDecide("a choice depends on something that is no Bool, or is undefined")
        if None not in args[1:]:
            unify(*args[1:])
        return args[1] if args[0] else args[2]
    if None in args:
        return UNDEFINED
    if name == "=":
        return conjunction(same(a, b) for a, b in itertools.pairwise(args))
    if name == "distinct":
        return conjunction(negate(same(a, b)) for a, b in itertools.combinations(args, 2))
    if args and isinstance(args[0], Bits):
        return apply_to_bits(name, args)
    if args and all(type(arg) in (int, Fraction) for arg in args):
        return apply_to_numbers(name, args)
    raise CannotDecide(f"`{name}` is not supported")


def unify(yes: Any, no: Any) -> None:
    """End unless two values may stand at one place."""
    if not type(yes) is type(no) is Table:
        same(yes, no)
    elif yes.sort != no.sort:
        raise CannotDecide("a choice is between values of different sorts")


def connect(name: str, args: list[bool | None]) -> bool | None:
    """Apply a connective."""
    if name == "and":
        return conjunction(args)
    if name == "or":
        return negate(conjunction(negate(arg) for arg in args))
    if name == "not":
        (only,) = args
        return negate(only)
    if name == "=>":
        return negate(conjunction([*args[:-1], negate(args[-1])]))
    return UNDEFINED if None in args else sum(map(bool, args)) % 2 == 1


def apply_to_bits(name: str, args: list[Any]) -> Any:
    """Apply an operator to bit-vectors of one width."""
    width = args[0].width
    if name == "concat":
        joined = 0
        for arg in args:
            joined = joined << arg.width | arg.value
        return Bits(joined, sum(arg.width for arg in args))
    if any(type(arg) is not Bits or arg.width != width for arg in args):
        raise CannotDecide(f"`{name}` is applied to different widths")
    if name in BIT_ORDERS and len(args) == 2:
        return BIT_ORDERS[name](*args)
    mask = (1 << width) - 1
    if name in ("bvnot", "bvneg") and len(args) == 1:
        return Bits((~args[0].value if name == "bvnot" else -args[0].value) & mask, width)
    if name in ("ubv_to_int", "bv2nat") and len(args) == 1:
        return args[0].value
    if name == "sbv_to_int" and len(args) == 1:
        return args[0].signed
    if name not in BITWISE or len(args) < 2:
        raise CannotDecide(f"`{name}` is not supported")
    total = args[0]
    for arg in args[1:]:
        total = Bits(BITWISE[name](total, arg) & mask, width)
    return total


def apply_to_numbers(name: str, args: list[Any]) -> Any:
    """Apply an operator to Ints and Reals."""
    if name in ("<", "<=", ">", ">="):
        return all(compare(name, a, b) for a, b in itertools.pairwise(args))
    if name == "-" and len(args) == 1:
        return -args[0]
    if name == "abs" and len(args) == 1:
        return abs(args[0])
    if name == "to_real" and len(args) == 1:
        return Fraction(args[0])
    if name == "to_int" and len(args) == 1:
        return args[0].__floor__()
    if name == "is_int" and len(args) == 1:
        return args[0].denominator == 1
    if name == "^" and len(args) == 2:
        return power(*args)
    if len(args) < 2:
        raise CannotDecide(f"`{name}` is not supported")
    total = Fraction(args[0]) if name == "/" else args[0]
    for arg in args[1:]:
        whole = type(total) is int and type(arg) is int
        if whole and (name == "div" or (name == "mod" and len(args) == 2)):
            found = euclid(total, arg)
            if found is None:
                return UNDEFINED
            total = found[name == "mod"]
        elif name in ("+", "-", "*", "/"):
            total = calculate(name, total, arg)
            if total is None:
                return UNDEFINED
        else:
            raise CannotDecide(f"`{name}` is not supported")
    return total


# SMT-LIB.

SMT_TOKEN = r'[()]|"(?:[^"]|"")*"|\|[^|\\]*\||[^\s();"|]+'
SYMBOL = re.compile(r"[A-Za-z~!@$%^&*_+=<>.?/-][A-Za-z0-9~!@$%^&*_+=<>.?/-]*|\|.*\|", re.DOTALL)
BUILT_IN = {
    *("true", "false", "not", "and", "or", "xor", "=>", "ite", "=", "distinct", "let", "as", "_"),
    *("!", "par", "match", "forall", "exists", "+", "-", "*", "/", "^", "div", "mod", "abs"),
    *("<", "<=", ">", ">=", "to_real", "to_int", "is_int", "select", "store", "concat", "const"),
    *("bvnot", "bvneg", "ubv_to_int", "sbv_to_int", "bv2nat", *BITWISE, *BIT_ORDERS),
}
INERT = ("set-logic", "set-info", "set-option", "check-sat", "get-model")


class Script:
    """One SMT-LIB script: what it declares and what it asserts."""

    def __init__(self, text: str) -> None:
        self.sorts: dict[str, Sort] = {}
        self.members: dict[str, list[str]] = {}
        self.constructors: dict[str, Member] = {}
        self.mentioned: set[str] = set()
        self.variables: dict[str, Sort] = {}
        self.macros: dict[str, tuple[list[tuple[str, Sort]], Sort, Tree]] = {}
        self.asserted: list[Tree] = []
        for command in read_trees(text, SMT_TOKEN, r";[^\n]*"):
            self._run(command)
        if not self.asserted:
            raise CannotDecide("nothing is asserted")

    def _run(self, command: Tree) -> None:
        match command:
            case [name, *_] if name in INERT:
                pass
            case ["assert", term]:
                self._mention(term)
                self.asserted.append(term)
            case ["declare-const", name, sort] | ["declare-fun", name, [], sort]:
                self._declare(name, self.read_sort(sort))
            case ["declare-fun", name, [*keys], sort]:
                read = [self.read_sort(key) for key in keys]
                self._declare(name, ["Function", read, self.read_sort(sort)])
            case ["define-sort", name, [], sort]:
                self.sorts[unquote(name)] = self.read_sort(sort)
            case ["define-const", name, sort, body] | ["define-fun", name, [], sort, body]:
                self._define(name, [], sort, body)
            case ["define-fun", name, [*parameters], sort, body]:
                self._define(name, parameters, sort, body)
            case ["declare-datatype", name, [*constructors]]:
                self._enumerate(name, constructors)
            case ["declare-datatypes", [[name, "0"]], [[*constructors]]]:
                self._enumerate(name, constructors)
            case _:
                raise CannotDecide(f"the command `{command[0]}` is not supported in this form")

    def _declare(self, name: str, sort: Sort) -> None:
        self._require_new(name)
        self.variables[unquote(name)] = sort

    def _define(self, name: str, parameters: list[Tree], sort: Tree, body: Tree) -> None:
        read = [(unquote(own), self.read_sort(kind)) for own, kind in parameters]
        if len(dict(read)) != len(read):
            raise CannotDecide(f"`{name}` has two parameters of one name")
        self._mention(body)
        self._require_new(name)
        self.macros[unquote(name)] = (read, self.read_sort(sort), body)

    def _mention(self, body: Tree) -> None:
        pending = [body]
        while pending:
            part = pending.pop()
            if isinstance(part, list):
                pending += part
            else:
                self.mentioned.add(unquote(part))

    def _require_new(self, token: str) -> None:
        """Let a name mean one thing only, and nothing before it is declared."""
        name = unquote(token)
        if name in BUILT_IN or not SYMBOL.fullmatch(token):
            raise CannotDecide(f"`{name}` is no name that can be declared")
        if name in self.variables or name in self.macros or name in self.constructors:
            raise CannotDecide(f"`{name}` is declared twice")
        if name in self.mentioned:
            raise CannotDecide(f"`{name}` was mentioned before it is declared")

    def _enumerate(self, name: str, constructors: list[Tree]) -> None:
        names = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in constructors]
        if not all(isinstance(one, str) for one in names):
            raise CannotDecide("datatypes with fields are not supported")
        if unquote(name) in self.members or unquote(name) in self.sorts:
            raise CannotDecide(f"`{name}` is declared twice")
        self.members[unquote(name)] = [unquote(one) for one in names]
        for one in names:
            self._require_new(one)
            members = tuple(self.members[unquote(name)])
            self.constructors[unquote(one)] = Member(unquote(one), members)

    def read_sort(self, tree: Tree) -> Sort:
        """Read a sort."""
        match tree:
            case "Int" | "Real" | "Bool":
                return tree
            case ["_", "BitVec", width]:
                return ["BitVec", read_width(width)]
            case ["Array", key, value]:
                return ["Array", self.read_sort(key), self.read_sort(value)]
            case str() if unquote(tree) in self.sorts:
                return self.sorts[unquote(tree)]
            case str() if unquote(tree) in self.members:
                return unquote(tree)
        raise CannotDecide(f"the sort `{tree}` is not supported")

    def value(self, tree: Tree, scope: dict[str, Any]) -> Any:
        """Evaluate a term."""
        if isinstance(tree, str):
            return self._value_of_name(tree, scope)
        match tree:
            case ["!", term, *_]:
                return self.value(term, scope)
            case ["forall" | "exists", *_]:
                raise CannotDecide("quantified constraints are not supported")
            case ["let", [*bindings], body]:
                inner = {unquote(name): self.value(term, scope) for name, term in bindings}
                if len(inner) != len(bindings) or not BUILT_IN.isdisjoint(inner):
                    raise CannotDecide("`let` binds a name twice, or one that means something else")
                return self.value(body, scope | inner)
            case ["_", name, width] if re.fullmatch(r"bv[0-9]+", name):
                if int(name[2:]) >> read_width(width):
                    raise CannotDecide(f"`{name}` does not fit its width")
                return Bits(int(name[2:]), int(width))
            case [["as", "const", sort], term]:
                read, default = self.read_sort(sort), self.value(term, scope)
                if read[0] != "Array" or (read[2] == "Real" and type(default) is int):
                    raise CannotDecide("a constant array has another sort")
                return None if default is None else Table(read, self.fit(read[2], default), ())
            case [["_", name, *indices], term]:
                value = self.value(term, scope)
                return UNDEFINED if value is None else index(name, indices, value)
            case ["select", array, key]:
                table, place = self.value(array, scope), self.value(key, scope)
                return (
                    UNDEFINED
                    if table is None
                    else look_up(self._array(table), [place], self.members)
                )
            case ["store", array, key, term]:
                return self._store(*(self.value(part, scope) for part in (array, key, term)))
            case [str() as head, *rest] if rest:
                args = [self.value(term, scope) for term in rest]
                return self._apply(unquote(head), args, scope)
        raise CannotDecide(f"`{tree}` is not supported"[:200])

    def _value_of_name(self, token: str, scope: dict[str, Any]) -> Any:
        name = unquote(token)
        if name in scope:
            return scope[name]
        if name in self.macros and not self.macros[name][0]:
            return self._apply(name, [], scope)
        if name in self.constructors:
            return self.constructors[name]
        if token in ("true", "false"):
            return token == "true"
        if re.fullmatch(r"-?(0|[1-9][0-9]*)", token):
            return int(token)
        if re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+", token):
            return Fraction(token)
        if re.fullmatch(r"#b[01]+|#x[0-9a-fA-F]+", token):
            size = 1 if token[1] == "b" else 4
            return Bits(int(token[2:], 2 if size == 1 else 16), size * (len(token) - 2))
        raise CannotDecide(f"`{token}` is not known")

    def _apply(self, head: str, args: list[Any], scope: dict[str, Any]) -> Any:
        known = scope.get(head)
        if isinstance(known, Table) and known.sort[0] == "Function":
            return look_up(known, args, self.members)
        if head in self.macros and head not in scope:
            parameters, sort, body = self.macros[head]
            if len(parameters) != len(args):
                raise CannotDecide(f"`{head}` has another number of arguments")
            named = zip(parameters, args, strict=True)
            inner = {name: self.fit(kind, arg) for (name, kind), arg in named}
            return self.fit(sort, self.value(body, self.given | inner))
        return apply(head, args)

    def fit(self, sort: Sort, value: Any) -> Any:
        """Give a value as one of a sort, of which it must be."""
        return fit(sort, value, self.members)

    @staticmethod
    def _array(value: Any) -> Table:
        if not isinstance(value, Table) or value.sort[0] != "Array":
            raise CannotDecide("something that is no array is used as one")
        return value

    def _store(self, array: Any, key: Any, value: Any) -> Table | None:
        if None in (array, key, value):
            return UNDEFINED
        _, index, content = self._array(array).sort
        if (index, type(key)) == ("Real", int) or (content, type(value)) == ("Real", int):
            raise CannotDecide("an Int stands where a Real is expected")
        return array.store(self.fit(index, key), self.fit(content, value))

    def check(self, values: dict[str, Any]) -> int:
        """Evaluate every assertion; give how many there are."""
        self.given = values
        for name, (parameters, _, _) in self.macros.items():
            if not parameters:
                self._apply(name, [], values)
        for number, term in enumerate(self.asserted, 1):
            require_true(self.value(term, values), f"assertion {number}")
        return len(self.asserted)


def unquote(name: Tree) -> str:
    """Take the bars off a quoted symbol."""
    if not isinstance(name, str):
        raise CannotDecide(f"`{name}` stands where a name is expected")
    return name[1:-1] if name.startswith("|") else name


def read_width(token: Tree) -> int:
    """Read how many bits a bit-vector has."""
    if not isinstance(token, str) or not re.fullmatch(r"[1-9][0-9]{0,3}", token):
        raise CannotDecide(f"`{token}` is no width")
    return int(token)


def index(name: str, indices: list[Any], value: Any) -> Any:
    """Apply an indexed operator."""
    if name == "is":
        if not isinstance(value, Member) or unquote(indices[0]) not in value.members:
            raise CannotDecide("`is` asks for a constructor of something else")
        return value.name == unquote(indices[0])
    if not all(isinstance(one, str) and re.fullmatch(r"0|[1-9][0-9]{0,3}", one) for one in indices):
        raise CannotDecide(f"`{name}` has an index that is too large, or none")
    indices = list(map(int, indices))
    if name == "divisible" and type(value) is int:
        return value % indices[0] == 0
    if name == "int_to_bv" and type(value) is int and indices[0] > 0:
        return Bits(value & (1 << indices[0]) - 1, indices[0])
    if not isinstance(value, Bits):
        raise CannotDecide(f"`{name}` is not supported")
    if name == "extract":
        high, low = indices
        if not low <= high < value.width:
            raise CannotDecide("`extract` takes bits that do not exist")
        return Bits(value.value >> low & (1 << (high - low + 1)) - 1, high - low + 1)
    if name == "zero_extend":
        return Bits(value.value, value.width + indices[0])
    if name == "sign_extend":
        width = value.width + indices[0]
        return Bits(value.signed & (1 << width) - 1, width)
    raise CannotDecide(f"`{name}` is not supported")


def require_true(value: Any, name: str) -> None:
    """End unless a constraint is satisfied."""
    if value is None:
        raise CannotDecide(f"{name} has no value: something is undefined")
    if not isinstance(value, bool):
        raise CannotDecide(f"{name} is no Bool")
    if not value:
        raise Refuted(f"{name} is false")


# Named constraints in the syntax of Python. Nothing is executed: `ast` only parses.

BINARY = {
    ast.Add: ("+", "bvadd"),
    ast.Sub: ("-", "bvsub"),
    ast.Mult: ("*", "bvmul"),
    ast.Div: ("/", ""),
    ast.FloorDiv: ("div", "bvudiv"),
    ast.Mod: ("mod", "bvurem"),
    ast.Pow: ("^", ""),
    ast.BitAnd: ("", "bvand"),
    ast.BitOr: ("", "bvor"),
    ast.BitXor: ("", "bvxor"),
    ast.LShift: ("", "bvshl"),
    ast.RShift: ("", "bvlshr"),
}
RELATIONS = {
    ast.Lt: ("<", "bvult"),
    ast.LtE: ("<=", "bvule"),
    ast.Gt: (">", "bvugt"),
    ast.GtE: (">=", "bvuge"),
}


def evaluate(node: ast.expr, values: dict[str, Any], text: str) -> Any:
    """Evaluate an expression exactly."""

    def part(inner: ast.expr) -> Any:
        return evaluate(inner, values, text)

    match node:
        case ast.Name(id=name) if name in values:  # `check_rules` lets only ASCII be a name
            return values[name]
        case ast.Constant(value=bool() | int() | str() as value) if node.kind is None:
            return value
        case ast.Constant(value=float()):
            written = (ast.get_source_segment(text, node) or "").replace("_", "")
            return Fraction(written)
        case ast.BoolOp(op=op, values=parts):
            return apply("and" if isinstance(op, ast.And) else "or", [part(p) for p in parts])
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return apply("not", [part(inner)])
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return apply("bvnot", [part(inner)])
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=inner):
            value = count(part(inner))
            minus = "bvneg" if isinstance(value, Bits) else "-"
            return apply(minus, [value]) if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            return calculate_binary(type(op), count(part(left)), count(part(right)))
        case ast.Compare(left=left, ops=ops, comparators=others):
            return compare_chain(ops, [left, *others], part)
        case ast.IfExp(test=test, body=yes, orelse=no):
            yes, no = alike(part(yes), part(no))
            return apply("ite", [part(test), yes, no])
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if len(args) == 1 and isinstance(args[0], ast.List | ast.Tuple):
                args = args[0].elts
            return call(name, [part(arg) for arg in args])
    raise CannotDecide(f"`{ast.get_source_segment(text, node)}` is not supported")


def count(value: Any) -> Any:
    """In arithmetic, true counts 1 and false 0."""
    return int(value) if isinstance(value, bool) else value


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Let a number stand for a bit-vector of the other side's width, a text for a member."""
    if isinstance(left, Member) and isinstance(right, str) and right in left.members:
        return left, Member(right, left.members)
    if isinstance(right, Member) and isinstance(left, str) and left in right.members:
        return Member(left, right.members), right
    if isinstance(left, Bits) and type(right) is int and 0 <= right < 1 << left.width:
        return left, Bits(right, left.width)
    if isinstance(right, Bits) and type(left) is int and 0 <= left < 1 << right.width:
        return Bits(left, right.width), right
    return left, right


def calculate_binary(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """Apply an arithmetic operator."""
    if left is None or right is None:
        return UNDEFINED
    left, right = alike(left, right)
    if kind is ast.Add and isinstance(left, str) and isinstance(right, str):
        return left + right
    name = BINARY.get(kind, ("", ""))[isinstance(left, Bits)]
    return apply(name, [left, right])


def compare_chain(ops: list[ast.cmpop], sides: list[ast.expr], part: Any) -> bool | None:
    """Compare neighbours; all comparisons must hold."""
    if isinstance(ops[0], ast.In | ast.NotIn):
        if len(ops) > 1 or not isinstance(sides[1], ast.List | ast.Tuple | ast.Set):
            raise CannotDecide("`in` is supported with a list only")
        left = part(sides[0])
        found = [relate(ast.Eq, left, part(item)) for item in sides[1].elts]
        inside = connect("or", found)
        return inside if isinstance(ops[0], ast.In) else negate(inside)
    values = [part(side) for side in sides]
    pairs = zip(ops, itertools.pairwise(values), strict=True)
    return conjunction([relate(type(op), left, right) for op, (left, right) in pairs])


def relate(kind: type[ast.cmpop], left: Any, right: Any) -> bool | None:
    """Compare two values."""
    if left is None or right is None:
        return UNDEFINED
    left, right = alike(left, right)
    if kind not in (ast.Eq, ast.NotEq) or type(left) is not type(right):
        left, right = count(left), count(right)
    if kind in (ast.Eq, ast.NotEq):
        equal = same(left, right)
        return equal if kind is ast.Eq else negate(equal)
    if isinstance(left, str) and isinstance(right, str):
        return compare(RELATIONS[kind][0], left, right)
    if kind not in RELATIONS:
        raise CannotDecide("a comparison is not supported")
    return bool(apply(RELATIONS[kind][isinstance(left, Bits)], [left, right]))


def call(name: str, args: list[Any]) -> Any:
    """Apply one of the functions."""
    if None in args and name != "implies":
        return UNDEFINED
    if name == "implies" and len(args) == 2:
        return apply("=>", args)
    if name == "abs" and len(args) == 1:
        return apply("abs", args)
    if name == "len" and len(args) == 1 and isinstance(args[0], str):
        return len(args[0])
    if name == "all_different" and args:
        return conjunction(relate(ast.NotEq, a, b) for a, b in itertools.combinations(args, 2))
    if name == "sum" and args:
        total = count(args[0])
        for arg in args[1:]:
            total = calculate_binary(ast.Add, total, count(arg))
        return total
    if name in ("min", "max") and args:
        best = args[0]
        if len({isinstance(arg, bool) for arg in args}) > 1:
            raise CannotDecide(f"`{name}` takes Bools and others")
        for arg in args[1:]:
            best = best if relate(ast.LtE if name == "min" else ast.GtE, best, arg) else arg
        return best
    raise CannotDecide(f"`{name}` is not supported")


def check_assignment(problem: dict[str, Any], text: str) -> str:
    """Evaluate every constraint under an answer."""
    try:
        answer = read_json(text, parse_float=_read_decimal)
    except RecursionError as error:
        raise Refuted("the answer is nested too deep") from error
    if not isinstance(answer, dict):
        raise Refuted("the answer is no JSON object")
    known = {"smtlib", "variables", "constraints", "objective", "optimal"}
    forms = [problem.get(name) is not None for name in ("smtlib", "variables", "constraints")]
    if set(problem) - known or forms not in ([True, False, False], [False, True, True]):
        raise CannotDecide("the problem is of neither form, or has members that are not known")
    if problem.get("smtlib") is not None:
        script = Script(problem["smtlib"])
        number = script.check(read_answer(script.variables, answer, script.members))
    else:
        number = check_rules(problem, answer)
    if problem.get("optimal"):
        raise CannotDecide("every constraint holds; that no answer is better is not shown here")
    return f"all {number} constraints hold"


def _read_decimal(digits: str) -> Fraction:
    exponent = re.search(r"[eE]([-+]?\d+)$", digits)
    if len(digits) > 1_000 or (exponent and abs(int(exponent[1])) > 1_000):
        raise CannotDecide("a number is too long")
    return Fraction(digits)


def read_answer(
    variables: dict[str, Sort], answer: dict[str, Any], members: dict[str, list[str]]
) -> dict[str, Any]:
    """Read a value for each variable, and for nothing else."""
    if set(variables) != set(answer):
        raise Refuted("the answer does not give a value to every variable and to nothing else")
    return {name: read_value(sort, answer[name], members) for name, sort in variables.items()}


FUNCTIONS = ("abs", "all_different", "implies", "len", "max", "min", "sum")


def read_rule_sort(name: str, held: dict[str, Any]) -> Sort:
    """Read the sort of a variable with bounds; what does not belong to it is refused."""
    kind = held["type"]
    told = {member for member, value in held.items() if value is not None} - {"type", "description"}
    also = {"int": {"min", "max"}, "real": {"min", "max"}, "enum": {"values"}, "bitvec": {"width"}}
    if told - also.get(kind, set()) or (kind in ("enum", "bitvec") and not told):
        raise CannotDecide(f"`{name}` has members that do not belong to its type")
    if (
        not name.isascii()
        or not name.isidentifier()
        or keyword.iskeyword(name)
        or name in FUNCTIONS
    ):
        raise CannotDecide(f"`{name}` is no name of a variable")
    if kind == "enum" and len(set(held["values"])) != len(held["values"]):
        raise CannotDecide(f"`{name}` has a value twice")
    plain = {"int": "Int", "real": "Real", "bool": "Bool", "string": "String", "enum": name}
    return plain[kind] if kind in plain else ["BitVec", read_width(str(held["width"]))]


def read_bound(sort: Sort, given: Any) -> Fraction:
    """Read the least or the greatest value of a number."""
    if isinstance(given, bool) or (isinstance(given, str) and not RATIONAL.fullmatch(given)):
        raise CannotDecide("a bound is no number")
    limit = Fraction(given)
    if sort == "Int" and limit.denominator != 1:
        raise CannotDecide("the bound of an Int is no integer")
    return limit


def check_rules(problem: dict[str, Any], answer: dict[str, Any]) -> int:
    """Check variables with bounds and named constraints; give the number of constraints."""
    sorts = {name: read_rule_sort(name, held) for name, held in problem["variables"].items()}
    members = {name: held.get("values") or [] for name, held in problem["variables"].items()}
    values = read_answer(sorts, answer, members)
    number = 0
    for name, variable in problem["variables"].items():
        for bound, sign in (("min", ">="), ("max", "<=")):
            if variable.get(bound) is not None:
                limit = read_bound(sorts[name], variable[bound])
                require_true(compare(sign, values[name], limit), f"the bound of `{name}`")
                number += 1
    if not problem["constraints"]:
        raise CannotDecide("there are no constraints")
    for rule in problem["constraints"]:
        text = rule["expr"].strip()
        if set(rule) - {"name", "expr", "why"}:
            raise CannotDecide("a constraint has members that are not known")
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise CannotDecide(f"`{rule['name']}` cannot be read") from error
        require_true(evaluate(tree, values, text), f"constraint `{rule['name']}`")
        number += 1
    return number


# 7. The command line -----------------------------------------------------------------------------


def check_claim(certificate: dict[str, Any], problem_text: str, answer: str | None) -> str:
    """Show what a certificate claims once more."""
    problem = read_json(problem_text, parse_float=_read_decimal)
    domain, claim = certificate["domain"], certificate["claim"]
    if claim == "infeasible" and domain == "pddl":
        return check_no_plan(problem)
    if claim not in ("answer", "optimal") or answer is None:
        raise CannotDecide(f"the claim `{claim}` of domain `{domain}` is not checked here")
    checks = {"pddl": check_plan, "smt": check_assignment}
    if domain not in checks:
        raise CannotDecide(f"the domain `{domain}` is not checked here")
    shown = checks[domain](problem, answer)
    if claim == "optimal":
        raise CannotDecide(f"{shown}; that no answer is better is not shown here")
    return shown


def verify(
    document: bytes,
    *,
    key: str | None = None,
    signature: bool = True,
    problem: bytes | None = None,
    answer: bytes | None = None,
) -> list[str]:
    """Check a certificate.

    Returns:
        What was shown, in sentences.

    Raises:
        Refuted: The claim is wrong, or the file was altered.
        CannotDecide: This program does not know.
    """
    sys.setrecursionlimit(8_000)
    certificate, signed, signatures = open_certificate(document)
    who = "signature not checked"
    if signature:
        who = check_signature(certificate, signed, signatures, key)
    try:
        problem_text = text_of(certificate["problem"], "problem", problem)
        candidate = certificate["candidate"]
        text = None if candidate is None else text_of(candidate, "answer", answer)
        shown = check_claim(certificate, problem_text, text)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise CannotDecide(f"the problem has a form that is not understood: {error!r}") from error
    except (RecursionError, MemoryError) as error:
        raise CannotDecide("the problem is too large or nested too deep") from error
    return [f"claim `{certificate['claim']}` of domain `{certificate['domain']}`", shown, who]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit status."""
    parser = argparse.ArgumentParser(description="Check a certificate without LLM-Modulo.")
    parser.add_argument("certificate", type=Path)
    parser.add_argument("--key", type=Path, help="a public key that you trust")
    parser.add_argument("--no-signature", action="store_true", help="check the claim only")
    parser.add_argument("--problem", type=Path, help="the problem, if it is not embedded")
    parser.add_argument("--answer", type=Path, help="the answer, if it is not embedded")
    given = parser.parse_args(arguments)
    try:
        shown = verify(
            given.certificate.read_bytes(),
            key=given.key.read_text() if given.key else None,
            signature=not given.no_signature,
            problem=given.problem.read_bytes() if given.problem else None,
            answer=given.answer.read_bytes() if given.answer else None,
        )
    except Refuted as error:
        print(f"REFUTED: {error}")
        return 1
    except (CannotDecide, OSError) as error:
        print(f"NOT DECIDED: {error}")
        return 2
    print("VERIFIED: " + "\n          ".join(shown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
