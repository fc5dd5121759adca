"""Uploads: an envelope of 2 GiB goes up in requests of 32 MiB, one after another.

- ``upload``: MB/s through the platform, which checks each part against the committed leaf, writes,
  syncs, and counts it in an act; the limit is a bare application on the same server that receives,
  hashes, writes and syncs the same requests.
- ``upload.memory``: MiB by which the platform's process grows meanwhile.
- ``upload.receipt``: milliseconds from the last byte of a bid's last part until its tenderer has
  the signed receipt: the part is checked, written and synced, the bid counts, and the receipt is
  fetched. The limit is the bare application's answer to the same part, and to a second request.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from functools import partial
from http.client import HTTPConnection

from benchmarks import tenderer
from benchmarks.framework import Figure, in_turn, platform
from benchmarks.servers import running

MIB = 1024 * 1024
SIZE = 2048 * MIB
#: Bytes of one request, and a few of them to warm a server up.
REQUEST = 32 * MIB
WARM = 2 * REQUEST
#: Parts whose receipts are waited for.
HANDED_IN = 15

#: The same for every request, so that making it costs nothing.
CONTENT = os.urandom(REQUEST)
LEAVES = b"".join(
    hashlib.sha256(b"\0" + CONTENT[at : at + MIB]).digest() for at in range(0, REQUEST, MIB)
)


def _send(port: int, path: str, size: int, headers: Mapping[str, str]) -> float:
    """Upload so many bytes; the seconds that they took. An answer that is no success raises."""
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.perf_counter()
    for offset in range(0, size, REQUEST):
        line.request("PATCH", path, CONTENT, {**headers, "Upload-Offset": str(offset)})
        answer = line.getresponse()
        said = answer.read()
        if answer.headers["Upload-Offset"] != str(offset + REQUEST):
            raise RuntimeError(f"The upload was answered with {answer.status}: {said!r}")
    taken = time.perf_counter() - started
    line.close()
    return taken


def _hand_in(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Send one part; the milliseconds after its last byte until its receipt is here."""
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    line.putrequest("PATCH", path)
    for name, value in {**headers, "Content-Length": str(MIB), "Upload-Offset": "0"}.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(CONTENT[: MIB - 1])
    time.sleep(0.02)
    started = time.perf_counter()
    line.send(CONTENT[MIB - 1 : MIB])
    answer = line.getresponse()
    answer.read()
    receipt = answer.headers.get("Sunlit-Receipt")
    if headers and receipt is None:
        raise RuntimeError(f"The last part was answered with {answer.status} and no receipt.")
    asked = headers or {"Upload-Offset": "0"}
    line.request("GET" if headers else "PATCH", receipt or path, headers=asked)
    fetched = line.getresponse()
    said = fetched.read()
    taken = time.perf_counter() - started
    line.close()
    if headers and (fetched.status != 200 or "signature" not in json.loads(said)):
        raise RuntimeError(f"The receipt was answered with {fetched.status}: {said!r}")
    return taken * 1000


def upload() -> list[Figure]:
    with platform() as folder:
        from bidding.domain import bodies

        mine = tenderer.settle()
        headers = {
            "Authorization": f"Bearer {mine.token}",
            "Content-Type": "application/offset+octet-stream",
            "Tus-Resumable": "1.0.0",
        }
        bare_file = folder / "bare"
        with (
            running("trading.asgi:application") as house,
            running("benchmarks.apps.receiver:application", BARE_FILE=str(bare_file)) as bare,
        ):

            def measure(size: int = SIZE) -> float:
                envelope = mine.envelope(size=size, leaves=LEAVES * (size // REQUEST))
                taken = _send(house.port, f"/api/v1/uploads/{envelope.pk}", size, headers)
                bodies.erase(envelope.pk)
                return size / 1e6 / taken

            def limit(size: int = SIZE) -> float:
                taken = _send(bare.port, "/", size, {})
                bare_file.unlink()
                return size / 1e6 / taken

            measure(WARM), limit(WARM)
            before = house.resident(), bare.resident()
            figure, bound = in_turn(measure, limit)
            grown = house.peak() - before[0], bare.peak() - before[1]

            def receipt() -> float:
                envelope = mine.envelope(size=MIB, leaves=LEAVES[:32])
                return _hand_in(house.port, f"/api/v1/uploads/{envelope.pk}", headers)

            receipt()
            alone = partial(_hand_in, bare.port, "/", {})
            waited, answered = in_turn(receipt, alone, runs=HANDED_IN)
    return [
        Figure("upload", figure, "MB/s", bound, ">= 0.8"),
        Figure("upload.receipt", waited, "ms", answered, "<= 1000 ms"),
        Figure("upload.memory", grown[0] / MIB, "MiB", grown[1] / MIB, "<= 64 MiB"),
    ]


BENCHMARKS = {"upload": upload}
