"""Whether a document is OpenAPI 3.1 and its examples fit their models: the rules that matter here.

No validator is among the pins; these are the rules of the specification that tools stumble over.
"""

import re
from collections.abc import Iterator
from typing import Any

KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def faults_of(document: dict[str, Any]) -> list[str]:
    """Everything that is wrong, in words."""
    found: list[str] = []
    if not re.fullmatch(r"3\.1\.\d+", document.get("openapi", "")):
        found.append("openapi is not 3.1.x")
    if not {"title", "version"} <= set(document.get("info", {})):
        found.append("info without title or version")
    ids: set[str] = set()
    for path, method, operation in operations(document):
        where = f"{method.upper()} {path}"
        found += [f"{where}: {fault}" for fault in faults_of_operation(document, path, operation)]
        if method not in METHODS:
            found.append(f"{where}: no such method")
        if operation["operationId"] in ids:
            found.append(f"{where}: operationId {operation['operationId']} twice")
        ids.add(operation["operationId"])
    return found + list(lost_references(document, document))


def faults_of_operation(
    document: dict[str, Any], path: str, operation: dict[str, Any]
) -> Iterator[str]:
    given = [(p["name"], p["in"]) for p in operation.get("parameters", [])]
    if len(given) != len(set(given)):
        yield "a parameter twice"
    if {name for name, place in given if place == "path"} != set(re.findall(r"{(\w+)}", path)):
        yield "path parameters are not those of the path"
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" and not parameter.get("required"):
            yield f"{parameter['name']} is in the path and not required"
        if "schema" not in parameter:
            yield f"{parameter['name']} has no schema"
    schemes = document.get("components", {}).get("securitySchemes", {})
    for need in operation.get("security", []):
        yield from (f"unknown security {name}" for name in need if name not in schemes)
    declared = {tag["name"] for tag in document.get("tags", [])}
    yield from (f"unknown tag {tag}" for tag in operation.get("tags", []) if tag not in declared)
    if not operation["responses"]:
        yield "no answers"
    for status, answer in operation["responses"].items():
        if not re.fullmatch(r"[1-5]\d\d", status) or not answer.get("description"):
            yield f"{status} has no description"
        for content in answer.get("content", {}).values():
            if "example" in content:
                yield from misfits(document, content["example"], content["schema"], status)


def misfits(
    document: dict[str, Any], value: Any, schema: dict[str, Any], where: str
) -> Iterator[str]:
    """Where a value does not fit its schema (types, required, const, enum, properties, items)."""
    if "$ref" in schema:
        schema = resolve(document, schema["$ref"])
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_kind(value, kind) for kind in kinds):
        yield f"{where} is not {' or '.join(kinds)}"
    if "const" in schema and value != schema["const"]:
        yield f"{where} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {schema['enum']}"
    if isinstance(value, dict):
        yield from (f"{where}.{name} is missing" for name in schema.get("required", [])
                    if name not in value)  # fmt: skip
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from misfits(document, value[name], part, f"{where}.{name}")
    if isinstance(value, list):
        for place, part in enumerate(value):
            yield from misfits(document, part, schema.get("items", {}), f"{where}[{place}]")


def is_kind(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, KINDS[kind])


def resolve(document: dict[str, Any], reference: str) -> Any:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def lost_references(document: dict[str, Any], part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            try:
                resolve(document, reference)
            except KeyError:
                yield f"{reference} is not there"
        for inner in part.values():
            yield from lost_references(document, inner)
    elif isinstance(part, list):
        for inner in part:
            yield from lost_references(document, inner)
