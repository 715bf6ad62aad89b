"""Finds Python programs in a model's response. Outside the trusted part: all found are judged."""

import ast
import re
import warnings

FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*([^\n`]*)\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
OTHERS = frozenset({"bash", "sh", "console", "text", "json", "output", "shell", "txt"})


def find_programs(response: str) -> list[str]:
    """Find the programs: the whole response if it is one; else each fence, and all together."""
    whole = response.strip()
    fenced = [
        found[3].strip()
        for found in FENCE.finditer(response)
        if found[2].strip().lower() not in OTHERS and found[3].strip()
    ]
    if not fenced:
        return [whole] if _is_python(whole) else []
    joined = ["\n\n".join(fenced)] if len(fenced) > 1 else []
    return list(dict.fromkeys([*fenced, *joined]))


def _is_python(text: str) -> bool:
    """Whether a text parses, as prose of one word does, too, and defines something."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as `0if`: the model's style, not ours
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(not isinstance(node, ast.Expr) for node in tree.body)
