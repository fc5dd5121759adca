"""What draws are for: who may open one, what its record must hold, what becomes of its result.

Apps register their purposes in ``AppConfig.ready()``; a draw for a purpose that nobody registered
cannot be opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Scene
from signatures.domain.errors import Malformed
from trading.enums import LotRole
from trading.models import Draw

#: Called inside the act that opens a draw, before anything is written; raises to refuse it.
Check = Callable[[Scene, Draw], None]
#: Called inside the act that concludes a draw, with ``drawn``, ``alternates`` and ``seed``.
Hook = Callable[[Scene, Draw, dict[str, Any]], None]

TENDERING = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


@dataclass(frozen=True)
class Purpose:
    """One purpose. ``openers`` are the roles that may open it by :class:`OpenDraw`; none where
    an act of its own opens it."""

    name: str
    openers: frozenset[str]
    check: Check | None
    hook: Hook | None


_purposes: dict[str, Purpose] = {}


def on_result(
    purpose: str,
    hook: Hook | None,
    *,
    openers: frozenset[str] = TENDERING,
    check: Check | None = None,
) -> None:
    """Register ``purpose`` (a name such as ``evaluators``) and what its result does.

    ``hook(scene, draw, result)`` runs inside the act that concludes the draw, so what it writes
    stands exactly when the result does; it is not called for a draw that failed. Raises
    ``RuntimeError`` for a purpose that means something else already.
    """
    if not jcs.is_name(purpose) or len(purpose) > 60:
        raise RuntimeError(f"{purpose!r} is no name of a purpose.")
    wanted = Purpose(name=purpose, openers=openers, check=check, hook=hook)
    if _purposes.setdefault(purpose, wanted) != wanted:
        raise RuntimeError(f"Two purposes of draws are called {purpose}.")


def find(name: str) -> Purpose:
    """The purpose; raises :class:`Malformed` for one that nobody registered."""
    try:
        return _purposes[name]
    except KeyError:
        raise Malformed(
            _("There are no draws for “%(purpose)s”; there are for: %(known)s.")
            % {"purpose": name, "known": ", ".join(sorted(_purposes))},
            code="unknown-purpose",
        ) from None
