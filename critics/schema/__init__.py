"""JSON documents: the domain `json-schema`, held exactly to a JSON Schema."""

from critics.schema.domain import domain

__all__ = ["domain"]
