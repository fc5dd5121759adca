"""Opening: what the hall does with an envelope once k shares are there, in MB/s of its body.

- ``open.python`` and ``seal.python``: the platform's and the kit's own code, from file to file;
  the limit is the cipher's chunks and the parts' hashes alone, from memory, one after the other.
- ``open.chromium``: the page's modules in workers of headless Chromium. An envelope opens once
  every byte was hashed twice, as a part of the committed body and as a file of the manifest, and
  WebCrypto has no hash for what comes in piece by piece. So the limit is WebCrypto alone, chunks
  decrypted and parts hashed, and beside it, in a worker of its own, the page's hash of a file.
  What is given then is proven, and is decrypted again when somebody reads it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.framework import Figure, in_turn
from benchmarks.sealing import chromium_page

if TYPE_CHECKING:
    from bidding.kit.device import EnvelopeState
    from bidding.kit.dummy import Dummy
    from bidding.kit.policy import Policy
    from bidding.kit.shares import Share
    from signatures.domain.keys import Signer

MIB = 1024 * 1024
SIZE = 256 * MIB
CHUNK = 16_384
ORIGIN = "https://bench.test"
LOT = "lot:00000000-0000-4000-8000-000000000001"
PROJECT = "project:00000000-0000-4000-8000-000000000000"
#: Two of three trustees open one slot.
TRUSTEES, NEEDED, SLOT = ("org:a", "org:b", "org:c"), 2, 1


@dataclass(frozen=True)
class Case:
    """One sealed envelope on disk, and everything that opens it."""

    folder: Path
    dummy: Dummy
    state: EnvelopeState
    shares: list[Share]

    @property
    def body(self) -> Path:
        return self.folder / "body"

    def measure(self) -> float:
        """MB/s of pass 1 over the file."""
        from bidding.kit import envelope

        with self.state.plaintext() as source:
            started = time.perf_counter()
            sealed = envelope.measure(self.state.head, self.dummy.secrets[SLOT], source)
            spent = time.perf_counter() - started
        if sealed != self.state.sealed:
            raise RuntimeError("Pass 1 came to another commitment.")
        return _rate(sealed.commitment.size, spent)

    def open(self) -> float:
        """MB/s from the stored body to the released file."""
        from bidding.kit import envelope

        quarantine, opened = self.folder / "quarantine", self.folder / "opened"
        quarantine.mkdir()
        started = time.perf_counter()
        with self.body.open("rb") as stream:
            found = envelope.open_envelope(
                self.state.head,
                stream,
                self.state.sealed.commitment,
                self.shares,
                origin=ORIGIN,
                quarantine=quarantine,
                destination=opened,
            )
        spent = time.perf_counter() - started
        if len(found.files) != 1:
            raise RuntimeError("The envelope opened to something else.")
        shutil.rmtree(quarantine), shutil.rmtree(opened)
        return _rate(self.state.sealed.commitment.size, spent)

    def told(self) -> dict[str, Any]:
        """The same, as the page's worker takes it."""
        commitment = self.state.sealed.commitment
        return {
            "head": list(self.state.head.encode()),
            "commitment": {
                "slot": SLOT,
                "size": commitment.size,
                "head": list(commitment.head),
                "root": list(commitment.root),
            },
            "shares": [
                {"index": one.index, "value": list(one.value)} for one in self.shares
            ],
            "origin": ORIGIN,
        }


@contextmanager
def sealed(size: int) -> Iterator[Case]:
    """An envelope around a file of so many bytes, its body written to disk."""
    from bidding.kit import dummy, envelope

    with tempfile.TemporaryDirectory(prefix="sunlit-bench-") as name:
        folder = Path(name)
        policy, keys, signer = _tender()
        made = dummy.seal(policy, folder, signer=signer, at=datetime.now(UTC), size=size)
        [state] = made.submission.envelopes
        case = Case(folder, made, state, [each.unwrap(policy, state.head) for each in keys])
        with state.plaintext() as source, case.body.open("wb") as stream:
            for part in envelope.parts(state.head, made.secrets[SLOT], state.sealed, source):
                stream.write(part.data)
        yield case


