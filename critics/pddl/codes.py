"""Every diagnostic code of the PDDL domain, with its long explanation."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

CODES: Mapping[str, Code] = MappingProxyType({})
