"""Receipts: the platform's signed word that it took something in, given when the act commits.

A receipt is a JSON object ``{receipt, signature, key}``: ``receipt`` is a canonical JSON object
(what was submitted, by its digest; the ledger entry, its salt and index), ``signature`` the
platform's Ed25519 signature (base64) over ``SUNLIT-RECEIPT-1|`` and that object's canonical bytes,
and ``key`` a signed statement ``sunlit.platform-key/1`` by which the platform's seal vouches for
the Ed25519 key. Ed25519 is deterministic, so the same receipt is always the same bytes.

Nothing here knows Django.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signatures.domain import jcs, statements
from signatures.domain.errors import Malformed

CONTEXT = b"SUNLIT-RECEIPT-1|"
PURPOSE = "sunlit.platform-key/1"
MAXIMUM_RECEIPT = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt whose signatures hold; whether its seal is recognised is another question.

    ``body`` is what the platform says, ``statement`` and ``signature`` the seal's signed word for
    the key, ``certificate`` the seal's, ``origin`` the platform's name in that statement.
    """

    body: dict[str, Any]
    origin: str
    key_name: str
    statement: bytes
    signature: bytes
    certificate: x509.Certificate


def make_receipt(
    body: dict[str, Any], key: Ed25519PrivateKey, key_statement: tuple[bytes, bytes]
) -> bytes:
    """The receipt's canonical bytes.

    ``key_statement`` is the statement about ``key`` and its detached signature, as the seal made
    them. Raises :class:`Malformed` when the statement is about another key.
    """
    statement, signature = key_statement
    named = _key_of(statement)
    if named["key"] != key.public_key().public_bytes_raw().hex():
        raise Malformed("The seal's statement is about another key.", code="wrong-key")
    return jcs.dumps(
        {
            "receipt": body,
            "signature": _encoded(key.sign(CONTEXT + jcs.dumps(body))),
            "key": {"statement": _encoded(statement), "signature": _encoded(signature)},
        }
    )


def verify_receipt(data: bytes, *, origin: str | None = None) -> Receipt:
    """The receipt in ``data``, if both signatures in it hold; else :class:`Malformed`.

    Proves that the holder of the seal's certificate vouched for the key and that the key signed
    the body. Recognition, validity and revocation of the certificate are for an assessment of
    ``statement`` and ``signature``. ``origin``, where given, must be the platform's.
    """
    value = jcs.require_fields(
        jcs.loads(data, max_bytes=MAXIMUM_RECEIPT),
        {"receipt", "signature", "key"},
        where="The receipt",
    )
    key = jcs.require_fields(value["key"], {"statement", "signature"}, where="The receipt's key")
    body = value["receipt"]
    if not isinstance(body, dict):
        raise Malformed("The receipt's content must be an object.")
    statement = _decoded(key["statement"], "key.statement")
    signature = _decoded(key["signature"], "key.signature")
    named = _key_of(statement, origin=origin)
    certificate = statements.check_signature(statement, signature)
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(named["key"]))
    except ValueError as error:
        raise Malformed("The key in the receipt is no Ed25519 key.", code="wrong-key") from error
    try:
        public.verify(_decoded(value["signature"], "signature"), CONTEXT + jcs.dumps(body))
    except InvalidSignature as error:
        raise Malformed(
            "The receipt is not what the platform signed.", code="wrong-digest"
        ) from error
    return Receipt(
        body=body,
        origin=str(named["origin"]),
        key_name=str(named["name"]),
        statement=statement,
        signature=signature,
        certificate=certificate,
    )


def _key_of(statement: bytes, *, origin: str | None = None) -> dict[str, Any]:
    named = statements.parse(statement, purpose=PURPOSE, origin=origin, fields={"key", "name"})
    if not isinstance(named["key"], str) or not isinstance(named["name"], str):
        raise Malformed("The statement about the key is not in its form.", code="wrong-key")
    return named


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(value: object, where: str) -> bytes:
    try:
        return base64.b64decode(value.encode() if isinstance(value, str) else b"?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"The receipt's field {where} is not base64.") from error
