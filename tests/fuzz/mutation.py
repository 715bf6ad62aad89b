"""Changes inputs: a seeded mutator of bytes and words, so that every finding can be repeated."""

import random
import re

WORDS = [
    *(b"(", b")", b"[", b"]", b"{", b"}", b'"', b"|", b";", b",", b":", b"\\", b"\n", b"\0", b" "),
    *(b"-1", b"0", b"1e999", b"1/0", b"9" * 400, b"0x1", b"NaN", b"null", b"true", b"\\ud800"),
    *("\u202e".encode(), "é".encode(), b"\xff", b"\xed\xa0\x80", b"```", b"not", b"and", b"**"),
    *(b"(" * 300, b"[" * 300, b'{"a":' * 100, b"forall", b"exists", b"let", b"?x", b"%", b"//"),
]
PIECES = re.compile(rb"\w+|\s+|[^\w\s]")
LONGEST = 4000


def mutate(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Change one input in one to six ways, with parts of another one."""
    pieces: list[bytes] = PIECES.findall(data) or [b""]
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(pieces))
        match chance.randrange(8):
            case 0:
                del pieces[at : at + chance.randint(1, 4)]
            case 1:
                pieces.insert(at, chance.choice(WORDS))
            case 2:
                pieces[at] = chance.choice(WORDS)
            case 3:
                pieces[at:at] = pieces[at : at + chance.randint(1, 12)]
            case 4:
                there = chance.randrange(len(pieces))
                pieces[at], pieces[there] = pieces[there], pieces[at]
            case 5:
                theirs = PIECES.findall(other) or [b""]
                start = chance.randrange(len(theirs))
                pieces[at:at] = theirs[start : start + 8]
            case 6:
                pieces[at] = bytes(byte ^ (1 << chance.randrange(8)) for byte in pieces[at])
            case _:
                pieces[at] = pieces[at] * chance.randint(2, 5)
        pieces = pieces or [b""]
    return b"".join(pieces)[:LONGEST]
