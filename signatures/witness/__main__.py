"""Run a witness: follow a ledger over HTTP and cosign its checkpoints."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signatures.domain.checkpoint import COSIGNATURE, NoteSigner, NoteVerifier
from signatures.domain.errors import Malformed, SunlitError, Unavailable
from signatures.witness.witness import Fork, Witness

log = logging.getLogger("sunlit.witness")
TIMEOUT = 10.0


class HttpSource:
    """The ledger over HTTP: ``<url>/checkpoint``, ``<url>/tile/…``, ``<url>/cosignature``."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url.rstrip("/") + "/", timeout=TIMEOUT)

    def get(self, path: str) -> bytes:
        return self._send("GET", path)

    def cosign(self, size: int, line: str) -> None:
        self._send("POST", "cosignature", json={"size": size, "line": line})

    def _send(self, method: str, path: str, **arguments: object) -> bytes:
        try:
            answer = self._client.request(method, path, **arguments)  # type: ignore[arg-type]
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable(f"The log did not answer {method} {path}: {error}") from error
        return answer.content


def official_time(url: str) -> Callable[[], datetime]:
    """A demonstration's moved clock; a witness of a real platform uses its own."""

    def read() -> datetime:
        answer = httpx.get(url, timeout=TIMEOUT)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"].replace("Z", "+00:00"))

    return read


def load_key(path: Path) -> Ed25519PrivateKey:
    """The witness's key; made on the first run, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Malformed(f"{path} holds no Ed25519 key.")
    return key


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m signatures.witness", description=__doc__)
    parser.add_argument("--name", default="witness", help="the witness's name in cosignatures")
    parser.add_argument("--key", type=Path, required=True, help="its key file; made if missing")
    parser.add_argument("--log", help="address of the ledger, e.g. http://127.0.0.1:8000/ledger")
    parser.add_argument("--log-key", help="the log's verifier key")
    parser.add_argument("--state", type=Path, help="file that remembers the last checkpoint")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two looks")
    parser.add_argument("--clock", help="a demonstration's clock to cosign by, instead of its own")
    parser.add_argument("--show-key", action="store_true", help="print the verifier key and end")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        signer = NoteSigner(options.name, load_key(options.key), COSIGNATURE)
        if options.show_key:
            sys.stdout.write(signer.verifier.vkey + "\n")
            return 0
        if not (options.log and options.log_key and options.state):
            parser.error("--log, --log-key and --state are needed to follow a log")
        witness = Witness(
            log=NoteVerifier.parse(options.log_key),
            signer=signer,
            state=options.state,
            source=HttpSource(options.log),
            now=official_time(options.clock) if options.clock else lambda: datetime.now(UTC),
        )
    except SunlitError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return follow(witness, stop, every=options.every)


def follow(witness: Witness, stop: threading.Event, *, every: float) -> int:
    """Look until told to stop; 1 when the log has forked, which no later look can mend."""
    while not stop.is_set():
        try:
            newest = witness.turn()
            if newest is not None:
                log.info("Cosigned the checkpoint of %s entries.", newest.size)
        except Fork as error:
            log.critical("%s", error)
            return 1
        except (SunlitError, httpx.HTTPError) as error:
            log.warning("%s", error)
        stop.wait(every)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
