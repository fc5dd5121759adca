"""A verifiable draw as its parties play it: everybody commits, everybody reveals."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from demo.actors import Actor
from demo.run import Run
from trading.domain import draws
from trading.domain.draw_record import commitment_of

#: The platform's own part, served by its clock process from a key of its own.
CENTRE = "process:centre"
#: How a draw ends: with a result, or without one.
RESULT, ENDS = "result", frozenset({"result", "failed", "void"})


def hold(run: Run, draw: str, parties: tuple[Actor, ...], *, name: str) -> dict[str, Any]:
    """Play a draw to its result, run it again here, and keep the published bundle.

    ``parties`` act for their organisations; the centre's part comes from the platform.
    """
    bundle = _bundle(run, draw)
    record, digest = bundle["record"], draws.record_digest(bundle["record"])
    reveals = {actor.role.key: secrets.token_bytes(32) for actor in parties}

    def commit(actor: Actor) -> None:
        value = commitment_of(digest, actor.org_urn, reveals[actor.role.key]).hex()
        _contribute(run, draw, actor, "commit", record=digest.hex(), commitment=value)

    def reveal(actor: Actor) -> None:
        value = reveals[actor.role.key].hex()
        _contribute(run, draw, actor, "reveal", record=digest.hex(), reveal=value)

    _stamped(run, draw, "record")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(commit, parties))
        _stamped(run, draw, "commitments")
        list(pool.map(reveal, parties))
    ended = run.wait(lambda: _ended(run, draw), f"the draw {name} to end")
    run.require(ended == RESULT, f"the draw {name} ended {ended}")
    bundle = _bundle(run, draw)
    again = draws.draw(
        record, {party: bytes.fromhex(value) for party, value in bundle["reveals"].items()}
    )
    run.require(again == bundle["result"], f"the draw {name} comes out differently when re-run")
    verdict = draws.verify_draw(bundle)
    run.require(verdict["verdict"] == "valid", f"the draw {name}: {verdict['reasons']}")
    target = run.out / "draws" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bundle, ensure_ascii=False, indent=2), encoding="utf-8")
    run.summary.setdefault("draws", {})[name] = {
        "id": draw,
        "seed": bundle["result"]["seed"],
        "drawn": bundle["result"]["drawn"],
        "file": str(target),
    }
    return bundle


def _contribute(run: Run, draw: str, actor: Actor, what: str, **fields: str) -> None:
    path = {"commit": "commitments", "reveal": "reveals"}[what]

    def done() -> bool:
        signed = actor.client.sign(
            f"sunlit.{what}/1", draw=f"draw:{draw}", party=actor.org_urn, **fields
        )
        actor.client.post(f"/api/v1/draws/{draw}/{path}", signed.as_json())
        return True

    run.wait(done, f"{actor.role.key} to {what}")


def _stamped(run: Run, draw: str, phase: str) -> None:
    """The phase's ledger entry is timestamped: only then may the next one begin."""
    run.wait(lambda: phase in _progress(run, draw)["timestamps"], f"the timestamp of {phase}")


def _ended(run: Run, draw: str) -> str | None:
    phase = str(_progress(run, draw)["phase"])
    return phase if phase in ENDS else None


def _progress(run: Run, draw: str) -> dict[str, Any]:
    found: dict[str, Any] = run.troupe.operator.get(f"/api/v1/draws/{draw}/progress")
    return found


def _bundle(run: Run, draw: str) -> dict[str, Any]:
    found: dict[str, Any] = run.troupe.operator.get(f"/api/v1/draws/{draw}")
    return found
