"""Prints what llm-modulo needs with some of its extras, so that it is a layer of its own.

python requirements.py durable,local > requirements.txt

Fails for an extra that `pyproject.toml` does not have.
"""

import sys
import tomllib
from pathlib import Path


def list_requirements(extras: str) -> list[str]:
    """List the requirements of the core and of each extra, named with commas between them."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    wanted = [name.strip() for name in extras.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in optional]
    if unknown:
        known = ", ".join(sorted(optional))
        sys.exit(f"there is no extra `{unknown[0]}`; EXTRAS takes {known}")
    return [*project["dependencies"], *(line for name in wanted for line in optional[name])]


print("\n".join(list_requirements(sys.argv[1])))
