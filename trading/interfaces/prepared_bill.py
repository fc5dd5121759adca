"""From an uploaded workbook to the act that keeps its bill: read in the sandbox, written out anew.

Of the upload nothing is kept but what was understood. Everything slow happens here, before the act,
and nothing but files in the store is written.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import BinaryIO
from uuid import UUID

from signatures import sandbox, store
from signatures.domain import clock
from signatures.domain.act import Actor
from signatures.sandbox import SandboxCrash, SandboxMemory, filetype
from trading.domain import bill_acts, bill_reading, bills
from trading.domain.acts import find_lot
from trading.domain.bill_acts import File, ImportBill
from trading.domain.bill_faults import refused
from trading.domain.bills import Bill
from trading.interfaces import bill_workbook
from trading.interfaces.records import bill as bill_record

JOB = "signatures.sandbox.workbook:cells_job"
TYPES: Collection[str] = ("xlsx",)
MAX_BYTES = 5 * 1024 * 1024
MEMORY, SECONDS = 768 * sandbox.MIB, 30


def check(name: str, stream: BinaryIO) -> filetype.Checked:
    """The upload's name, size and type; refusals name what to do."""
    return filetype.check_upload(name, stream, TYPES, MAX_BYTES)


def read(data: bytes) -> Bill:
    """The bill in a workbook; :class:`~trading.domain.bill_faults.BadBill` with all its faults."""
    try:
        answer = sandbox.run(JOB, data, seconds=SECONDS, memory=MEMORY)
    except SandboxMemory:
        raise refused("too-large") from None
    except SandboxCrash:
        raise refused("damaged") from None
    return bill_reading.read(json.loads(answer), printable=bill_record.unprintable)


def importing(actor: Actor, lot: UUID, *, name: str, stream: BinaryIO, before: str) -> ImportBill:
    """The act that keeps the bill of this workbook, its files in the store.

    Whoever may not import it, or not now, is refused before anything is read.
    """
    nothing = File(digest="0" * 64, size=1)
    act = ImportBill(
        lot=lot, before=before, bill=nothing, workbook=nothing, printed=nothing,
        counts={"items": 1},
    )
    now = clock.now()
    act.rehearse(actor, now=now)
    bill_acts.require_wanted(find_lot(lot))
    check(name, stream)
    bill = read(stream.read())
    canonical = bill.canonical()
    kept = store.put(canonical)
    row = find_lot(lot)
    printed = bill_record.rendered(row, bill, digest=kept.sha256, at=now)
    return ImportBill(
        lot=lot,
        before=before,
        bill=_file(kept),
        workbook=_file(store.put(bill_workbook.written(bill))),
        printed=_file(store.put(printed)),
        counts=bill.counts,
    )


def _file(kept: store.Stored) -> File:
    return File(digest=kept.sha256, size=kept.size)


def stored(digest: str) -> Bill:
    """A bill that was kept, by the digest of its canonical JSON."""
    return bills.read(store.read(digest))
