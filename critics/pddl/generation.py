"""Planning tasks made by a program: all families of the domain, identities and renamed twins."""

from critics.generation import Generation
from critics.pddl import (
    generation_blocksworld,
    generation_grid,
    generation_logistics,
    generation_transport,
)
from critics.pddl.generation_renaming import rename
from critics.pddl.generation_structure import identify

GENERATION = Generation(
    families=(
        *generation_blocksworld.FAMILIES,
        *generation_logistics.FAMILIES,
        *generation_transport.FAMILIES,
        *generation_grid.FAMILIES,
    ),
    identity=identify,
    rename=rename,
)
