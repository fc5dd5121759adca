"""One act: the only way in which anything changes.

A command is a frozen dataclass that says what somebody wants. :func:`dispatch` runs it in one
short transaction: access, lock, clock, decision, records. Pages, API, sockets, tasks, the clock
process and a shell all come through here, so none of them can go round a rule, and the ledger
grows in the same transaction in which the rows change.

No file, network, PDF, signature or hashing of a file happens inside: prepare first, then commit
digests (``signatures.domain.outside``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from signatures.domain import answers, guard, jcs, log
from signatures.domain import clock as clocks
from signatures.domain.errors import Conflict, Denied, Refused, SunlitError
from signatures.models import User

#: What :meth:`Act.decide` may return: JSON objects, so that a repeat gets the same answer.
Result = dict[str, Any]
ActT = TypeVar("ActT", bound="Act")

_registry: dict[str, type[Act]] = {}


@dataclass(frozen=True)
class Actor:
    """Who acts: a person who signed in, or a process of the platform.

    ``urn`` is ``user:<uuid>`` or ``process:<name>``; it is what the ledger remembers.
    """

    urn: str
    user: User | None = None

    @classmethod
    def person(cls, user: User) -> Actor:
        return cls(urn=user.urn, user=user)

    @classmethod
    def process(cls, name: str) -> Actor:
        return cls(urn=f"process:{name}")

    @property
    def is_process(self) -> bool:
        return self.user is None


@dataclass
class Scene:
    """What a command sees while it decides: who, when, what it locked, and what it leaves behind.

    ``subject`` is what :meth:`Act.lock` returned, ``now`` the official time read after the lock.
    """

    command: Act
    actor: Actor
    now: datetime
    subject: Any
    entries: list[log.Pending] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def enter(
        self,
        *,
        subject: str,
        act: str = "",
        public: bool | None = None,
        digests: dict[str, str] | None = None,
        context: dict[str, Any] | None = None,
        receipt_for: tuple[str, ...] = (),
        urgent: bool = False,
    ) -> log.Pending:
        """Put an entry down for the ledger; it is appended last, under the log's lock.

        ``subject`` is a URN, ``digests`` name -> SHA-256 in hex, ``context`` JSON without personal
        data; the act's own time is added. A public entry is a plain leaf. The URNs in
        ``receipt_for`` may each fetch a signed receipt that holds the salt and the entry; an
        urgent entry is checkpointed, cosigned and timestamped at once.
        """
        entry = {
            "act": act or self.command.name,
            "actor": self.actor.urn,
            "subject": subject,
            "digests": digests or {},
            "context": {"at": jcs.timestamp(self.now), **(context or {})},
        }
        pending = log.Pending(
            entry=entry,
            public=self.command.public if public is None else public,
            urgent=urgent,
            receipt_for=receipt_for,
        )
        self.entries.append(pending)
        return pending

    def following(self) -> Scene:
        """The same act as it goes on by the rules alone: what is entered in this scene is the
        platform's own doing, and names nobody who acted. Entries and afterwards are shared."""
        return replace(self, actor=Actor.process("procedure"))

    def after(self, call: Callable[[], None]) -> None:
        """Do this once the act stands: wake a room, never anything that must not be lost."""
        self.afterwards.append(call)


@dataclass(frozen=True)
class Outcome:
    """What an act came to: its result and the leaves it left in the ledger."""

    result: Result
    leaves: tuple[int, ...]
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Act:
    """The base of every command. Subclasses add keyword-only fields and the three steps.

    ``name`` is set by :func:`command`; ``public`` says which kind of leaf the act leaves by
    default; ``ledgered`` is false only for commands whose record is a room's own hash chain.
    """

    name: ClassVar[str] = ""
    public: ClassVar[bool] = False
    ledgered: ClassVar[bool] = True

    def permit(self, actor: Actor) -> None:
        """Raise :class:`Denied` unless ``actor`` may do this at all. Denies by default."""
        raise Denied(_("You may not do this."))

    def lock(self) -> Any:
        """Take the rows that the decision rests on, in order of key, and return the subject."""
        return None

    def decide(self, scene: Scene) -> Result:
        """Decide by the rules and write; raise :class:`Refused` with the rule that says no."""
        raise NotImplementedError  # pragma: no cover - every command has its own


def command(name: str) -> Callable[[type[ActT]], type[ActT]]:
    """Register a command under its name, ``app.verb-object``."""

    def register(cls: type[ActT]) -> type[ActT]:
        if name in _registry:
            raise RuntimeError(f"Two commands are called {name}.")
        cls.name = name
        _registry[name] = cls
        return cls

    return register


def registered() -> dict[str, type[Act]]:
    """All commands by name, for start-up checks and tests."""
    return dict(_registry)


