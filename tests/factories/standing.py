"""What takes seconds to arrange: made once a module, put back after every test.

A module's world stands in a transaction that is never committed, and each test in a savepoint of
its own. Not for tests that commit (``django_db(transaction=True)``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import override_settings

#: Settings that arranging a world changes.
CHANGED = ("DATA", "STORE", "KEYS", "LAB", "WITNESSES")


@contextmanager
def put_back() -> Iterator[None]:
    """What happens inside never happened, like in a test case of Django's."""
    block = transaction.atomic()
    block._from_testcase = True
    block.__enter__()
    try:
        yield
    finally:
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


@contextmanager
def standing(blocker: Any) -> Iterator[None]:
    """A module's world: the database is open, and what its arrangement changes is put back.

    ``blocker`` is pytest-django's ``django_db_blocker``; the fixture must also ask for
    ``django_db_setup``.
    """
    kept = {name: getattr(settings, name) for name in CHANGED}
    with blocker.unblock(), override_settings(**kept), put_back():
        yield
