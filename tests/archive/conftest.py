"""A platform of a test's own; the package that many tests only read is built and filed once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from archive.api import register_line
from archive.domain import layout, shipping
from archive.interfaces import building
from signatures.domain import checkpoints, clock, log, platform, services
from tests.archive import world
from tests.factories import standing as standings
from tests.signatures.labs import shared


@pytest.fixture
def place(db: None, settings: Any, tmp_path: Path) -> Iterator[Path]:
    services._open.cache_clear()
    for name in ("DATA", "STORE", "KEYS", "LAB"):
        setattr(settings, name, getattr(settings, name))  # restored after the test
    world.found(tmp_path)
    yield tmp_path
    services._open.cache_clear()


@pytest.fixture
def house(place: Path) -> world.House:
    return world.house()


@pytest.fixture
def small(place: Path) -> world.House:
    """The same with two records only, for what does not depend on them."""
    return world.house(exhibits=False)


@pytest.fixture(scope="module")
def standing_small(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[tuple[Path, world.House]]:
    """For a module whose tests do not commit: the folder, and the house of ``small``."""
    services._open.cache_clear()
    with standings.standing(django_db_blocker):
        folder = tmp_path_factory.mktemp("standing")
        world.found(folder)
        yield folder, world.house(exhibits=False)
    services._open.cache_clear()


@pytest.fixture
def small_again(
    standing_small: tuple[Path, world.House], db: None, settings: Any, tmp_path: Path
) -> world.House:
    """The standing house as it was; its files are a copy."""
    folder, house = standing_small
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    settings.DATA, settings.STORE, settings.KEYS = tmp_path, tmp_path / "store", tmp_path / "keys"
    house.floor.refresh()
    return house


@dataclass(frozen=True)
class Packed:
    """A filed package as a stranger has it: a folder, a ZIP, and what the platform publishes."""

    folder: Path
    zip: Path
    digest: str
    line: dict[str, Any]
    filing: str
    checkpoint: str
    key: str
    names: list[str]

    def copy(self, place: Path) -> Path:
        """The folder once more, to be damaged."""
        return Path(shutil.copytree(self.folder, place / self.folder.name))


@pytest.fixture(scope="session")
def packed(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Packed:
    place = tmp_path_factory.mktemp("packed")
    services._open.cache_clear()
    # As a test case wraps its test: nothing of this stays in the database.
    wrapped = transaction.atomic()
    wrapped._from_testcase = True  # type: ignore[attr-defined]
    folders = {name: place / name.lower() for name in ("DATA", "STORE", "KEYS")}
    with (
        django_db_blocker.unblock(),
        override_settings(**folders, LAB=shared().folder),
        wrapped,
    ):
        world.found(place)
        house = world.house()
        row = building.build_and_file(
            house.lot.pk, asker=house.archivist.pk, after=house.request()
        )
        found = layout.load(row.layout)
        container = place / f"{row.name}.zip"
        container.write_bytes(b"".join(shipping.zip_stream(found)))
        checkpoints.make(clock.platform)
        newest = checkpoints.latest()
        proof = {
            "kind": "sunlit.ledger-proof/1",
            "index": row.leaf,
            "leaf": log.entry(row.leaf).decode(),
            "proof": [each.hex() for each in log.inclusion_proof(row.leaf, newest.size)],
            "checkpoint": newest.note,
        }
        made = Packed(
            folder=shipping.lay_out(found, place / "out"),
            zip=container,
            digest=row.digest,
            line=register_line(row),
            filing=json.dumps(proof),
            checkpoint=checkpoints.Checkpoint.objects.get(size=row.checkpoint).note,
            key=platform.log_verifier().vkey,
            names=[one.name for one in house.exhibits()],
        )
        transaction.set_rollback(True)
    services._open.cache_clear()
    return made
