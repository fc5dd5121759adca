"""Procedures as data: the digest that lots are frozen with can be computed by anybody."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.trading.api.calls import Program, problem
from trading.domain import procedure, procedure_file

pytestmark = pytest.mark.django_db

EDITIONS = Path(__file__).resolve().parents[1] / "domain" / "editions.json"


def test_every_procedure_in_force_is_listed_with_its_digest():
    rows = Program().get("/procedures").json()
    assert {row["name"] for row in rows} == set(procedure.names())
    for row in rows:
        answer = Program().get(f"/procedures/{row['name']}")
        assert hashlib.sha256(answer.content).hexdigest() == row["sha256"]
        assert procedure_file.build(json.loads(answer.content)).digest == row["sha256"]


@pytest.mark.parametrize("name", ["x", "construction.toml", "..", "CONSTRUCTION"])
def test_procedure_that_there_is_not(name):
    problem(Program().get(f"/procedures/{name}"), 404, "unknown-category")


def test_lot_keeps_the_edition_that_is_served(house):
    line = Program().get(f"/lots/{house.lot.pk}").json()
    data = Program().get(f"/procedures/{line['procedure']['name']}").content
    assert hashlib.sha256(data).hexdigest() == line["procedure"]["digest"]


def test_file_that_changes_raises_its_version():
    """Every edition that was ever offered, by name and version; a further one is added here."""
    known = json.loads(EDITIONS.read_text(encoding="utf-8"))
    for name in procedure.names():
        rules = procedure.load(name)
        told = f"{name} {rules.version} is not what it was: raise its version and add it here"
        assert known.get(f"{name} {rules.version}") == rules.digest, told
