"""Examples: of every property, of whole bodies, and of parameters.

They belong to names, not to the fields in code, which every cold start would pay for: a `slot_id` is the same slot in
all bodies, and a body's example is made of those of its properties. A field that declares `examples` shows them; in a
whole body what is known of its name comes first, since it fits the other names.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from booking import __version__
from infra.openapi.by_hand import BY_HAND

OF_NAME: Mapping[str, Any] = BY_HAND["examples"]["of_names"]
_OF_PLACE: Mapping[str, Any] = BY_HAND["examples"]["of_places"] | {"Health.version": __version__}
_OF_FORMAT: Mapping[str, str] = BY_HAND["examples"]["of_formats"]


class _NoExample(Exception):
    """Nothing is known to show there."""


def add_examples(document: dict[str, Any]) -> None:
    """Adds those that the document lacks, save where none is known for a name."""
    examples = _Examples(document["components"]["schemas"])
    examples.add_to_properties()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                examples.add_to_parameter(parameter, path)
            for content in _json_contents(operation):
                examples.add_to_content(content)


def _json_contents(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is sent and answered as JSON when all goes well."""
    good = (response for status, response in operation["responses"].items() if status.startswith("2"))
    for part in (operation.get("requestBody", {}), *good):
        if found := part.get("content", {}).get("application/json"):
            yield found


class _Examples:
    """Makes them, from the document's schemas."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def add_to_properties(self) -> None:
        for title, schema in self._schemas.items():
            for name, part in schema.get("properties", {}).items():
                if "$ref" in part or part.get("type") in {"array", "object"}:  # its parts have theirs
                    continue
                with suppress(_NoExample):
                    part.setdefault("examples", [self._of(part, title, name)])

    def add_to_parameter(self, parameter: Mapping[str, Any], path: str) -> None:
        """In the schema: pages that try a request out would send a parameter's own example."""
        name, schema = parameter["name"], parameter["schema"]
        place = path.partition("/{id}")[0].rpartition("/")[2] if name == "id" else "parameter"
        with suppress(_NoExample):
            schema.setdefault("examples", [self._of(schema, place, name)])

    def add_to_content(self, content: dict[str, Any]) -> None:
        with suppress(_NoExample):
            content.setdefault("example", self._of(content["schema"]))

    def _of(self, schema: Mapping[str, Any], title: str = "", name: str = "") -> Any:
        """Of the property `name` in the schema `title`, or of a whole schema. Raises `_NoExample`."""
        match schema:
            case {"$ref": reference}:
                referred = reference.rpartition("/")[2]
                return self._of(self._schemas[referred], referred, name)
            case {"type": "object", "properties": properties}:
                return {inner: self._of(part, title, inner) for inner, part in properties.items()}
            case {"type": "object", "propertyNames": names, "additionalProperties": values}:
                return {self._of(names): self._of(values, title, name)}
            case {"type": "array", "items": items}:
                return [self._of(items, title, name)]
        return self._of_value(schema, title, name)

    def _of_value(self, schema: Mapping[str, Any], title: str, name: str) -> Any:
        for known, key in ((_OF_PLACE, f"{title}.{name}"), (OF_NAME, name)):
            if key in known:
                return known[key]
        match schema:
            case {"examples": [example, *_]} | {"const": example} | {"enum": [example, *_]} | {"default": example}:
                return example
            case {"format": "date-time" | "date" as kind}:
                return _OF_FORMAT[kind]
            case {"anyOf": [first, *_]}:
                return self._of(first, title, name)
            case {"type": "boolean"}:
                return True
        raise _NoExample
