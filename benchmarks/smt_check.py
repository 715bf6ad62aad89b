"""What a check costs: exact evaluation beside Z3 with fixed values, in CPU milliseconds.

Run `python benchmarks/smt_check.py`. Every line is one problem family: `judge` is a whole warm
check through `judge()` (the problem is cached), `evaluate` the evaluator alone, `z3` the second
opinion's question with the problem already emitted and parsed anew, as it is in service.
"""

import json
import random
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time

from critics.judge import judge
from critics.smt import domain
from critics.smt.answer import read_answer
from critics.smt.critics import check, load
from critics.smt.fixed import decide
from critics.smt.reading import read_instance
from critics.smt.schema import SmtProblem
from critics.smt.z3_engine import Z3

ROUNDS = 9


def colouring(nodes: int, edges: int, colours: int = 4) -> tuple[str, dict[str, int]]:
    """Give a random graph that has a colouring, and that colouring."""
    dice = random.Random(nodes)  # noqa: S311  # a benchmark's instance
    colour = [dice.randrange(colours) for _ in range(nodes)]
    lines = [f"(declare-const n{n} Int)(assert (<= 0 n{n} {colours - 1}))" for n in range(nodes)]
    while len(lines) < nodes + edges:
        a, b = dice.sample(range(nodes), 2)
        if colour[a] != colour[b]:
            lines.append(f"(assert (distinct n{a} n{b}))")
    return "".join(lines), {f"n{n}": c for n, c in enumerate(colour)}


def meetings(count: int) -> tuple[str, dict[str, int]]:
    """Give meetings one after the other with gaps, in Ints."""
    lines = [f"(declare-const t{n} Int)" for n in range(count)]
    lines += [
        f"(assert (or (>= (- t{n} t{n - 1}) 2) (< (+ t{n} 3) t{n - 1})))" for n in range(1, count)
    ]
    lines.append("(assert (>= t0 0))")
    return "".join(lines), {f"t{n}": 2 * n for n in range(count)}


def registers(count: int) -> tuple[str, dict[str, int]]:
    """Give a chain of bit-vector operations."""
    lines = [f"(declare-const r{n} (_ BitVec 32))" for n in range(count)]
    values = [7]
    for n in range(1, count):
        values.append((values[-1] * 3 + 5) % 2**32)
        lines.append(f"(assert (= r{n} (bvadd (bvmul r{n - 1} #x00000003) #x00000005)))")
    lines.append("(assert (= r0 #x00000007))")
    return "".join(lines), {f"r{n}": value for n, value in enumerate(values)}


def cpu_ms(work: Callable[[], object]) -> float:
    """Give the median CPU time of some rounds, in ms."""
    times = []
    for _ in range(ROUNDS):
        started = process_time()
        work()
        times.append(1000 * (process_time() - started))
    return median(times)


def measure() -> Iterator[tuple[str, int, float, float, float]]:
    """Measure every family."""
    families = {
        "meeting 50": meetings(50),
        "meeting 200": meetings(200),
        "colouring 50": colouring(50, 125),
        "colouring 200": colouring(200, 500),
        "bit-vectors 100": registers(100),
    }
    engine = Z3()
    for name, (script, answer) in families.items():
        text = json.dumps(answer)
        instance = read_instance(SmtProblem(smtlib=script))
        loaded, values = load(instance), read_answer(instance, text)
        terms = [constraint.term for constraint in instance.constraints]
        whole = cpu_ms(lambda: judge(domain, {"smtlib": script}, text))  # noqa: B023  # used at once
        own = cpu_ms(lambda: list(check(loaded, values)))  # noqa: B023  # used at once
        z3 = cpu_ms(lambda: decide(engine, instance, terms, values, timeout_ms=5_000))  # noqa: B023  # used at once
        yield name, len(terms), whole, own, z3


def main() -> None:
    """Print the table."""
    heads = ("problem", "asserts", "judge", "evaluate", "z3", "z3/evaluate")
    print("{:16} {:>7} {:>8} {:>9} {:>8} {:>12}".format(*heads))
    for name, count, whole, own, z3 in measure():
        print(f"{name:16} {count:7} {whole:8.2f} {own:9.2f} {z3:8.2f} {z3 / own:12.1f}")


if __name__ == "__main__":
    main()
