"""Statements signed in the page, accepted by the platform and refused after any change."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime

import pytest
from asn1crypto import cms
from asn1crypto.algos import DigestAlgorithmId
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.domain import cades, statements
from signatures.domain.errors import Malformed
from signatures.domain.keys import load_pkcs12
from tests.javascript import Raised, requires_node
from tests.signatures.js.conftest import PASSWORD, Holder, holder

pytestmark = requires_node
KINDS = ["rsa2048", "p256", "p384", "p521"]
AT = datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=UTC)
DATA = statements.build("sunlit.bid/1", origin="https://sunlit.test", at=AT, note="阳光 ☀")


def signed(page, one: Holder, data: bytes = DATA) -> bytes:
    argument = {"file": one.file().hex(), "password": PASSWORD, "data": data.hex()}
    return bytes.fromhex(page.call("sign", argument))


def checked(page, data: bytes, signature: bytes) -> bytes:
    return bytes.fromhex(page.call("check", {"data": data.hex(), "signature": signature.hex()}))


def refused(page, data: bytes, signature: bytes) -> str | None:
    with pytest.raises(Raised) as caught:
        checked(page, data, signature)
    assert caught.value.kind == "SigningError"
    return caught.value.code


@pytest.fixture(scope="module", params=KINDS)
def pair(page, request):
    return holder(request.param), signed(page, holder(request.param))


def test_sign_the_platform_accepts_it(pair):
    one, signature = pair
    assert statements.check_signature(DATA, signature).dump() == one.der


def test_sign_the_page_accepts_it(page, pair):
    one, signature = pair
    assert checked(page, DATA, signature) == one.der


def test_check_the_page_accepts_what_the_kit_signs(page, pair):
    one, _ = pair
    signature = statements.sign(DATA, load_pkcs12(one.file(), PASSWORD))
    assert checked(page, DATA, signature) == one.der


def test_sign_has_the_attributes_that_the_kit_s_has(pair):
    one, signature = pair
    theirs = statements.sign(DATA, load_pkcs12(one.file(), PASSWORD))

    def shape(data: bytes):
        info = cms.ContentInfo.load(data, strict=True)["content"]["signer_infos"][0]
        attributes = {each["type"].native: each["values"].dump() for each in info["signed_attrs"]}
        return attributes, info["digest_algorithm"].dump(), info["signature_algorithm"].dump()

    ours, kit = shape(signature), shape(theirs)
    assert set(ours[0]) == set(kit[0])
    for name in ("content_type", "message_digest", "signing_time", "signing_certificate_v2"):
        assert ours[0][name] == kit[0][name]
    assert ours[2] == kit[2]
    digest = cms.DigestAlgorithm.load(ours[1])["algorithm"].native
    assert digest in DigestAlgorithmId._map.values()


def test_sign_carries_the_issuer_but_not_the_root(pair):
    one, signature = pair
    certificates = cms.ContentInfo.load(signature)["content"]["certificates"]
    names = {each.chosen.subject.native["common_name"] for each in certificates}
    assert names == {"李雷 阳光", "Issuing"}


def test_platform_any_changed_byte_of_the_statement_is_refused(pair):
    _, signature = pair
    for position in range(len(DATA)):
        damaged = bytearray(DATA)
        damaged[position] ^= 1
        with pytest.raises(Malformed):
            statements.check_signature(bytes(damaged), signature)


def covered(one: Holder, signature: bytes) -> list[int]:
    """All of a signature's bytes, but an issuer's certificate and version numbers, which CMS puts
    beside what is signed: the platform reads past them, the page wants the versions to be right."""
    issuer = one.chain[0].public_bytes(Encoding.DER)
    start = signature.index(issuer)
    info = cms.ContentInfo.load(signature)["content"]["signer_infos"][0].dump()
    versions = (
        signature.index(b"\x02\x01\x01\x31"),
        signature.index(info) + info.index(b"\x02\x01\x01\x30"),
    )
    loose = {*range(start, start + len(issuer))}
    for at in versions:
        loose |= {at, at + 1, at + 2}
    return [at for at in range(len(signature)) if at not in loose]


def flipped(data: bytes, position: int, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    damaged[position] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def test_platform_any_changed_byte_of_the_signature_is_refused(pair):
    one, signature = pair
    chance = random.Random(3)
    for position in chance.sample(covered(one, signature), 250):
        with pytest.raises(Malformed):
            statements.check_signature(DATA, flipped(signature, position, chance))


def test_check_any_changed_byte_is_refused_in_the_page(page, pair):
    one, signature = pair
    chance = random.Random(4)
    for position in chance.sample(covered(one, signature), 120):
        refused(page, DATA, flipped(signature, position, chance))
    for position in chance.sample(range(len(DATA)), 20):
        refused(page, flipped(DATA, position, chance), signature)


@pytest.mark.parametrize("number", [0, 2, 3, 5, 255])
def test_check_another_version_of_the_form_is_refused(page, pair, number):
    _, signature = pair
    at = signature.index(b"\x02\x01\x01\x31") + 2
    assert refused(page, DATA, signature[:at] + bytes([number]) + signature[at + 1 :])


def test_check_signature_over_another_statement_is_refused(page, pair):
    _, signature = pair
    other = DATA.replace("☀".encode(), "☁".encode())
    assert refused(page, other, signature) == "wrong-digest"


@pytest.mark.parametrize("cut", [1, 16, 300])
def test_check_truncated_signature_is_refused(page, pair, cut):
    assert refused(page, DATA, pair[1][:-cut]) == "bad-signature"


@pytest.mark.parametrize("signature", [b"", b"\x30\x00", b"%PDF", bytes(300_000)])
def test_check_other_bytes_are_no_signature(page, signature):
    assert refused(page, DATA, signature) == "bad-signature"


def test_check_surplus_byte_is_refused(page, pair):
    assert refused(page, DATA, pair[1] + b"\0") == "bad-signature"


def test_check_another_signing_time_than_the_statement_s_is_refused(page):
    kit = load_pkcs12(holder().file(), PASSWORD)
    later = DATA.replace(b"T01:02:03", b"T01:02:04")
    signature = cades.sign_digest(hashlib.sha256(later).digest(), kit, signing_time=AT)
    assert refused(page, later, signature) == "wrong-time"


def test_check_signature_without_a_signing_time_is_refused(page):
    kit = load_pkcs12(holder().file(), PASSWORD)
    signature = cades.sign_digest(hashlib.sha256(DATA).digest(), kit, signing_time=None)
    assert refused(page, DATA, signature) == "bad-signature"


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"a digest that a server made", b'{"purpose":"sunlit.bid/1"}', b'{"at":"now"}',
     b'{"at":"2026-03-01T01:02:03Z","purpose":"x"}', b"null", b"\xff\xfe"],
)  # fmt: skip
def test_sign_anything_but_a_statement_is_refused(page, data):
    with pytest.raises(Raised) as caught:
        signed(page, holder(), data)
    assert caught.value.code == "no-statement"


def test_sign_time_after_2049_is_written_in_full(page):
    data = statements.build(
        "sunlit.bid/1", origin="https://sunlit.test", at=datetime(2051, 1, 1, tzinfo=UTC)
    )
    signature = signed(page, holder(), data)
    assert statements.check_signature(data, signature).dump() == holder().der
    assert checked(page, data, signature) == holder().der