def _plain(value: Any) -> Any:
    """A command's field as canonical JSON, so that a repeat can be told from another request.

    A dataclass field with ``metadata={"request": False}`` is left out: what the platform found out
    by itself differs between two attempts at one request.
    """
    if isinstance(value, datetime):
        return jcs.timestamp(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return _plain(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: _plain(getattr(value, item.name))
            for item in fields(value)
            if item.metadata.get("request", True)
        }
    if isinstance(value, dict):
        # Pairs, because a canonical object's names are ASCII and a caller's keys need not be.
        return [[str(key), _plain(item)] for key, item in sorted(value.items())]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, UUID):
        return str(value)
    return str(getattr(value, "urn", None) or getattr(value, "pk", None) or value)


def digest(act: Act) -> str:
    """SHA-256 over the command's name and fields, in hex."""
    return jcs.digest({"name": act.name, "fields": _plain(act)}).hex()


def dispatch(
    act: Act,
    *,
    actor: Actor,
    clock: clocks.Clock = clocks.platform,
    key: str | None = None,
    request: str | None = None,
) -> Outcome:
    """Run one command as one act.

    ``key`` is the caller's idempotency key: the same key with the same command gives the same
    outcome again and changes nothing; with another command it raises :class:`Conflict`. Where a
    command carries what was prepared for it (a sealed PDF's digest), ``request`` is the digest of
    what was asked for instead, and the caller looks at :func:`answered` before it prepares. Raises
    what the command raises; then nothing has changed.
    """
    request = request or digest(act)
    require_no_act(act)
    try:
        scene, outcome = _perform(act, actor=actor, clock=clock, key=key, request=request)
    except (IntegrityError, SunlitError):
        # Two requests with one key at the same moment: the other one was first, and after its lock
        # this one may have found what that one left (a version that is there already).
        before = answered(actor=actor, key=key, request=request) if key is not None else None
        if before is None:
            raise
        return before
    if scene is not None:
        for call in scene.afterwards:
            call()
    return outcome


def require_no_act(act: Act) -> None:
    """Raise RuntimeError inside another act: a fault in our code."""
    if guard.reason().startswith("act "):
        raise RuntimeError(f"{act.name} was dispatched inside another act.")


def _perform(
    act: Act, *, actor: Actor, clock: clocks.Clock, key: str | None, request: str
) -> tuple[Scene | None, Outcome]:
    with guard.writes(f"act {act.name}"), transaction.atomic():
        if key is not None:
            before = answered(actor=actor, key=key, request=request)
            if before is not None:
                return None, before
        scene, result = play(act, actor=actor, clock=clock)
        [outcome] = record([(scene, result)])
        if key is not None:
            kept = answers.Answer(request, outcome.result, outcome.leaves)
            answers.keep([((actor.urn, key), kept, scene.now)])
    return scene, outcome


def play(act: Act, *, actor: Actor, clock: clocks.Clock) -> tuple[Scene, Result]:
    """Access, lock, clock, decision: everything of an act but its record. Inside its transaction,
    with the guard open for it."""
    act.permit(actor)
    subject = act.lock()
    scene = Scene(command=act, actor=actor, now=clock.read(), subject=subject)
    result = act.decide(scene) or {}
    if act.ledgered and not scene.entries:
        raise RuntimeError(f"{act.name} left no entry for the ledger.")
    return scene, result


def record(played: Sequence[tuple[Scene, Result]]) -> list[Outcome]:
    """Append what these acts put down to the ledger, in order, and tell them their leaves."""
    pending = [entry for scene, _result in played for entry in scene.entries]
    leaves = iter(log.append(pending) if pending else ())
    outcomes = []
    for scene, result in played:
        own = tuple(next(leaves) for _entry in scene.entries)
        for entry, leaf in zip(scene.entries, own, strict=True):
            for call in entry.placed:
                call(leaf)
        outcomes.append(Outcome(result=result, leaves=own))
    return outcomes


def answered(*, actor: Actor, key: str, request: str) -> Outcome | None:
    """What ``key`` was answered with before, or none; :class:`Conflict` for another request."""
    if not 1 <= len(key) <= 100:
        raise Refused(
            _("An idempotency key is 1 to 100 characters long."), code="bad-idempotency-key"
        )
    asked = (actor.urn, key)
    before = answers.find([asked]).get(asked)
    return None if before is None else again(before, request)


def again(before: answers.Answer, request: str) -> Outcome:
    """The outcome that the same request gets again; :class:`Conflict` for another."""
    if before.request != request:
        raise Conflict(
            _("This idempotency key was used for another request. Use a new key."),
            code="idempotency-key-reused",
        )
    return Outcome(result=before.result, leaves=before.leaves, repeated=True)
