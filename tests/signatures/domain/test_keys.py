"""Keys from files, tokens and memory; what is refused before it can sign."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from signatures.domain import keys, statements
from signatures.domain.errors import Malformed, Unavailable
from tests import softhsm
from tests.signatures.domain.certificates import AT, Holder, certificate_of, holder, issue, root


def archive(person: Holder, passphrase: bytes = b"secret") -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"key",
        person.key,
        person.certificate,
        person.chain,
        serialization.BestAvailableEncryption(passphrase),
    )


def statement() -> bytes:
    return statements.build("sunlit.login/1", origin="https://sunlit.test", at=AT)


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "rsa3072", "ed25519"])
def test_signer_with_accepted_key_makes_checkable_signature(kind):
    signer = holder(kind).signer

    signature = statements.sign(statement(), signer)

    assert certificate_of(statement(), signature) == signer.certificate.dump()


@pytest.mark.parametrize(
    ("kind", "digest"),
    [("p256", "sha256"), ("p384", "sha384"), ("p521", "sha512"), ("ed25519", "sha512")],
)
def test_digest_algorithm_follows_key(kind, digest):
    assert holder(kind).signer.digest_algorithm == digest


@pytest.mark.parametrize("kind", ["rsa1024", "k1"])
def test_from_key_with_weak_key_is_refused(kind):
    weak = issue("weak", kind=kind, issuer=root())

    with pytest.raises(Malformed) as caught:
        weak.signer  # noqa: B018

    assert caught.value.code == "weak-algorithm"


def test_from_key_with_other_certificate_is_refused():
    with pytest.raises(Malformed) as caught:
        keys.Signer.from_key(holder("p256").key, holder("p256", "somebody else").certificate)

    assert caught.value.code == "key-mismatch"


def test_sign_inside_running_event_loop_works():
    async def run():
        return statements.sign(statement(), holder().signer)

    signature = asyncio.run(run())

    assert certificate_of(statement(), signature) == holder().der


def test_load_pkcs12_gives_key_certificate_and_chain():
    person = holder()

    signer = keys.load_pkcs12(archive(person), "secret")

    assert signer.certificate.dump() == person.der
    assert [each.dump() for each in signer.chain] == [root().der]
    assert statements.check_signature(statement(), statements.sign(statement(), signer))


@pytest.mark.parametrize("passphrase", ["wrong", "", None, "Secret"])
def test_load_pkcs12_with_wrong_passphrase_is_refused(passphrase):
    with pytest.raises(Malformed) as caught:
        keys.load_pkcs12(archive(holder()), passphrase)

    assert caught.value.code == "bad-pkcs12"


@pytest.mark.parametrize("data", [b"", b"\x30", b"PK\x03\x04", os.urandom(500), b"0" * (1 << 21)])
def test_load_pkcs12_with_other_file_is_refused(data):
    with pytest.raises(Malformed) as caught:
        keys.load_pkcs12(data, "secret")

    assert caught.value.code == "bad-pkcs12"


def test_load_pkcs12_without_key_is_refused():
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, [root().certificate], serialization.BestAvailableEncryption(b"secret")
    )

    with pytest.raises(Malformed) as caught:
        keys.load_pkcs12(data, "secret")

    assert caught.value.code == "bad-pkcs12"


def test_keys_and_statements_import_without_django():
    script = (
        "import sys; import signatures.domain.statements, signatures.domain.keys; "
        "assert 'django' not in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A SoftHSM2 token with one key of each kind and its certificate."""
    folder = tmp_path_factory.mktemp("token")
    with softhsm.tokens(folder):
        softhsm.make("bid")
        for number, kind in enumerate(("p256", "rsa2048"), start=1):
            path = folder / f"{kind}.pem"
            path.write_bytes(
                holder(kind).key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            softhsm.util(
                "--import", str(path), "--token", "bid", "--label", kind,
                "--id", f"0{number}", "--pin", softhsm.PIN,
            )  # fmt: skip
        softhsm.start()
        yield "bid"


def load(token: str, **changes) -> keys.Signer:
    given = {
        "module": str(softhsm.MODULE),
        "token_label": token,
        "pin": softhsm.PIN,
        "key_label": "p256",
        "certificate": holder("p256").certificate,
        **changes,
    }
    return keys.load_pkcs11(**given)


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_load_pkcs11_signs_on_token(token, kind):
    signer = load(token, key_label=kind, certificate=holder(kind).certificate)
    try:
        signature = statements.sign(statement(), signer)
    finally:
        signer.close()

    assert certificate_of(statement(), signature) == holder(kind).der


def test_load_pkcs11_twice_shares_the_login(token):
    first, second = load(token), load(token)
    try:
        assert statements.check_signature(statement(), statements.sign(statement(), first))
        assert statements.check_signature(statement(), statements.sign(statement(), second))
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"pin": "0000"},
        {"token_label": "no such token"},
        {"key_label": "no such key"},
        {"module": "/nonexistent/module.so"},
        {"certificate": None},
    ],
)
def test_load_pkcs11_with_wrong_particulars_is_unavailable(token, changes):
    with pytest.raises(Unavailable) as caught:
        load(token, **changes)

    assert caught.value.code == "token-failed"
    assert softhsm.PIN not in str(caught.value)


def test_signer_certificate_is_asn1crypto():
    assert isinstance(holder().signer.certificate, x509.Certificate)
