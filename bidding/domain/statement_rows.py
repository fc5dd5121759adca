"""Signed statements between the store, their rows and the wire."""

from __future__ import annotations

import base64
from typing import Any

from django.db.models import Model

from bidding.models.statements import StatementRow
from signatures import store
from signatures.domain.act import Scene
from signatures.domain.log import Pending
from trading.domain.signed import Accepted


def columns(accepted: Accepted, scene: Scene) -> dict[str, Any]:
    """What every row of a signed statement holds of it."""
    return {
        "statement": accepted.statement,
        "signature": accepted.signature,
        "assessment": accepted.assessment_digest,
        "certificate": accepted.fingerprint,
        "signer": accepted.person,
        "at": scene.now,
    }


def place(entry: Pending, row: Model, column: str = "leaf") -> None:
    """Note the index of the entry's leaf on the row, in the act's own transaction."""

    def note(leaf: int) -> None:
        type(row)._default_manager.filter(pk=row.pk).update(**{column: leaf})

    entry.placed.append(note)


def encoded(digest: str) -> str:
    """A stored statement or signature as it travels: base64."""
    return base64.b64encode(store.read(digest)).decode()


def on_the_wire(row: StatementRow) -> dict[str, Any]:
    """``{statement, signature, leaf}`` of a row, for whoever may see the statement."""
    return {
        "statement": encoded(row.statement),
        "signature": encoded(row.signature),
        "leaf": row.leaf,
    }
