"""Several people sign one document, each on their own device."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from demo.actors import Actor
from demo.run import Run
from signatures.domain.device_session import sign_session

#: Final: every required signature is there and the platform's seal has closed the document.
CONCLUDED = "concluded"


def waiting(
    run: Run, actor: Actor, purpose: str, document: str = ""
) -> dict[str, Any] | None:
    """The document of this purpose in which the actor has a place, if it is laid out.

    Where there are several, ``document`` says which.
    """
    rows = actor.client.get("/api/v1/signing", subject=f"lot:{run.lot}")
    found = (one for one in rows if one["purpose"] == purpose and document in ("", one["id"]))
    return next(found, None)


def sign_by(
    run: Run, purpose: str, signers: Iterable[Actor], *, document: str = "", name: str = ""
) -> dict[str, Any]:
    """Everybody signs in their own places; gives the finished document's line and digest.

    Its file is kept under ``name``, the purpose unless said otherwise.
    """
    people = tuple(signers)
    first = run.wait(
        lambda: waiting(run, people[0], purpose, document), f"the {purpose} to be laid out"
    )
    for actor in people:
        _sign(run, actor, purpose, document)

    def finished() -> dict[str, Any] | None:
        row: dict[str, Any] = people[0].client.get(f"/api/v1/signing/{first['id']}")
        return row if row["state"] == CONCLUDED else None

    row: dict[str, Any] = run.wait(finished, f"the {purpose} to be sealed")
    data = people[0].client.get(row["content"])
    run.require(
        hashlib.sha256(data).hexdigest() == row["sha256"], f"the {purpose} is another file"
    )
    target = run.out / "records" / f"{name or purpose}.pdf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return {
        "document": row["id"],
        "sha256": row["sha256"],
        "file": str(target),
        "signed_by": [each["holder"] for each in row["fields"] if each["signed_at"]],
    }


def _sign(run: Run, actor: Actor, purpose: str, document: str) -> None:
    row = run.wait(
        lambda: waiting(run, actor, purpose, document), f"{actor.role.key}'s place in the {purpose}"
    )
    if actor.client.signer is None:
        raise RuntimeError(f"{actor.role.key} has no certificate")
    mine = {actor.urn, actor.org_urn}
    for field in row["fields"]:
        if field["signer"] in mine and field["signed_at"] is None:
            sign_session(actor.client, row["id"], field["field"], actor.client.signer)