def _tender() -> tuple[Policy, list[Any], Signer]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from bidding.kit.policy import Authority, Policy, SlotRule, Trustee
    from bidding.kit.trustee import SlotKeys
    from signatures.domain.checkpoint import COSIGNATURE, NoteSigner
    from signatures.domain.keys import Signer

    at = datetime.now(UTC).replace(microsecond=0)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bench")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    signer = Signer.from_key(key, certificate)
    keys = [
        SlotKeys.generate(
            origin=ORIGIN, project=PROJECT, lot=LOT, trustee=trustee, slots=[SLOT], rehearsal=True
        )
        for trustee in TRUSTEES
    ]
    policy = Policy(
        origin=ORIGIN,
        at=at,
        project=PROJECT,
        lot=LOT,
        k=NEEDED,
        min_bids=3,
        centre="org:centre",
        trustees=tuple(
            Trustee(one, hashlib.sha256(one.encode()).digest(), own.public)
            for one, own in zip(TRUSTEES, keys, strict=True)
        ),
        slots=(SlotRule(SLOT),),
        signers={"tenderee": (signer.certificate_digest,)},
        schedule_signed_by=("tenderee",),
        authorities=(Authority(hashlib.sha256(b"tsa").digest(), "org:authority"),),
        witnesses=(NoteSigner("w", Ed25519PrivateKey.generate(), COSIGNATURE).verifier.vkey,),
        log=NoteSigner("bench.test/log", Ed25519PrivateKey.generate(), 1).verifier.vkey,
        rehearsal=True,
    )
    return policy, keys, signer


def _alone(turn: Callable[[Any, bytes, bytes], bytes], prepared: bytes) -> float:
    """MB/s of the chunks through the cipher and of the parts through the hash."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(bytes(32))
    view = memoryview(prepared)
    chunk = CHUNK + (16 if turn is _decrypted else 0)
    started = time.perf_counter()
    for at in range(0, len(view), chunk):
        turn(cipher, _NONCE, view[at : at + chunk])
    for at in range(0, len(view), MIB):
        hashlib.sha256(view[at : at + MIB]).digest()
    return _rate(len(view), time.perf_counter() - started)


_NONCE = bytes(12)


def _encrypted(cipher: Any, nonce: bytes, data: bytes) -> bytes:
    return bytes(cipher.encrypt(nonce, data, None))


def _decrypted(cipher: Any, nonce: bytes, data: bytes) -> bytes:
    return bytes(cipher.decrypt(nonce, data, None))


def seal() -> list[Figure]:
    with sealed(SIZE) as case:
        case.measure()
        limit = partial(_alone, _encrypted, bytes(SIZE))
        return [Figure("seal.python", *_pair(case.measure, limit), ">= 0.6")]


def python() -> list[Figure]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    chunk = AESGCM(bytes(32)).encrypt(_NONCE, bytes(CHUNK), None)
    with sealed(SIZE) as case:
        case.open()
        limit = partial(_alone, _decrypted, chunk * (SIZE // CHUNK))
        return [Figure("open.python", *_pair(case.open, limit), ">= 0.6")]


def _pair(measure: Callable[[], float], limit: Callable[[], float]) -> tuple[float, str, float]:
    figure, bound = in_turn(measure, limit)
    return figure, "MB/s", bound


def chromium() -> list[Figure]:
    with sealed(SIZE // 2) as case, sealed(8 * MIB) as small, chromium_page() as ask:
        for side in ("open", "bare-open"):
            ask(side, small.body, small.told())
        opened, limit = in_turn(
            partial(ask, "open", case.body, case.told()),
            partial(ask, "bare-open", case.body, case.told()),
        )
    return [Figure("open.chromium", opened, "MB/s", limit, ">= 0.6")]


def _rate(size: int, seconds: float) -> float:
    return size / 1e6 / seconds


BENCHMARKS: dict[str, Any] = {
    "seal.python": seal,
    "open.python": python,
    "open.chromium": chromium,
}
