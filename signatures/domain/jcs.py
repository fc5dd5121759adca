"""Canonical JSON: the one form in which records are hashed, signed and put into the ledger.

RFC 8785 (JSON Canonicalization Scheme), narrowed so that every language agrees on every byte:
object keys are ASCII; numbers are integers within ±(2^53-1), never floats; amounts and times are
strings; duplicate keys and lone surrogates are refused; depth and size are bounded. With ASCII
keys RFC 8785's order of UTF-16 code units is the order of bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, NoReturn

from signatures.domain.errors import Malformed

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
MAX_BYTES = 64 * 1024 * 1024

_NAME = re.compile(r"[a-z0-9.:_-]{1,160}", re.ASCII)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII
)


class JcsError(Malformed):
    """The value or the text has no canonical form, or is not in it."""

    default_code = "bad-json"


def dumps(value: Any) -> bytes:
    """The canonical UTF-8 bytes of ``value``.

    ``value`` is made of dicts with ASCII keys, lists or tuples, strings, integers within
    ±(2^53-1), booleans and None, at most 64 levels deep. Anything else raises ``JcsError``, whose
    message names the place (``$.bids[3].price``). An error is also raised above 64 MiB.
    """
    data = _fast(value) if _is_plain(value, 0) else None
    if data is None:
        parts: list[str] = []
        _write(value, parts.append, "$", 0)
        data = "".join(parts).encode("utf-8")
    if len(data) > MAX_BYTES:
        raise JcsError(f"The value takes {len(data)} bytes; at most {MAX_BYTES} are allowed.")
    return data


def loads(data: bytes | str, *, canonical: bool = False, max_bytes: int = MAX_BYTES) -> Any:
    """Read JSON that obeys the rules above; ``JcsError`` says what does not.

    With ``canonical`` the text must also be byte for byte what ``dumps`` would write, which is
    what a verifier of signed or hashed records asks for. Bytes must be UTF-8 without a mark.
    """
    text = _decode(data, max_bytes)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_not_an_integer,
            parse_constant=_not_an_integer,
        )
    except JcsError:
        raise
    except RecursionError:
        raise JcsError(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise JcsError(f"This is not JSON: {error}.") from None
    if not canonical and "\\u" not in text and _is_plain(value, 0):
        return value  # only an escape could still have brought in what is no character
    # Writing it again applies the rules that the parser does not know, and gives the one form.
    written = dumps(value)
    if canonical and written != text.encode("utf-8"):
        raise JcsError(
            "The JSON is not in canonical form (RFC 8785): keys out of order, needless space or"
            " escapes.",
            code="not-canonical",
        )
    return value


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes of ``value``: 32 bytes."""
    return hashlib.sha256(dumps(value)).digest()


def timestamp(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.ffffffZ`` in UTC. A moment without a time zone is refused."""
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise JcsError("A time needs its time zone before it can be written down.")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"


def parse_timestamp(text: str) -> datetime:
    """The moment, in UTC, that exactly this form names; any other form is refused."""
    if isinstance(text, str) and _TIMESTAMP.fullmatch(text):
        try:
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise JcsError(f"{shown(text)} is not a time of the form YYYY-MM-DDTHH:MM:SS.ffffffZ.")


def is_name(value: object) -> bool:
    """Whether ``value`` may be a key of a map keyed by data: ``[a-z0-9.:_-]{1,160}``."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def require_fields(
    value: object,
    required: Collection[str],
    *,
    optional: Collection[str] = (),
    where: str,
    error: type[Malformed] = JcsError,
) -> Mapping[str, Any]:
    """``value`` itself, an object with every required field and none that is not listed.

    ``where`` names the object in the message (``the draw record``); ``error`` is raised.
    """
    if not isinstance(value, dict):
        raise error(f"{where} must be an object with the fields {', '.join(sorted(required))}.")
    unknown = sorted(shown(key) for key in value if key not in required and key not in optional)
    if unknown:
        raise error(f"{where} has unknown fields: {', '.join(unknown)}.")
    missing = sorted(set(required) - set(value))
    if missing:
        raise error(f"{where} lacks the fields {', '.join(missing)}.")
    return value


def _is_plain(value: Any, depth: int) -> bool:
    """Whether the library's own encoder would write this value canonically: the plain types, ASCII
    keys, whole numbers in range. Everything else takes the way that can say what is wrong."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if depth >= MAX_DEPTH:
        return False
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not _is_plain(item, depth + 1):
                return False
        return True
    if kind is list or kind is tuple:
        return all(_is_plain(item, depth + 1) for item in value)
    return False


_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def _fast(value: Any) -> bytes | None:
    try:
        return _encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return None


def _write(value: Any, emit: Callable[[str], None], where: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise JcsError(f"The value is nested deeper than {MAX_DEPTH} levels.")
    if value is None:
        emit("null")
    elif value is True:
        emit("true")
    elif value is False:
        emit("false")
    elif isinstance(value, str):
        emit(_string(value, where))
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise JcsError(f"{where} is an integer outside ±(2^53-1); write it as a string.")
        emit(int.__repr__(value))
    elif isinstance(value, dict):
        _write_object(value, emit, where, depth)
    elif isinstance(value, list | tuple):
        emit("[")
        for index, item in enumerate(value):
            if index:
                emit(",")
            _write(item, emit, f"{where}[{index}]", depth + 1)
        emit("]")
    else:
        raise JcsError(
            f"{where} is a {type(value).__name__}; only objects, lists, strings, integers,"
            " booleans and null have a canonical form. Write amounts and times as strings."
        )


def _write_object(
    value: dict[Any, Any], emit: Callable[[str], None], where: str, depth: int
) -> None:
    for key in value:
        if not isinstance(key, str) or not key.isascii():
            raise JcsError(f"{where} has the key {shown(key)}; keys must be ASCII strings.")
    emit("{")
    for index, key in enumerate(sorted(value)):
        emit(f"{',' if index else ''}{encode_basestring(key)}:")
        _write(value[key], emit, f"{where}.{key}", depth + 1)
    emit("}")


def _string(value: str, where: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise JcsError(f"{where} holds a lone surrogate, which is no character.") from None
    return encode_basestring(value)


def _decode(data: bytes | str, max_bytes: int) -> str:
    if isinstance(data, str):
        try:
            size = len(data.encode("utf-8"))
        except UnicodeEncodeError:
            raise JcsError("The JSON holds a lone surrogate, which is no character.") from None
        text = data
    elif isinstance(data, bytes):
        size = len(data)
        text = ""
    else:
        raise JcsError(f"JSON is read from bytes or text, not from {type(data).__name__}.")
    if size > max_bytes:
        raise JcsError(f"The JSON takes {size} bytes; at most {max_bytes} are allowed.")
    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise JcsError(f"The JSON is not UTF-8 at byte {error.start}.") from None
    if text.startswith("\ufeff"):
        raise JcsError("The JSON starts with a byte order mark; remove it.")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise JcsError(f"The key {shown(key)} stands twice in one object.")
        result[key] = value
    return result


def _integer(literal: str) -> int:
    if len(literal) > 17:
        raise JcsError(f"{shown(literal)} is outside ±(2^53-1); write it as a string.")
    return int(literal)


def _not_an_integer(literal: str) -> NoReturn:
    raise JcsError(f"{shown(literal)} is not an integer; write amounts as strings.")


def shown(value: object) -> str:
    """A bad value as an error message shows it: in ASCII and short, whatever it is."""
    try:
        text = ascii(value)
    except ValueError:  # an integer of thousands of digits has no text
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
