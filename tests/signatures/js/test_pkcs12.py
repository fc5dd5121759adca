"""Key files opened in the page: which ones, and what is said of those that cannot be."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from signatures.domain.errors import SunlitError
from signatures.domain.keys import load_pkcs12
from tests.javascript import Raised, requires_node
from tests.signatures.js.conftest import PASSWORD, holder

pytestmark = requires_node
PBES = pkcs12.PBES
KINDS = ["rsa2048", "p256", "p384", "p521"]


def encryption(algorithm, rounds: int = 2048, mac=hashes.SHA256, password: str = PASSWORD):
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(rounds)
        .key_cert_algorithm(algorithm)
        .hmac_hash(mac())
        .build(password.encode())
    )


def opened(page, file: bytes, password: str = PASSWORD):
    return page.call("open", {"file": file.hex(), "password": password})


def refusal(page, file: bytes, password: str = PASSWORD) -> str | None:
    with pytest.raises(Raised) as caught:
        opened(page, file, password)
    assert caught.value.kind == "SigningError"
    return caught.value.code


@pytest.mark.parametrize("kind", KINDS)
def test_open_gives_certificate_and_issuers_without_the_root(page, kind):
    one = holder(kind)
    found = opened(page, one.file())
    assert found["certificate"] == one.der.hex()
    assert found["chain"] == [one.chain[0].public_bytes(Encoding.DER).hex()]
    assert found["digest"] == one.certificate.fingerprint(hashes.SHA256()).hex()


def test_open_tells_names_and_validity(page):
    found = opened(page, holder().file())
    assert (found["name"], found["issuer"]) == ("李雷 阳光", "Issuing")
    assert (found["from"], found["until"]) == (
        "2025-01-01T00:00:00.000Z",
        "2060-01-01T00:00:00.000Z",
    )


@pytest.mark.parametrize(
    "algorithm", [PBES.PBESv2SHA256AndAES256CBC, PBES.PBESv1SHA1And3KeyTripleDESCBC]
)
@pytest.mark.parametrize("mac", [hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512])
def test_open_each_encryption_and_check(page, algorithm, mac):
    file = holder().file(encryption=encryption(algorithm, mac=mac))
    assert opened(page, file)["certificate"] == holder().der.hex()


@pytest.mark.parametrize("password", ["口令 阳光", "pässwörd", "a" * 200])
@pytest.mark.parametrize(
    "algorithm", [PBES.PBESv2SHA256AndAES256CBC, PBES.PBESv1SHA1And3KeyTripleDESCBC]
)
def test_open_password_of_any_script(page, password, algorithm):
    file = holder().file(encryption=encryption(algorithm, password=password))
    assert opened(page, file, password)["certificate"] == holder().der.hex()
    assert refusal(page, file, password + "x") == "wrong-password"


def test_open_gives_the_key_itself(page):
    bags = page.call("bags", {"file": holder().file().hex(), "password": PASSWORD})
    expected = holder().key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert bags["keys"] == [expected.hex()]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("options", [[], ["-legacy"], ["-legacy", "-keypbe", "PBE-SHA1-RC2-40"]])
def test_open_files_of_openssl(page, tmp_path, options):
    one = holder("rsa2048")
    key = one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "own.pem").write_bytes(one.certificate.public_bytes(Encoding.PEM))
    subprocess.run(
        ["openssl", "pkcs12", "-export", *options, "-inkey", "key.pem", "-in", "own.pem"]
        + ["-out", "own.p12", "-passout", f"pass:{PASSWORD}"],
        cwd=tmp_path,
        check=True,
    )
    file = (tmp_path / "own.p12").read_bytes()
    assert opened(page, file)["certificate"] == one.der.hex()
    assert refusal(page, file, "wrong") == "wrong-password"


@pytest.mark.parametrize("password", ["", "Correct horse", "correct horse ", "correct hors"])
@pytest.mark.parametrize(
    "algorithm", [PBES.PBESv2SHA256AndAES256CBC, PBES.PBESv1SHA1And3KeyTripleDESCBC]
)
def test_open_wrong_password_is_said_plainly(page, password, algorithm):
    with pytest.raises(Raised) as caught:
        opened(page, holder().file(encryption=encryption(algorithm)), password)
    assert caught.value.code == "wrong-password"
    assert caught.value.message.startswith("The password does not open this file.")


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x80\x00\x00", b"%PDF-1.7", bytes(2 << 20)])
def test_open_other_files_are_named_as_such(page, data):
    assert refusal(page, data) == "not-pkcs12"


def test_open_certificate_alone_is_no_key_file(page):
    assert refusal(page, holder().der) == "not-pkcs12"


def test_open_file_without_a_key_is_refused(page):
    file = pkcs12.serialize_key_and_certificates(
        None, None, None, [holder().certificate], encryption(PBES.PBESv2SHA256AndAES256CBC)
    )
    assert refusal(page, file) == "no-key"


@pytest.mark.parametrize(
    ("kind", "code"), [("rsa1024", "weak-algorithm"), ("k1", "weak-algorithm")]
)
def test_open_weak_keys_are_refused(page, kind, code):
    assert refusal(page, holder(kind).file()) == code


@pytest.mark.parametrize("rounds", [20_000_000, 2_000_000_000])
def test_open_file_that_would_take_minutes_is_refused(page, rounds):
    file = holder().file(encryption=encryption(PBES.PBESv2SHA256AndAES256CBC, rounds=5000))
    # 5000 rounds as DER: the number in every place is replaced by a huge one of four bytes.
    huge = b"\x02\x04" + rounds.to_bytes(4, "big")
    assert refusal(page, file.replace(b"\x02\x02\x13\x88", huge)) != "no-key"


def test_open_any_flipped_byte_opens_nothing_else(page):
    """A damaged file is refused, or (where the damage does not matter) holds the same key."""
    file, chance = holder().file(), random.Random(7)
    for position in chance.sample(range(len(file)), 60):
        damaged = bytearray(file)
        damaged[position] ^= 1 << chance.randrange(8)
        try:
            assert opened(page, bytes(damaged))["certificate"] == holder().der.hex()
        except Raised as raised:
            assert raised.kind == "SigningError"
            assert raised.code in ("wrong-password", "not-pkcs12", "unsupported-file")


@pytest.mark.parametrize("cut", [1, 20, 100, 500])
def test_open_truncated_file_is_refused(page, cut):
    assert refusal(page, holder().file()[:-cut]) == "not-pkcs12"


def test_open_agrees_with_the_kit_about_wrong_passwords(page):
    file = holder().file()
    with pytest.raises(SunlitError):
        load_pkcs12(file, "wrong")
    assert refusal(page, file, "wrong") == "wrong-password"
