"""Reading the fields of statements: each function gives a value of its type or says what is wrong.

All raise ``Malformed`` naming the field; ``where`` is its place in words (``the policy's k``).
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Sequence
from typing import Any

from bidding.kit.errors import Malformed
from signatures.domain import jcs

_URN = re.compile(r"[a-z][a-z0-9-]{0,31}:[A-Za-z0-9._~:/-]{1,128}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


def hexadecimal(value: Any, size: int | None, *, where: str) -> bytes:
    """Bytes written in lower-case hex; exactly ``size`` of them unless it is None."""
    if isinstance(value, str) and _HEX.fullmatch(value):
        data = bytes.fromhex(value)
        if size is None or len(data) == size:
            return data
    wanted = "an even number of" if size is None else str(size * 2)
    raise Malformed(f"{where} must be {wanted} lower-case hexadecimal digits.")


def base64_bytes(value: Any, *, where: str) -> bytes:
    """Bytes written in base64 (RFC 4648, 4), without anything else between."""
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise Malformed(f"{where} must be base64.") from None


def integer(value: Any, least: int, most: int, *, where: str) -> int:
    """An integer within bounds, both included; booleans are none."""
    if type(value) is int and least <= value <= most:
        return value
    raise Malformed(f"{where} must be an integer from {least} to {most}.")


def identifier(value: Any, *, where: str) -> uuid.UUID:
    """A UUID in its usual lower-case form."""
    if isinstance(value, str):
        try:
            found = uuid.UUID(value)
        except ValueError:
            pass
        else:
            if str(found) == value:
                return found
    raise Malformed(f"{where} must be a UUID in lower case.")


def urn(value: Any, *, where: str) -> str:
    """A name such as ``org:<uuid>``."""
    if isinstance(value, str) and _URN.fullmatch(value):
        return value
    raise Malformed(f"{where} must be a name of the form kind:id.")


def name(value: Any, *, where: str) -> str:
    """A role or act: ``[a-z0-9.:_-]{1,160}``."""
    if jcs.is_name(value):
        return str(value)
    raise Malformed(f"{where} must consist of a to z, digits and .:_- only.")


def text(value: Any, most: int, *, where: str) -> str:
    """A text of 1 to ``most`` characters."""
    if isinstance(value, str) and 1 <= len(value) <= most:
        return value
    raise Malformed(f"{where} must be a text of 1 to {most} characters.")


def boolean(value: Any, *, where: str) -> bool:
    """True or false, nothing that merely counts as it."""
    if isinstance(value, bool):
        return value
    raise Malformed(f"{where} must be true or false.")


def listing(value: Any, least: int, most: int, *, where: str) -> Sequence[Any]:
    """A list of so many members."""
    if isinstance(value, list) and least <= len(value) <= most:
        return value
    raise Malformed(f"{where} must be a list of {least} to {most} members.")


def distinct(values: Sequence[Any], *, where: str) -> None:
    """Refuse a list that names something twice."""
    if len(set(values)) != len(values):
        raise Malformed(f"{where} names something twice.")
