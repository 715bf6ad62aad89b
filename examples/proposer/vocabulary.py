"""vocabulary: text to tokens and back, exactly as llama.cpp reads it.

Tokens are whole phrases, names and numbers, chosen by `phrases.py`; there are no merges to learn.
In a GGUF file they are user-defined tokens of an SPM vocabulary, which llama.cpp cuts out of a text
one after the other, longest first and each from left to right. What no token covers is read as
UTF-8 bytes.

Invariants:
    * `decode(encode(text)) == text` for every text.
    * Every character of printable ASCII, and the line end, is a token, so only other characters
      are read as bytes.
    * A special token is written by its id alone: the text `<end>` is five characters.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

UNKNOWN, USER, ASSISTANT, END = range(4)
SPECIAL = ("<unk>", "<user>", "<assistant>", "<end>")
BYTES = 4
"""Id of the first of 256 bytes."""
CHARACTERS = [*map(chr, range(32, 127)), "\n"]
HEAD = 3
"""Characters by which tokens are looked up."""
FILE = "vocabulary.json"


class Vocabulary:
    """A fixed list of tokens.

    Attributes:
        texts: The texts that are one token, in the order of their ids.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        """Take the phrases beside the characters of ASCII."""
        self.texts = [*dict.fromkeys([*phrases, *CHARACTERS])]
        self._ids = {text: BYTES + 256 + place for place, text in enumerate(self.texts)}
        order = sorted(self.texts, key=lambda text: -len(text.encode()))
        self._rank = {text: place for place, text in enumerate(order)}
        self._by_head = defaultdict[str, list[str]](list)
        for text in order:
            self._by_head[text[:HEAD]].append(text)

    def __len__(self) -> int:
        """Count all tokens, special ones and bytes among them."""
        return BYTES + 256 + len(self.texts)

    def encode(self, text: str) -> list[int]:
        """Give the tokens of a text that holds no special token."""
        pieces: list[str | int] = [text] if text else []
        for token in self._find_in(text):
            pieces = _cut_out(pieces, token, self._ids[token])
        ids: list[int] = []
        for piece in pieces:
            ids += (BYTES + byte for byte in piece.encode()) if isinstance(piece, str) else (piece,)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of tokens; special ones are left out."""
        raw = bytearray()
        for token in ids:
            if token >= BYTES + 256:
                raw += self.texts[token - BYTES - 256].encode()
            elif token >= BYTES:
                raw.append(token - BYTES)
        return raw.decode(errors="replace")

    def _find_in(self, text: str) -> list[str]:
        """Give the tokens that occur in a text, longest first."""
        heads = {text[at : at + size] for size in range(1, HEAD + 1) for at in range(len(text))}
        found = [token for head in heads for token in self._by_head.get(head, ()) if token in text]
        return sorted(found, key=self._rank.__getitem__)

    def save(self, folder: Path) -> None:
        """Write `vocabulary.json`, every token with its kind."""
        tokens = [("<unk>", "unknown"), *((text, "control") for text in SPECIAL[1:])]
        tokens += [(f"<0x{byte:02X}>", "byte") for byte in range(256)]
        tokens += [(text, "text") for text in self.texts]
        written = json.dumps({"tokens": tokens}, ensure_ascii=False, indent=0)
        (folder / FILE).write_text(written, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Read `vocabulary.json`."""
        tokens = json.loads((folder / FILE).read_text(encoding="utf-8"))["tokens"]
        return cls(text for text, kind in tokens if kind == "text")


def _cut_out(pieces: Iterable[str | int], token: str, number: int) -> list[str | int]:
    """Replace a token's text by its number wherever it is left."""
    after: list[str | int] = []
    for piece in pieces:
        if isinstance(piece, int) or token not in piece:
            after.append(piece)
            continue
        first, *rest = piece.split(token)
        after += [first] if first else []
        for part in rest:
            after += [number, part] if part else [number]
    return after
