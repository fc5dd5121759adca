"""Secrets in a file, encrypted under a passphrase.

scrypt (RFC 7914) makes the key, AES-256-GCM encrypts, and the file's own parameters are
authenticated. The file is JSON::

    {"format": "sunlit.vault/1", "kind": …, "kdf": {"name": "scrypt", "n", "r", "p", "salt"},
     "nonce": hex, "ciphertext": hex}

``kind`` says what is inside (``trustee-keys``, ``recovery-kit`` …), so that one kind of file is
never taken for another.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bidding.kit import fields
from bidding.kit.errors import Malformed
from signatures.domain import jcs

FORMAT = "sunlit.vault/1"
MINIMUM_PASSPHRASE = 8
#: OWASP's parameters for 32 MiB of memory.
_COST, _BLOCK_SIZE, _PARALLEL = 2**15, 8, 3
#: A file from elsewhere must not make us spend minutes or gigabytes on its key.
_MAX_COST, _MAX_BLOCK_SIZE, _MAX_PARALLEL = 2**18, 16, 8
MAX_FILE = 4 * 1024 * 1024


def lock(secret: bytes, passphrase: str, *, kind: str) -> bytes:
    """The vault file's bytes. The passphrase has at least 8 characters."""
    if len(passphrase) < MINIMUM_PASSPHRASE:
        raise Malformed(f"Choose a passphrase of at least {MINIMUM_PASSPHRASE} characters.")
    header: dict[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "kdf": {
            "name": "scrypt",
            "n": _COST,
            "r": _BLOCK_SIZE,
            "p": _PARALLEL,
            "salt": os.urandom(16).hex(),
        },
        "nonce": os.urandom(12).hex(),
    }
    sealed = _cipher(header["kdf"], passphrase).encrypt(
        bytes.fromhex(header["nonce"]), secret, jcs.dumps(header)
    )
    return jcs.dumps({**header, "ciphertext": sealed.hex()})


def unlock(data: bytes, passphrase: str, *, kind: str) -> bytes:
    """The secret in a vault file; ``Malformed`` for a wrong passphrase, kind or damaged file."""
    value = jcs.require_fields(
        jcs.loads(data, canonical=True, max_bytes=MAX_FILE),
        ("format", "kind", "kdf", "nonce", "ciphertext"),
        where="The encrypted file",
        error=Malformed,
    )
    if value["format"] != FORMAT:
        raise Malformed("The encrypted file is of an unknown format.")
    if value["kind"] != kind:
        raise Malformed(f"This file holds {ascii(value['kind'])[:60]}, not {kind}.")
    header = {name: value[name] for name in ("format", "kind", "kdf", "nonce")}
    nonce = fields.hexadecimal(value["nonce"], 12, where="The file's nonce")
    sealed = fields.hexadecimal(value["ciphertext"], None, where="The file's content")
    try:
        return _cipher(value["kdf"], passphrase).decrypt(nonce, sealed, jcs.dumps(header))
    except InvalidTag:
        raise Malformed(
            "The passphrase is wrong or the file is damaged.", code="wrong-passphrase"
        ) from None


def write_private(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file that only its owner reads, whole or not at all, synced to disk.

    Without ``replace`` an existing file is refused: a key is not overwritten by accident.
    """
    if path.exists() and not replace:
        raise Malformed(f"{path.name} exists already; nothing is overwritten.")
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cipher(kdf: Any, passphrase: str) -> AESGCM:
    value = jcs.require_fields(
        kdf, ("name", "n", "r", "p", "salt"), where="The file's key derivation", error=Malformed
    )
    cost = fields.integer(value["n"], 2**14, _MAX_COST, where="scrypt's n")
    if value["name"] != "scrypt" or cost & (cost - 1):
        raise Malformed("The file's key derivation is unknown.")
    key = Scrypt(
        salt=fields.hexadecimal(value["salt"], 16, where="scrypt's salt"),
        length=32,
        n=cost,
        r=fields.integer(value["r"], 8, _MAX_BLOCK_SIZE, where="scrypt's r"),
        p=fields.integer(value["p"], 1, _MAX_PARALLEL, where="scrypt's p"),
    ).derive(passphrase.encode("utf-8"))
    return AESGCM(key)
