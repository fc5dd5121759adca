"""Typed readers of the process environment, with safe production defaults.

Everything that differs between a laptop, a test and a centre's data hall is one variable named
``SUNLIT_…``; nothing in the code knows where it runs. A value that cannot be read stops the start
with a sentence that names the variable.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

MODES = ("production", "demo", "test")


def text(name: str, default: str = "") -> str:
    """The variable as text, without the blanks around it."""
    return os.environ.get(name, default).strip()


def needed(name: str) -> str:
    """The variable as text; its absence stops the start."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set, and is needed.")
    return value


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """One of ``choices``; anything else stops the start."""
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def flag(name: str, default: bool = False) -> bool:
    """``1``, ``true``, ``yes``, ``on`` or their opposites."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} is {number}; it must lie between {low} and {high}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A list written with commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """An absolute folder; it is made where it does not exist."""
    path = Path(text(name) or default).expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def secret(name: str, *, keep_in: Path | None) -> str:
    """A secret from ``NAME`` or from the file that ``NAME_FILE`` points to.

    Where ``keep_in`` is given (demonstration and tests) a missing secret is made once and kept
    there with mode 0600; elsewhere its absence stops the start.
    """
    value = text(name)
    if value:
        return value
    path = text(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    if keep_in is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it, or {name}_FILE, to a random text of 50 characters or more."
        )
    try:
        return keep_in.read_text(encoding="ascii")
    except FileNotFoundError:
        return _make_once(keep_in)


def _make_once(path: Path) -> str:
    """Several processes may start at once: whoever links the file first has made the secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii")


def database(name: str, *, default: str) -> dict[str, Any]:
    """Django's database settings from ``sqlite:///path`` or ``postgresql://…``.

    SQLite writes ahead and syncs in full, and every transaction takes the write lock at its
    beginning, so that a lock is taken before the clock is read, as on PostgreSQL.
    """
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path),
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                    "PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;"
                ),
            },
            "TEST": {"NAME": None},
        }
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": dict(parse_qsl(parts.query)).get("host", parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(
        f"{name} starts with {parts.scheme!r}; write sqlite:///path or postgresql://user@host/name."
    )
