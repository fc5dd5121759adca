"""Documents signed under a lab of two regions, made once a run and shared by tests."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from reportlab.pdfgen import canvas

from signatures.domain import signing
from signatures.domain.keys import Signer
from signatures.domain.policy import Policy
from signatures.lab import clients
from signatures.lab.lab import Lab
from signatures.lab.region import Issued

AT = datetime(2025, 10, 1, 8, 0, 0, tzinfo=UTC)
SOON = AT + timedelta(minutes=1)
CODE = "91110000600037341L"
SEAL = signing.Field(name="Seal", page=0, box=(380, 60, 500, 180))
SECOND = signing.Field(name="Supervisor", page=0, box=(100, 60, 220, 180))


@cache
def lab() -> Lab:
    folder = tempfile.mkdtemp(prefix="sunlit-lab-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Lab.create(f"{folder}/lab", now=AT)


@cache
def issued(region: str = "east", name: str = "Centre", key_type: str = "ec") -> Issued:
    return (
        lab()
        .region(region)
        .issue(name, organisation=f"{name} Ltd", credit_code=CODE, key_type=key_type)
    )


def signer(region: str = "east", name: str = "Centre", key_type: str = "ec") -> Signer:
    one = issued(region, name, key_type)
    return Signer.from_key(one.key, one.certificate, one.chain)


def stamper(region: str = "west", at: datetime = AT) -> Any:
    return clients.timestamper(lab().region(region), lambda: at)


def policy(at: datetime = AT, *, online: bool = True, **changes: Any) -> Policy:
    roots = tuple(lab().region(name).root for name in ("east", "west"))
    base = Policy(
        signers=roots,
        timestamp_authorities=roots,
        fetcher=clients.fetcher_backend(lab(), lambda: at) if online else None,
    )
    return replace(base, **changes)


@cache
def plain(text: str = "Notice of a tender 招标公告") -> bytes:
    output = io.BytesIO()
    page = canvas.Canvas(output, invariant=True)
    page.drawString(72, 800, text.encode("ascii", "replace").decode())
    page.showPage()
    page.drawString(72, 800, "second page")
    page.save()
    return output.getvalue()


@cache
def sealed(level: signing.Level = "B-LTA", *, certify: bool = True) -> bytes:
    """Sealed by the centre (east), stamped by the west, with a field for somebody else."""
    return signing.seal_pdf(
        plain(),
        signer=signer(),
        at=AT,
        timestamper=stamper(),
        policy=policy(),
        field=SEAL,
        also=[SECOND],
        level=level,
        certify=certify,
    )


@cache
def countersigned(level: signing.Level = "B-LTA") -> bytes:
    """The same, signed by a second party (west), stamped by the east."""
    return signing.add_signature(
        sealed(level),
        signer=signer("west", "Supervisor"),
        field="Supervisor",
        at=AT + timedelta(seconds=5),
        timestamper=stamper("east", AT + timedelta(seconds=5)),
        policy=policy(AT + timedelta(seconds=5)),
        level=level,
    )
