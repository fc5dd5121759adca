"""What tests of pages and of the interface share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.factories import floor, signers
from tests.factories import standing as standings
from tests.trading import pages


@pytest.fixture
def empty(db) -> None:
    """A platform without a project, its clock near the factory's start."""
    pages.move_clock()


@pytest.fixture
def house(db) -> floor.House:
    """A platform with one published project, whose tender document is on offer."""
    return pages.published()


@pytest.fixture
def platform_keys(db, settings, tmp_path) -> None:
    """The platform's keys and its seal, in a folder of the test's own."""
    from signatures.domain import clock, platform
    from tests.trading.domain import certified

    settings.KEYS = tmp_path / "keys"
    for name in (platform.LOG_KEY, platform.RECEIPT_KEY, platform.OPENING_KEY):
        platform.make(name)
    issued = certified.lab().region("east").issue(
        "东岳省公共资源交易中心",
        organisation="东岳省公共资源交易中心",
        credit_code="12370000MB2840004B",
        usage="platform",
    )
    platform.install_seal(issued.pkcs12("passphrase"), "passphrase")
    platform.certify_receipt_key(clock.now())


@pytest.fixture(scope="module")
def standing_trust(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Path]:
    """The lab's trust lists in force for a module; returns the folder of store and keys."""
    with standings.standing(django_db_blocker):
        folder = tmp_path_factory.mktemp("trust")
        django_settings.STORE = folder / "store"
        signers.trust(django_settings, folder)
        yield folder


@pytest.fixture
def trusted(standing_trust, db, settings, tmp_path) -> Path:
    """The lab's trust lists in force, the platform's keys in place; returns the store's folder."""
    shutil.copytree(standing_trust, tmp_path, dirs_exist_ok=True)
    settings.STORE, settings.KEYS = tmp_path / "store", tmp_path / "keys"
    return settings.STORE
