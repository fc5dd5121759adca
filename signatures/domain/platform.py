"""The platform's own keys: the log's, the receipts', and its seal.

They lie in the folder ``SUNLIT_KEYS``, out of reach of the web server's user in production, where
they are made once by ``manage.py found`` and the seal's certificate comes from a recognised
authority. The names of keys are public; the keys never leave the folder.
"""

from __future__ import annotations

import hmac
import os
import secrets
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from signatures.domain import statements
from signatures.domain.checkpoint import NoteSigner, NoteVerifier
from signatures.domain.errors import Unavailable
from signatures.domain.keys import Signer, load_pkcs12

LOG_KEY = "log.key"
RECEIPT_KEY = "receipt.key"
OPENING_KEY = "opening.key"
DRAW_KEY = "draw.key"
SEAL = "seal.p12"
SEAL_PASSPHRASE = "seal.passphrase"  # noqa: S105 - the name of a file
KEY_STATEMENT = "receipt-key.json"
KEY_STATEMENT_SIGNATURE = "receipt-key.p7s"


def origin() -> str:
    """The address under which the platform is known, as it stands in every signed statement."""
    return str(settings.ORIGIN)


def log_origin() -> str:
    """The ledger's name in checkpoints: the platform's address without its scheme."""
    return f"{urlsplit(origin()).netloc}/ledger"


def log_signer() -> NoteSigner:
    """Signs checkpoints."""
    return NoteSigner(log_origin(), _ed25519(str(settings.KEYS), LOG_KEY))


def log_verifier() -> NoteVerifier:
    """The public half of the log's key, to be handed to anybody."""
    return log_signer().verifier


def receipt_key() -> Ed25519PrivateKey:
    """Signs receipts: Ed25519, so that the same receipt is the same bytes whenever it is made."""
    return _ed25519(str(settings.KEYS), RECEIPT_KEY)


def seal() -> Signer:
    """The platform's seal: an organisation certificate from a recognised authority."""
    return _seal(str(settings.KEYS))


def key_statement() -> tuple[bytes, bytes]:
    """The seal's signed word for the receipts' key: statement and signature."""
    return (
        _file(KEY_STATEMENT).read_bytes(),
        _file(KEY_STATEMENT_SIGNATURE).read_bytes(),
    )


def make(name: str) -> None:
    """Make an Ed25519 key in the folder, once; an existing one is never touched."""
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write_once(Path(settings.KEYS) / name, key)


def install_seal(pkcs12: bytes, passphrase: str) -> None:
    """Put the seal's PKCS#12 file and its passphrase in place, once."""
    _write_once(Path(settings.KEYS) / SEAL_PASSPHRASE, passphrase.encode())
    _write_once(Path(settings.KEYS) / SEAL, pkcs12)


def has_seal() -> bool:
    """Whether the seal is in place."""
    return (Path(settings.KEYS) / SEAL).exists()


def opening_key() -> X25519PrivateKey:
    """The opening service's key, to which trustees encrypt the shares that they release.

    Derived from a seed of its own in the key folder, so that all keys there are of one form.
    """
    seed = _ed25519(str(settings.KEYS), OPENING_KEY).private_bytes_raw()
    derived = HKDF(
        algorithm=hashes.SHA256(), length=32, salt=None, info=b"SUNLIT-OPENING-1"
    ).derive(seed)
    return X25519PrivateKey.from_private_bytes(derived)


def draw_reveal(record_digest: bytes) -> bytes:
    """The 32 bytes that the platform itself puts into the draw with this record.

    Derived from a seed of its own in the key folder, so that nothing of it is in the database
    before it is revealed, and whichever process asks gets the same.
    """
    seed = _ed25519(str(settings.KEYS), DRAW_KEY).private_bytes_raw()
    return hmac.digest(seed, b"SUNLIT-REVEAL-1|" + record_digest, "sha256")


def certify_receipt_key(at: datetime) -> None:
    """Have the seal sign for the receipts' key, once; ``at`` is the official time."""
    if (Path(settings.KEYS) / KEY_STATEMENT_SIGNATURE).exists():
        return
    public = receipt_key().public_key().public_bytes_raw()
    statement = statements.build(
        "sunlit.platform-key/1", origin=origin(), at=at, key=public.hex(), name="receipts"
    )
    _write_once(Path(settings.KEYS) / KEY_STATEMENT, statement)
    statement = _file(KEY_STATEMENT).read_bytes()
    _write_once(Path(settings.KEYS) / KEY_STATEMENT_SIGNATURE, statements.sign(statement, seal()))


def _write_once(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _file(name: str) -> Path:
    path = Path(settings.KEYS) / name
    if not path.exists():
        raise Unavailable(
            f"The platform's {name} is not in place. Run manage.py found.",
            code="keys-missing",
        )
    return path


@lru_cache
def _ed25519(folder: str, name: str) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(_file(name).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"The platform's {name} is no Ed25519 key.", code="keys-missing")
    return key


@lru_cache
def _seal(folder: str) -> Signer:
    return load_pkcs12(_file(SEAL).read_bytes(), _file(SEAL_PASSPHRASE).read_text())
