"""The names of a problem: types, predicates, functions and objects, and who belongs to what."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from critics.pddl.formula import Types, show_types

OBJECT: Types = ("object",)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter: its spelling and its types."""

    name: str
    types: Types


@dataclass(frozen=True, slots=True)
class Signature:
    """A declared predicate, function or action head."""

    name: str
    parameters: tuple[Parameter, ...]

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.parameters)

    def __str__(self) -> str:
        """Write it as a declaration."""
        written = (
            p.name if p.types == OBJECT else f"{p.name} - {show_types(p.types)}"
            for p in self.parameters
        )
        return f"({' '.join((self.name, *written))})"


@dataclass(frozen=True)
class Vocabulary:
    """Everything that has a name.

    Attributes:
        parents: Type to its direct supertypes; `object` is always there.
        predicates: By folded name.
        functions: By folded name; numeric ones only.
        derived: Predicates that rules define.
        objects: Constants and objects by folded name, with their declared types.
        spelling: Folded name of an object to how its author wrote it.
    """

    parents: Mapping[str, frozenset[str]]
    predicates: Mapping[str, Signature]
    functions: Mapping[str, Signature]
    derived: frozenset[str]
    objects: Mapping[str, Types]
    spelling: Mapping[str, str]
    _ancestors: dict[str, frozenset[str]] = field(default_factory=dict, init=False)
    _members: dict[Types, dict[str, None]] = field(default_factory=dict, init=False)

    def ancestors(self, name: str) -> frozenset[str]:
        """Give a type with all its supertypes."""
        known = self._ancestors.get(name)
        if known is None:
            found, pending = {name, "object"}, [name]
            while pending:
                for parent in self.parents.get(pending.pop(), ()):
                    if parent not in found:
                        found.add(parent)
                        pending.append(parent)
            known = self._ancestors[name] = frozenset(found)
        return known

    def belongs(self, name: str, types: Types) -> bool:
        """Say whether an object is of one of the types."""
        return name in self.members(types)

    def members(self, types: Types) -> Mapping[str, None]:
        """Give the objects of one of the types, in order of declaration."""
        known = self._members.get(types)
        if known is None:
            known = self._members[types] = {
                name: None for name, own in self.objects.items() if self.is_subtype(own, types)
            }
        return known

    def is_subtype(self, types: Types, expected: Types) -> bool:
        """Say whether something of the types is surely of an expected type."""
        return all(not self.ancestors(own).isdisjoint(expected) for own in types)

    def may_be(self, types: Types, expected: Types) -> bool:
        """Say whether something of the types could be of an expected type."""
        if any(not self.ancestors(own).isdisjoint(expected) for own in types):
            return True
        return any(
            not above.isdisjoint(types) and not above.isdisjoint(expected)
            for above in map(self.ancestors, self.parents)
        )
