"""A bid security asked for and given: a guarantee sealed with one bid, deposits by the others."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bidding.kit.guarantee import FILE_NAME, Guarantee, GuaranteeFile
from bidding.kit.parties import Party
from demo import documents
from demo.run import Run

BEIJING = ZoneInfo("Asia/Shanghai")
#: How long bids, and with them what secures them, hold from the deadline.
DAYS = 90
GUARANTOR = "guarantor"
QUALIFICATION = 2


def asked_of(run: Run) -> str:
    """The tenderer that is to give a guarantee; empty where none is asked for."""
    variant = run.variant
    return variant.secured if not (variant.end or variant.prequalified) else ""


def given_by(run: Run) -> str:
    """The tenderer whose bid came with a guarantee; empty where none did."""
    return str(run.facts.get("guarantee of", ""))


def amount(run: Run) -> Decimal:
    """One per cent of the estimate: the law allows two."""
    return Decimal(run.tender.estimate) / 100


def ask(run: Run) -> None:
    """The documents will ask for a bid security."""
    run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/bid-security", {"amount": f"{amount(run):.2f}", "days": DAYS}
    )


def enclose(run: Run, key: str, files: dict[int, list[Path]], folder: Path) -> None:
    """The guarantor signs a guarantee on its own device; its tenderer puts it into the bid."""
    if key != asked_of(run):
        return
    bank = run[GUARANTOR]
    if bank.client.signer is None:
        raise RuntimeError("a guarantor signs with its certificate")
    printed = folder / "投标保函.pdf"
    until = run.date("deadline").astimezone(BEIJING).date() + timedelta(days=DAYS)
    printed.write_bytes(
        documents.guarantee(
            _party(run, GUARANTOR).name, _party(run, key).name, amount(run), until, run.now()
        )
    )
    promised = Guarantee(
        origin=run.platform.origin,
        at=run.now(),
        lot=f"lot:{run.lot}",
        number=f"TA-{run.now():%Y}-{run.lot[:4].upper()}",
        guarantor=_party(run, GUARANTOR),
        principal=_party(run, key),
        beneficiary=_party(run, "tenderee"),
        amount=amount(run),
        valid_from=_today(run),
        valid_until=until,
        terms=documents.GUARANTEE_TERMS,
        document=hashlib.sha256(printed.read_bytes()).digest(),
    )
    signed = folder / FILE_NAME
    signed.write_bytes(GuaranteeFile.sign(promised, bank.client.signer).encode())
    files[QUALIFICATION] += [signed, printed]
    run.facts["guarantee of"] = key


def check(run: Run) -> None:
    """The opening found the guarantee and holds it; every check of it came out well."""
    if not given_by(run):
        return
    with run.step("The guarantee is found in its bid, checked, and held as its security"):
        (row,) = _listed(run)
        run.require(row["state"] == "held", f"the guarantee is {row['state']}")
        failed = [one["check"] for one in row["findings"] if one["holds"] is not True]
        run.require(not failed, f"the guarantee does not hold: {failed}")
        run.summary["guarantee"] = {
            name: row[name] for name in ("number", "amount", "guarantor_name", "findings")
        }


def release(run: Run) -> None:
    """The tenderee gives the guarantee back by a signed word."""
    for row in _listed(run):
        signed = run["tenderee"].client.sign(
            "sunlit.guarantee-release/1",
            lot=f"lot:{run.lot}",
            guarantee=row["urn"],
            digest=hashlib.sha256(_decoded(row["statement"])).hexdigest(),
            text="",
        )
        run["tenderee"].client.post(
            f"/api/v1/lots/{run.lot}/guarantees/{row['id']}/release", signed.as_json()
        )


def _listed(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/guarantees")
    return found


def _decoded(text: str) -> bytes:
    return b64decode(text)


def _party(run: Run, key: str) -> Party:
    # A place has several tenderees; which one this tender has, its actor knows.
    company = run.troupe.company(run[key].role.company)
    return Party(name=company.name, code=company.code)


def _today(run: Run) -> date:
    today: date = run.now().astimezone(BEIJING).date()
    return today
