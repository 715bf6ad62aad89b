"""Fuzzes every reader: `python tests/fuzz/fuzz.py --inputs 1000000`.

Prints how many inputs each target took, and each that crashed or computed for over two seconds;
those are also written to the corpus, which `make test` plays. With `--atheris TARGET` libFuzzer
chooses the inputs (needs the package `atheris`).
"""

import argparse
import hashlib
import random
import signal
import sys
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from tests.fuzz.mutation import mutate  # noqa: E402  # after the path
from tests.fuzz.targets import Target, all_targets  # noqa: E402  # likewise

CORPUS = Path(__file__).parent / "corpus"
HANG_S = 2.0
"""Of computing, so that a busy machine is no fault."""


class Hang(BaseException):
    """An input took too long."""


def on_alarm(_number: int, _frame: object) -> None:
    raise Hang


def fuzz(target: Target, count: int, seed: int) -> int:
    """Try a target with so many inputs; gives how many went wrong."""
    chance = random.Random(f"{seed} {target.name}")  # noqa: S311  # no secret
    pool = [*target.seeds, *(path.read_bytes() for path in kept(target))] or [b"x"]
    known: set[str] = set()
    started = time.monotonic()
    for number in range(count):
        data = mutate(chance.choice(pool), chance.choice(pool), chance)
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
        try:
            target.try_one(data)
        except (Exception, Hang) as error:  # noqa: BLE001  # that is what is looked for
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} in {Path(place.filename).name}:{place.name}"
            if what not in known:
                known.add(what)
                save(target, data)
                print(f"  {target.name}: {what}: {data[:200]!r}", flush=True)  # noqa: T201
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if number % 97 == 0 and len(pool) < 300:
            pool.append(data)
    seconds = time.monotonic() - started
    print(f"{target.name}: {count:,} inputs, {len(known)} faults, {seconds:.0f} s", flush=True)  # noqa: T201
    return len(known)


def kept(target: Target) -> list[Path]:
    """Give the corpus of a target."""
    return sorted((CORPUS / target.name.replace(" ", "-")).glob("*"))


def save(target: Target, data: bytes) -> None:
    """Keep an input."""
    folder = CORPUS / target.name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def fuzz_with_atheris(target: Target) -> None:
    """Let libFuzzer choose the inputs, until it is told to stop."""
    import atheris  # noqa: PLC0415  # optional

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-timeout={int(HANG_S)}", "-max_total_time=60"], target.try_one)
    atheris.Fuzz()


def main() -> None:
    """Read the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--inputs", type=int, default=100_000, help="over all targets")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", default="", help="targets whose name contains this")
    options.add_argument("--atheris", metavar="TARGET")
    given = options.parse_args()
    targets = [target for target in all_targets() if given.only in target.name]
    if given.atheris:
        fuzz_with_atheris(next(one for one in targets if one.name == given.atheris))
        return
    signal.signal(signal.SIGVTALRM, on_alarm)
    share = -(-given.inputs // len(targets))
    faults = sum(fuzz(target, share, given.seed) for target in targets)
    print(f"{share * len(targets):,} inputs in all, {faults} faults")  # noqa: T201
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
