"""The lab's folder: one fact a file, written whole or not at all.

Several processes use one lab at once (the server that answers for the authorities, the platform,
the actors of a demonstration). A fact is therefore a file of its own that appears atomically and
is never rewritten: an issued certificate, a revocation, a version of a trust list.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from signatures.domain.errors import Conflict, Malformed, NotFound
from signatures.lab.certificates import PrivateKey


def write_once(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write ``data`` to ``path``, which must not exist yet; raises ``Conflict`` where it does.

    Readers see nothing or all of it. ``private`` files can be read by their owner alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # A link, unlike a rename, fails when somebody else was first.
        os.link(draft, path)
    except FileExistsError as error:
        raise Conflict(f"The lab already holds {path.name}.", code="already-held") from error
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> bytes:
    """The bytes of a fact; raises ``NotFound`` where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"The lab holds no {path.name} in {path.parent.name}.") from error


def write_json(path: Path, value: Any) -> None:
    """Write a fact that is data: sorted keys, UTF-8, one line end."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    write_once(path, text.encode())


def read_json(path: Path) -> Any:
    """A fact that is data; raises ``NotFound`` or, where the file is damaged, ``Malformed``."""
    try:
        return json.loads(read(path))
    except ValueError as error:
        raise Malformed(f"{path.name} of the lab is damaged; make the lab anew.") from error


def write_key(path: Path, key: PrivateKey) -> None:
    """Keep an authority's private key, readable by its owner alone (PKCS#8, PEM)."""
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_once(path, data, private=True)


def read_key(path: Path) -> PrivateKey:
    """An authority's private key."""
    key = serialization.load_pem_private_key(read(path), password=None)
    if not isinstance(key, PrivateKey):
        raise Malformed(f"{path.name} of the lab holds a key of a kind that the lab does not use.")
    return key


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Keep a certificate (DER): from then on these very bytes are the certificate."""
    write_once(path, certificate.public_bytes(serialization.Encoding.DER))


def read_certificate(path: Path) -> x509.Certificate:
    """A certificate kept by :func:`write_certificate`."""
    return x509.load_der_x509_certificate(read(path))
