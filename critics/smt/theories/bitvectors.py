"""FixedSizeBitVectors: values are unsigned Python ints; every operator is total.

Division by zero follows SMT-LIB: `bvudiv` gives all ones, `bvurem` gives the dividend, and the
signed operators follow from these.
"""

from collections.abc import Callable, Sequence
from functools import reduce

from critics.smt.terms import (
    BOOL,
    INT,
    App,
    Meaning,
    Operator,
    Rank,
    Sort,
    SortFault,
    Value,
    bitvec,
)
from critics.smt.theories.ranks import fixed, listed


def signed(value: int, width: int) -> int:
    """Read a bit-vector as two's complement."""
    return value - (1 << width) if value >> (width - 1) else value


def _same(result: Sort | None, least: int, most: int | None) -> Rank:
    """Take bit-vectors of one width; without `result` the result has the same."""

    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        count = len(sorts)
        good = least <= count and (most is None or count <= most)
        if not good or sorts[0].name != "BitVec" or any(sort != sorts[0] for sort in sorts):
            raise SortFault(f"takes bit-vectors of one width, not {listed(sorts)}")
        return result or sorts[0]

    return rank


def _one(width: Callable[[int, Sequence[int]], int]) -> Rank:
    """Take one bit-vector; `width` gives the result's width from its width and the indices."""

    def rank(sorts: Sequence[Sort], indices: Sequence[int]) -> Sort:
        if len(sorts) != 1 or sorts[0].name != "BitVec":
            raise SortFault(f"takes one bit-vector, not {listed(sorts)}")
        return bitvec(width(sorts[0].width, indices))

    return rank


def _concat_rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
    if not sorts or any(sort.name != "BitVec" for sort in sorts):
        raise SortFault(f"takes bit-vectors, not {listed(sorts)}")
    return bitvec(sum(sort.width for sort in sorts))


def _extract_width(width: int, indices: Sequence[int]) -> int:
    high, low = indices
    if not width > high >= low:
        raise SortFault(f"of bits {high} to {low} does not fit {width} bits")
    return high - low + 1


def _repeat_width(width: int, indices: Sequence[int]) -> int:
    if indices[0] < 1:
        raise SortFault("takes an index of at least 1")
    return width * indices[0]


def _concat(node: App, args: Sequence[Value]) -> Value:
    joined = 0
    for part, value in zip(node.args, args, strict=True):
        joined = joined << part.sort.width | value
    return joined


def _extract(node: App, args: Sequence[Value]) -> Value:
    high, low = node.indices
    return args[0] >> low & (1 << (high - low + 1)) - 1


def _repeat(node: App, args: Sequence[Value]) -> Value:
    width = node.args[0].sort.width
    return reduce(lambda joined, _: joined << width | args[0], range(node.indices[0]), 0)


def _rotate_left(node: App, args: Sequence[Value]) -> Value:
    return _rotated(args[0], node.sort.width, node.indices[0])


def _rotate_right(node: App, args: Sequence[Value]) -> Value:
    return _rotated(args[0], node.sort.width, -node.indices[0])


def _rotated(value: int, width: int, by: int) -> int:
    by %= width
    return (value << by | value >> (width - by)) & (1 << width) - 1


def _unsigned(compute: Callable[[int, int, int], int]) -> Meaning:
    """Fold a function of two values and the width, and wrap around."""

    def meaning(node: App, args: Sequence[Value]) -> Value:
        width = node.args[0].sort.width
        mask = (1 << width) - 1
        return reduce(lambda a, b: compute(a, b, width) & mask, args)

    return meaning


def _signed(compute: Callable[[int, int], int]) -> Meaning:
    """Apply a function of two's complement values, and wrap around."""

    def meaning(node: App, args: Sequence[Value]) -> Value:
        width = node.args[0].sort.width
        return compute(signed(args[0], width), signed(args[1], width)) & (1 << width) - 1

    return meaning


def _udiv(a: int, b: int, width: int) -> int:
    return a // b if b else (1 << width) - 1


def _urem(a: int, b: int, _width: int) -> int:
    return a % b if b else a


def _sdiv(a: int, b: int) -> int:
    if b == 0:
        return 1 if a < 0 else -1
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _srem(a: int, b: int) -> int:
    return a - b * _sdiv(a, b) if b else a


def _smod(a: int, b: int) -> int:
    return a % b if b else a


def _shl(a: int, b: int, width: int) -> int:
    return a << b if b < width else 0


def _lshr(a: int, b: int, width: int) -> int:
    return a >> b if b < width else 0


def _ashr(a: int, b: int, width: int) -> int:
    return signed(a, width) >> min(b, width)


def _invert(node: App, args: Sequence[Value]) -> Value:
    return ~args[0] & (1 << node.sort.width) - 1


def _negate(node: App, args: Sequence[Value]) -> Value:
    return -args[0] & (1 << node.sort.width) - 1


