"""Which commands each kind of room knows, and how a frame's fields become an act.

A command is an act whose fields are read from the frame by their annotations: text, whole
numbers, booleans, UUIDs, amounts (as text), bytes (base64), lists and objects. ``room`` and
``lot`` are never read from the frame: they come from the address of the socket.
"""

from __future__ import annotations

import base64
import binascii
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.models import Room
from signatures.domain.act import Act, Actor
from signatures.domain.errors import Malformed, Refused

#: Fields that come from the socket's address.
_FROM_ADDRESS = frozenset({"room", "lot"})


@dataclass(frozen=True, slots=True)
class Call:
    """One command as it came in: in which room, by whom, with which fields."""

    room: Room
    actor: Actor
    fields: Mapping[str, Any]


#: Builds the act outside any transaction: the place for files, signatures and other slow work.
Prepare: TypeAlias = Callable[[Call], Act]


@dataclass(frozen=True, slots=True)
class _Command:
    act: type[Act]
    prepare: Prepare
    prepared: bool


_commands: dict[tuple[str, str], _Command] = {}


def register(kind: str, name: str, act: type[Act], *, prepare: Prepare | None = None) -> None:
    """Let rooms of this kind know a command.

    Without ``prepare`` the act is built from the frame's fields by :func:`read`. A ``prepare`` of
    one's own runs first, outside the transaction, and returns the act; it raises
    :class:`Malformed` or :class:`Refused` for what it does not accept.
    """
    entry = _Command(act, prepare or _reader(act), prepared=prepare is not None)
    if _commands.get((kind, name), entry).act is not act:
        raise RuntimeError(f"Two commands of {kind} rooms are called {name}.")
    _commands[kind, name] = entry


def names(kind: str) -> frozenset[str]:
    """The commands that rooms of this kind know."""
    return frozenset(name for known, name in _commands if known == kind)


def is_prepared(kind: str, name: str) -> bool:
    """Whether this command has a ``prepare`` of its own, which may take long and may read what
    the commands before it wrote."""
    entry = _commands.get((kind, name))
    return entry is not None and entry.prepared


def build(name: str, call: Call) -> Act:
    """The act that this command asks for; raises :class:`Refused` where there is none of that
    name, and what its ``prepare`` raises. Call it outside any transaction."""
    entry = _commands.get((call.room.kind, name))
    if entry is None:
        raise Refused(_("This room knows no such command."), code="unknown-command")
    return entry.prepare(call)


def read(act: type[Act], call: Call) -> Act:
    """The act with its fields read from the frame; raises :class:`Malformed` naming the field."""
    known = _readers(act)
    unknown = sorted(set(call.fields) - set(known))
    if unknown:
        raise Malformed(
            _("The command has no field %(field)s.") % {"field": unknown[0][:60]},
            code="unknown-field",
        )
    values: dict[str, Any] = {}
    for name, (reader, required) in known.items():
        if name in call.fields:
            values[name] = _value(reader, name, call.fields[name])
        elif required:
            raise Malformed(
                _("The command lacks the field %(field)s.") % {"field": name}, code="missing-field"
            )
    own = {item.name for item in fields(act)}
    address = {"room": call.room.pk, "lot": call.room.lot_id}
    return act(**values, **{name: address[name] for name in _FROM_ADDRESS & own})


# --- from JSON to typed fields -------------------------------------------------------------------

_Reader: TypeAlias = Callable[[Any], Any]


class _Unlike(ValueError):
    """The value is not of the field's type; the argument says what it must be."""


def _reader(act: type[Act]) -> Prepare:
    _readers(act)  # a field that no frame can carry is a fault in our code, found at start-up
    return lambda call: read(act, call)


_known: dict[type[Act], dict[str, tuple[_Reader, bool]]] = {}


def _readers(act: type[Act]) -> dict[str, tuple[_Reader, bool]]:
    """How each field of the act is read, and whether a frame must have it."""
    if act not in _known:
        _known[act] = _make_readers(act)
    return _known[act]


def _make_readers(act: type[Act]) -> dict[str, tuple[_Reader, bool]]:
    hints = get_type_hints(act)
    return {
        item.name: (
            _reader_of(hints[item.name]),
            item.default is MISSING and item.default_factory is MISSING,
        )
        for item in fields(act)
        if item.init and item.name not in _FROM_ADDRESS
    }


def _value(reader: _Reader, name: str, value: Any) -> Any:
    try:
        return reader(value)
    except _Unlike as error:
        raise Malformed(
            _("The field %(field)s must be %(what)s.") % {"field": name, "what": error},
            code="bad-field",
        ) from None


def _reader_of(hint: Any) -> _Reader:
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, types.UnionType):
        rest = [item for item in arguments if item is not type(None)]
        if len(rest) == 1 and len(rest) < len(arguments):
            inner = _reader_of(rest[0])
            return lambda value: None if value is None else inner(value)
    elif origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _list_of(_reader_of(arguments[0]), tuple)
    elif origin is list:
        return _list_of(_reader_of(arguments[0]) if arguments else _any, list)
    elif origin is dict:
        return _object
    elif hint is Any:
        return _any
    elif hint in _PLAIN:
        return _PLAIN[hint]
    raise TypeError(f"A frame cannot carry a {hint}; give the command a prepare of its own.")


def _list_of(inner: _Reader, build: Callable[[list[Any]], Any]) -> _Reader:
    def reader(value: Any) -> Any:
        if not isinstance(value, list):
            raise _Unlike(_("a list"))
        return build([inner(item) for item in value])

    return reader


def _any(value: Any) -> Any:
    return value


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise _Unlike(_("an object"))
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unlike(_("text"))
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise _Unlike(_("a whole number"))
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise _Unlike(_("true or false"))
    return value


def _uuid(value: Any) -> UUID:
    try:
        parsed = UUID(value)
    except (ValueError, TypeError, AttributeError):
        parsed = None
    if parsed is None or str(parsed) != value:
        raise _Unlike(_("a UUID in lower case with hyphens"))
    return parsed


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) and len(value) <= 40 else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _Unlike(_("a number written as text"))
    return number


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
    raise _Unlike(_("base64"))


_PLAIN: dict[Any, _Reader] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    UUID: _uuid,
    Decimal: _decimal,
    bytes: _bytes,
}
