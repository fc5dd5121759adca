"""No write outside an act.

Every connection refuses INSERT, UPDATE and DELETE unless an act is open in this thread, or the
table is one of the few that remember nothing of the procedure and are named here with the reason.
So a view, a consumer, a task or a shell cannot change a row without its record in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

#: Tables that may be written without an act, and why.
HOUSEKEEPING = {
    "django_session": "sign-in sessions expire on real time and are no part of the record",
    "django_migrations": "which migrations ran",
    "django_content_type": "Django's list of models",
    "auth_permission": "Django's list of permissions",
    "django_tasks_database_dbtaskresult": "the queue's own bookkeeping",
    "signatures_heartbeat": "which processes are alive, and how their duties went",
    "signatures_presence": "when servers answered; an outage that is found in it is an act",
    "signatures_checkpoint": "derived from the ledger and signed",
    "signatures_cosignature": "signed by witnesses over a checkpoint",
    "sqlite_sequence": "SQLite's own counter",
}

_VERBS = (
    r"(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|MERGE\s+INTO|DELETE\s+FROM|COPY"
    r"|TRUNCATE(?:\s+TABLE)?|(?<!FOR )(?<!KEY )UPDATE(?:\s+OR\s+\w+)?)"
    r"\s+(?:ONLY\s+)?[\"`\[]?(\w+)"
)
#: Blanks and comments before the first word.
_LEAD = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"
_WRITE = re.compile(_LEAD + _VERBS, re.IGNORECASE | re.DOTALL)
#: A statement behind WITH may write anywhere in it.
_WITH = re.compile(_LEAD + r"WITH\b", re.IGNORECASE | re.DOTALL)
_WITHIN = re.compile(r"\b" + _VERBS, re.IGNORECASE)

_reason: ContextVar[str] = ContextVar("sunlit_write_reason", default="")


class WriteOutsideAct(RuntimeError):
    """Some code tried to change a row without an act: a fault in our code, never a user's."""


@contextmanager
def writes(reason: str) -> Iterator[None]:
    """Open the database for writing: an act, a migration, a test's factory."""
    token = _reason.set(reason)
    try:
        yield
    finally:
        _reason.reset(token)


def reason() -> str:
    """What the database is open for in this context; empty when it is closed."""
    return _reason.get()


def _watch(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if not _reason.get():
        match = _WITHIN.search(sql) if _WITH.match(sql) else _WRITE.match(sql)
        if match and match.group(1) not in HOUSEKEEPING:
            raise WriteOutsideAct(f"{match.group(1)} was written outside an act.")
    return execute(sql, params, many, context)


def _watch_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch)


def install() -> None:
    """Watch every connection from now on; called once, when the apps are ready."""
    connection_created.connect(_watch_connection, dispatch_uid="signatures.guard")
