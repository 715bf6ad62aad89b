"""Find answers in a model's response; outside the trusted part, whatever it returns is judged."""

import json
from collections.abc import Iterator

MAX_FOUND = 20


def find_objects(response: str) -> list[str]:
    """Give every outermost JSON object of a response as it is written, in order, each once.

    Linear in practice: an opening brace that starts no object costs one short scan, and a
    response with very many of them is cut.
    """
    return list(dict.fromkeys(_objects(response)))[:MAX_FOUND]


def _objects(response: str) -> Iterator[str]:
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    position, failures = response.find("{"), 0
    while position >= 0 and failures < 1_000:  # noqa: PLR2004  # a bound on wasted scans
        try:
            _, end = decoder.raw_decode(response, position)
        except (ValueError, RecursionError):
            failures += 1
            position = response.find("{", position + 1)
            continue
        yield response[position:end]
        position = response.find("{", end)
