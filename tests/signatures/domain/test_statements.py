"""Signed statements: one good form, and all the ways in which a signature must fail."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest
from asn1crypto import cms, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain import cades, jcs, statements
from signatures.domain.errors import Malformed
from tests.signatures.domain.certificates import AT, certificate_of, holder, root

ORIGIN = "https://sunlit.test"
DATA = statements.build("sunlit.bid/1", origin=ORIGIN, at=AT, bid="b-1", version=1)
CMS = statements.sign(DATA, holder().signer)


def refused(data: bytes, signature: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        statements.check_signature(data, signature)
    return caught.value.code


def altered(change, *, resign: bool = True, data: bytes = DATA) -> bytes:
    """A signature over ``data`` whose parts ``change`` altered, signed again unless told not to."""
    info = cms.ContentInfo.load(statements.sign(data, holder().signer))
    signed_data = info["content"]
    one = signed_data["signer_infos"][0]
    change(signed_data, one)
    if resign:
        one["signature"] = holder().signer.sign_raw(one["signed_attrs"].untag().dump(force=True))
    signed_data["signer_infos"] = [one]
    return cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump(force=True)


def without(one: cms.SignerInfo, name: str) -> None:
    one["signed_attrs"] = [each for each in one["signed_attrs"] if each["type"].native != name]


def replaced(one: cms.SignerInfo, name: str, values: list) -> None:
    kept = [each for each in one["signed_attrs"] if each["type"].native != name]
    one["signed_attrs"] = [*kept, cms.CMSAttribute({"type": name, "values": values})]


def test_build_gives_canonical_bytes():
    assert statements.build("sunlit.gate/1", origin=ORIGIN, at=AT, slot=4) == (
        b'{"at":"2026-03-01T09:30:00.123456Z","origin":"https://sunlit.test",'
        b'"purpose":"sunlit.gate/1","slot":4}'
    )


@pytest.mark.parametrize("purpose", ["sunlit.bid/2", "bid", "", "sunlit.bid/1 ", "SUNLIT.BID/1"])
def test_build_for_unlisted_purpose_is_refused(purpose):
    with pytest.raises(Malformed) as caught:
        statements.build(purpose, origin=ORIGIN, at=AT)

    assert caught.value.code == "wrong-purpose"


@pytest.mark.parametrize("origin", ["", "x" * 256, None])
def test_build_without_origin_is_refused(origin):
    with pytest.raises(Malformed):
        statements.build("sunlit.bid/1", origin=origin, at=AT)


def test_build_with_time_without_zone_is_refused():
    with pytest.raises(Malformed):
        statements.build("sunlit.bid/1", origin=ORIGIN, at=datetime(2026, 1, 1))


def test_parse_gives_fields():
    value = statements.parse(DATA, purpose="sunlit.bid/1", origin=ORIGIN, fields={"bid", "version"})

    assert value["bid"] == "b-1"


@pytest.mark.parametrize(
    "wanted",
    [
        {"purpose": "sunlit.login/1"},
        {"purpose": "sunlit.bid/2"},
        {"purpose": "sunlit.bid/1", "origin": "https://elsewhere.test"},
        {"purpose": "sunlit.bid/1", "fields": {"bid"}},
        {"purpose": "sunlit.bid/1", "fields": {"bid", "version", "policy"}},
    ],
)
def test_parse_for_something_else_is_refused(wanted):
    with pytest.raises(Malformed):
        statements.parse(DATA, **wanted)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        DATA + b" ",
        DATA.replace(b'":"', b'": "', 1),
        DATA.replace(b"2026-03", b"2026-13"),
        DATA.replace(b"Z", b"+00:00"),
        b'{"at":1,"origin":"o","purpose":"sunlit.bid/1"}',
        b'{"origin":"o","purpose":"sunlit.bid/1"}',
        b'{"at":"2026-03-01T09:30:00.123456Z","purpose":"sunlit.bid/1"}',
    ],
)
def test_parse_with_other_bytes_is_refused(data):
    with pytest.raises(Malformed):
        statements.parse(data, purpose="sunlit.bid/1")


def test_sign_over_something_that_is_no_statement_is_refused():
    with pytest.raises(Malformed):
        statements.sign(b"\x01" * 32, holder().signer)


def test_check_signature_gives_signer_certificate():
    assert certificate_of(DATA, CMS) == holder().der


def test_sign_puts_statement_time_and_named_certificate_into_signed_attributes():
    attributes = {
        each["type"].native: each["values"][0]
        for each in cms.ContentInfo.load(CMS)["content"]["signer_infos"][0]["signed_attrs"]
    }

    assert attributes["signing_time"].native == AT.replace(microsecond=0)
    assert attributes["message_digest"].native == hashlib.sha256(DATA).digest()
    assert (
        attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native
        == hashlib.sha256(holder().der).digest()
    )


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_signature_passes_openssl(kind, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "cms").write_bytes(statements.sign(DATA, holder(kind).signer))
    (tmp_path / "root.pem").write_bytes(root().certificate.public_bytes(serialization.Encoding.PEM))

    done = subprocess.run(
        ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER"]
        + ["-in", tmp_path / "cms", "-content", tmp_path / "data", "-out", "/dev/null"]
        + [
            "-CAfile",
            tmp_path / "root.pem",
            "-purpose",
            "any",
            "-attime",
            str(int(AT.timestamp())),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "Verification successful" in done.stderr) == (0, True), done.stderr


def test_every_flipped_byte_of_statement_is_refused():
    for position in range(len(DATA)):
        changed = bytearray(DATA)
        changed[position] ^= 1
        assert refused(bytes(changed), CMS) in ("wrong-digest", "malformed")


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(CMS) - 1), st.integers(1, 255))
def test_flipped_bits_of_signature_are_refused_or_change_nothing_signed(position, mask):
    changed = bytearray(CMS)
    changed[position] ^= mask
    try:
        certificate = statements.check_signature(DATA, bytes(changed))
    except Malformed:
        return
    # Only what nobody signed and nothing rests on may differ: the issuer's certificate beside it.
    assert certificate.dump() == holder().der


@pytest.mark.parametrize("length", [0, 1, 2, 10, 100, -1])
def test_truncated_signature_is_refused(length):
    assert refused(DATA, CMS[:length]) == "bad-signature"


@pytest.mark.parametrize("extra", [b"\x00", CMS])
def test_signature_with_trailing_bytes_is_refused(extra):
    assert refused(DATA, CMS + extra) == "bad-signature"


def test_oversized_signature_is_refused():
    assert refused(DATA, b"\x30" * (cades.MAXIMUM_SIGNATURE + 1)) == "bad-signature"


def test_signature_by_another_statement_is_refused():
    other = statements.build("sunlit.bid/1", origin=ORIGIN, at=AT, bid="b-1", version=2)

    assert refused(DATA, statements.sign(other, holder().signer)) == "wrong-digest"


def test_signature_without_signed_attributes_is_refused():
    plain = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(DATA)
        .add_signer(holder("rsa2048").certificate, holder("rsa2048").key, hashes.SHA256())
        .sign(
            serialization.Encoding.DER,
            [
                pkcs7.PKCS7Options.DetachedSignature,
                pkcs7.PKCS7Options.NoAttributes,
                pkcs7.PKCS7Options.Binary,
            ],
        )
    )

    assert refused(DATA, plain) == "no-signed-attributes"


def test_signature_without_named_certificate_is_refused():
    ordinary = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(DATA)
        .add_signer(holder().certificate, holder().key, hashes.SHA256())
        .sign(
            serialization.Encoding.DER,
            [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary],
        )
    )

    assert refused(DATA, ordinary) == "no-signed-attributes"


@pytest.mark.parametrize("name", ["content_type", "message_digest", "signing_certificate_v2"])
def test_signature_lacking_mandatory_attribute_is_refused(name):
    code = refused(DATA, altered(lambda _, one: without(one, name)))

    assert code == "no-signed-attributes"


def test_signature_with_stripped_attributes_signed_as_data_is_refused():
    # The attributes' bytes offered as content: the classic confusion of both forms.
    info = cms.ContentInfo.load(CMS)
    one = info["content"]["signer_infos"][0]
    attributes = one["signed_attrs"].untag().dump()
    fields = ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    info["content"]["signer_infos"] = [cms.SignerInfo({name: one[name] for name in fields})]

    assert refused(attributes, info.dump(force=True)) == "no-signed-attributes"


def test_signature_without_signing_time_is_refused():
    assert refused(DATA, altered(lambda _, one: without(one, "signing_time"))) == "wrong-time"


def test_signature_at_another_time_is_refused():
    later = cms.Time({"utc_time": AT.replace(microsecond=0) + timedelta(seconds=1)})

    code = refused(DATA, altered(lambda _, one: replaced(one, "signing_time", [later])))

    assert code == "wrong-time"


def test_signature_over_wrong_digest_is_refused():
    code = refused(DATA, altered(lambda _, one: replaced(one, "message_digest", [b"\0" * 32])))

    assert code == "wrong-digest"


def test_signature_with_repeated_attribute_is_refused():
    def change(_, one):
        attributes = list(one["signed_attrs"])
        one["signed_attrs"] = [*attributes, attributes[1]]

    assert refused(DATA, altered(change)) == "bad-signature"


def test_signature_with_two_digests_is_refused():
    values = [hashlib.sha256(DATA).digest(), b"\0" * 32]

    code = refused(DATA, altered(lambda _, one: replaced(one, "message_digest", values)))

    assert code == "bad-signature"


def test_signature_naming_another_certificate_is_refused():
    other = hashlib.sha256(holder("p256", "other").signer.certificate.dump()).digest()
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": other}]})

    code = refused(DATA, altered(lambda _, one: replaced(one, "signing_certificate_v2", [named])))

    assert code == "wrong-certificate"


def test_signature_naming_certificate_by_sha1_is_refused():
    digest = hashlib.sha1(holder().der).digest()
    named = tsp.SigningCertificateV2(
        {"certs": [{"hash_algorithm": {"algorithm": "sha1"}, "cert_hash": digest}]}
    )

    code = refused(DATA, altered(lambda _, one: replaced(one, "signing_certificate_v2", [named])))

    assert code == "weak-algorithm"


def test_signature_with_swapped_certificate_is_refused():
    other = holder("p256", "other").signer.certificate

    def change(signed_data, one):
        signed_data["certificates"] = [cms.CertificateChoices({"certificate": other})]
        one["sid"] = cms.SignerIdentifier(
            {
                "issuer_and_serial_number": {
                    "issuer": other.issuer,
                    "serial_number": other.serial_number,
                }
            }
        )

    assert refused(DATA, altered(change, resign=False)) == "wrong-certificate"


def test_signature_without_certificate_is_refused():
    def change(signed_data, _):
        signed_data["certificates"] = []

    assert refused(DATA, altered(change)) == "no-certificate"


def test_signature_by_two_signers_is_refused():
    info = cms.ContentInfo.load(CMS)
    second = cms.ContentInfo.load(statements.sign(DATA, holder("rsa2048").signer))
    info["content"]["signer_infos"] = [
        info["content"]["signer_infos"][0],
        second["content"]["signer_infos"][0],
    ]

    assert refused(DATA, info.dump(force=True)) == "bad-signature"


@pytest.mark.parametrize("attached", [DATA, b"something else"])
def test_signature_with_attached_content_is_refused(attached):
    def change(signed_data, _):
        signed_data["encap_content_info"] = {"content_type": "data", "content": attached}

    assert refused(DATA, altered(change)) == "bad-signature"


def test_signature_with_sha1_is_refused():
    def change(_, one):
        one["digest_algorithm"] = {"algorithm": "sha1"}
        one["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
        replaced(one, "message_digest", [hashlib.sha1(DATA).digest()])

    assert refused(DATA, altered(change)) == "weak-algorithm"


def test_signature_mixing_digests_is_refused():
    def change(_, one):
        one["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}

    assert refused(DATA, altered(change)) == "bad-signature"


def test_signature_with_other_algorithms_than_signed_is_refused():
    protection = cms.CMSAlgorithmProtection(
        {
            "digest_algorithm": {"algorithm": "sha512"},
            "signature_algorithm": {"algorithm": "sha512_ecdsa"},
        }
    )

    code = refused(
        DATA, altered(lambda _, one: replaced(one, "cms_algorithm_protection", [protection]))
    )

    assert code == "bad-signature"


def test_signature_over_another_content_type_is_refused():
    def change(signed_data, one):
        signed_data["encap_content_info"] = {"content_type": "1.2.840.113549.1.9.16.1.4"}
        replaced(one, "content_type", ["1.2.840.113549.1.9.16.1.4"])

    assert refused(DATA, altered(change)) == "bad-signature"


def test_certificate_is_not_a_signature():
    der = holder().der

    assert refused(DATA, x509.Certificate.load(der).dump()) == "bad-signature"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_as_signature_are_refused(data):
    with pytest.raises(Malformed):
        statements.check_signature(DATA, data)


names = st.text("abcdefghijklmnop_", min_size=1).filter(lambda name: name not in ("at",))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(names, values, max_size=5))
def test_built_statement_parses_to_the_same_fields(fields):
    fields = {name: value for name, value in fields.items() if name not in statements.COMMON}

    data = statements.build("sunlit.record/1", origin=ORIGIN, at=AT, **fields)
    value = statements.parse(data, purpose="sunlit.record/1", fields=fields.keys())

    assert {name: value[name] for name in fields} == fields
    assert jcs.dumps(value) == data