def _order(name: str, *, signs: bool) -> Operator:
    relation = {"lt": int.__lt__, "le": int.__le__, "gt": int.__gt__, "ge": int.__ge__}[name[-2:]]

    def meaning(node: App, args: Sequence[Value]) -> Value:
        width = node.args[0].sort.width
        a, b = (signed(arg, width) if signs else arg for arg in args)
        return relation(a, b)

    return Operator(name, _same(BOOL, 2, 2), meaning)


def _overflow(name: str, result: Callable[[int, int], int], *, signs: bool) -> Operator:
    """Give a predicate that tells whether an exact result leaves the range."""

    def meaning(node: App, args: Sequence[Value]) -> Value:
        width = node.args[0].sort.width
        a, b = (signed(arg, width) if signs else arg for arg in args)
        low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signs else (0, (1 << width) - 1)
        return not low <= result(a, b) <= high

    return Operator(name, _same(BOOL, 2, 2), meaning)


def _negation_overflows(node: App, args: Sequence[Value]) -> Value:
    return bool(args[0] == 1 << (node.args[0].sort.width - 1))


def _from_int_rank(sorts: Sequence[Sort], indices: Sequence[int]) -> Sort:
    fixed([INT], INT)(sorts, indices)
    return bitvec(indices[0])


def _to_signed(node: App, args: Sequence[Value]) -> Value:
    return signed(args[0], node.args[0].sort.width)


def _binary(name: str, compute: Callable[[int, int, int], int], most: int | None = 2) -> Operator:
    return Operator(name, _same(None, 2, most), _unsigned(compute))


BITVECTOR = _same(INT, 1, 1)

OPERATORS = (
    Operator("concat", _concat_rank, _concat),
    Operator("extract", _one(_extract_width), _extract, indexed=2),
    Operator("repeat", _one(_repeat_width), _repeat, indexed=1),
    Operator("zero_extend", _one(lambda w, i: w + i[0]), lambda _n, args: args[0], indexed=1),
    Operator(
        "sign_extend",
        _one(lambda w, i: w + i[0]),
        lambda n, args: _to_signed(n, args) & (1 << n.sort.width) - 1,
        indexed=1,
    ),
    Operator("rotate_left", _one(lambda w, _: w), _rotate_left, indexed=1),
    Operator("rotate_right", _one(lambda w, _: w), _rotate_right, indexed=1),
    Operator("bvnot", _same(None, 1, 1), _invert),
    Operator("bvneg", _same(None, 1, 1), _negate),
    _binary("bvand", lambda a, b, _: a & b, None),
    _binary("bvor", lambda a, b, _: a | b, None),
    _binary("bvxor", lambda a, b, _: a ^ b, None),
    _binary("bvnand", lambda a, b, _: ~(a & b)),
    _binary("bvnor", lambda a, b, _: ~(a | b)),
    _binary("bvxnor", lambda a, b, _: ~(a ^ b)),
    _binary("bvadd", lambda a, b, _: a + b, None),
    _binary("bvsub", lambda a, b, _: a - b),
    _binary("bvmul", lambda a, b, _: a * b, None),
    _binary("bvudiv", _udiv),
    _binary("bvurem", _urem),
    _binary("bvshl", _shl),
    _binary("bvlshr", _lshr),
    _binary("bvashr", _ashr),
    Operator("bvsdiv", _same(None, 2, 2), _signed(_sdiv)),
    Operator("bvsrem", _same(None, 2, 2), _signed(_srem)),
    Operator("bvsmod", _same(None, 2, 2), _signed(_smod)),
    Operator("bvcomp", _same(bitvec(1), 2, 2), lambda _n, args: int(args[0] == args[1])),
    *(_order(f"bvu{word}", signs=False) for word in ("lt", "le", "gt", "ge")),
    *(_order(f"bvs{word}", signs=True) for word in ("lt", "le", "gt", "ge")),
    Operator("bvnego", _same(BOOL, 1, 1), _negation_overflows),
    _overflow("bvuaddo", lambda a, b: a + b, signs=False),
    _overflow("bvsaddo", lambda a, b: a + b, signs=True),
    _overflow("bvumulo", lambda a, b: a * b, signs=False),
    _overflow("bvsmulo", lambda a, b: a * b, signs=True),
    _overflow("bvusubo", lambda a, b: a - b, signs=False),
    _overflow("bvssubo", lambda a, b: a - b, signs=True),
    _overflow("bvsdivo", lambda a, b: a // b if b else 0, signs=True),
    Operator("ubv_to_int", BITVECTOR, lambda _n, args: args[0], legacy=("bv2nat", "bv2int")),
    Operator("sbv_to_int", BITVECTOR, _to_signed),
    Operator(
        "int_to_bv",
        _from_int_rank,
        lambda n, args: args[0] & (1 << n.sort.width) - 1,
        indexed=1,
        legacy=("int2bv", "nat2bv"),
    ),
)
