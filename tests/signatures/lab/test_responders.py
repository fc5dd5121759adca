"""What the authorities answer, judged by other people's code: cryptography, asn1crypto, OpenSSL."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from signatures.domain.errors import Malformed, NotFound
from signatures.lab.lab import Lab
from signatures.lab.region import Region
from signatures.lab.responders import timestamp_request
from tests.signatures.labs import CREATED, shared

DAY = timedelta(days=1)
DIGEST = hashlib.sha256(b"document").digest()


@pytest.fixture
def lab(tmp_path) -> Lab:
    return Lab.create(tmp_path / "lab", now=CREATED)


def person(region: Region):
    return region.issue("王芳", person_id="P-1", usage="person").certificate


def pyca(certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())


def ask(region: Region, certificate, now: datetime, issuer=None) -> ocsp.OCSPResponse:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        pyca(certificate), pyca(issuer or region.issuing), hashes.SHA256()
    )
    request = builder.build().public_bytes(serialization.Encoding.DER)
    return ocsp.load_der_ocsp_response(region.ocsp(request, now).dump())


def revoked_serials(region: Region, name: str, now: datetime) -> dict[int, datetime]:
    crl = x509.load_der_x509_crl(region.crl(name, now).dump())
    return {each.serial_number: each.revocation_date_utc for each in crl}


def test_ocsp_says_good_before_and_revoked_from_the_moment_on(lab):
    region = lab.region("east")
    certificate = person(region)
    lab.revoke(certificate, CREATED + DAY, "key_compromise")
    before = ask(region, certificate, CREATED + DAY - timedelta(seconds=1))
    after = ask(region, certificate, CREATED + DAY)
    assert before.certificate_status == ocsp.OCSPCertStatus.GOOD
    assert after.certificate_status == ocsp.OCSPCertStatus.REVOKED
    assert after.revocation_time_utc == CREATED + DAY
    assert after.revocation_reason == x509.ReasonFlags.key_compromise


def test_ocsp_is_of_the_moment_and_signed_by_the_responder():
    region = shared().region("east")
    response = ask(region, person(region), CREATED)
    assert response.this_update_utc == CREATED
    assert response.next_update_utc == CREATED + DAY
    [responder] = response.certificates
    responder.verify_directly_issued_by(pyca(region.issuing))
    algorithm = response.signature_hash_algorithm
    responder.public_key().verify(
        response.signature,
        response.tbs_response_bytes,
        ec.ECDSA(algorithm),
    )


def test_ocsp_does_not_know_what_was_never_issued(lab, tmp_path):
    other = Lab.create(tmp_path / "other", now=CREATED)
    stranger = person(other.region("east"))
    region = lab.region("east")
    assert ask(region, stranger, CREATED).certificate_status == ocsp.OCSPCertStatus.UNKNOWN


def test_ocsp_is_not_authorised_for_another_issuer():
    lab = shared()
    west = lab.region("west")
    certificate = person(west)
    answer = ask(lab.region("east"), certificate, CREATED, issuer=west.issuing)
    assert answer.response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("request_bytes", [b"", b"nonsense", b"\x30\x03\x02\x01\x05", b"0" * 5000])
def test_ocsp_calls_nonsense_malformed(request_bytes):
    answer = shared().region("east").ocsp(request_bytes, CREATED)
    assert answer["response_status"].native == "malformed_request"


def test_revocation_in_one_process_is_seen_in_another(lab):
    certificate = person(lab.region("east"))
    elsewhere = Lab.open(lab.folder).region("east")
    assert ask(elsewhere, certificate, CREATED).certificate_status == ocsp.OCSPCertStatus.GOOD
    lab.revoke(certificate, CREATED, "superseded")
    assert ask(elsewhere, certificate, CREATED).certificate_status == ocsp.OCSPCertStatus.REVOKED
    assert revoked_serials(elsewhere, "issuing", CREATED) == {certificate.serial_number: CREATED}


def test_crl_lists_what_is_revoked_by_then_and_nothing_else(lab):
    region = lab.region("west")
    first, second = person(region), person(region)
    lab.revoke(first, CREATED, "unspecified")
    lab.revoke(second, CREATED + 2 * DAY, "cessation_of_operation")
    assert revoked_serials(region, "issuing", CREATED - DAY) == {}
    assert revoked_serials(region, "issuing", CREATED) == {first.serial_number: CREATED}
    assert revoked_serials(region, "issuing", CREATED + 2 * DAY) == {
        first.serial_number: CREATED,
        second.serial_number: CREATED + 2 * DAY,
    }
    assert revoked_serials(lab.region("east"), "issuing", CREATED + 2 * DAY) == {}


def test_root_crl_lists_a_revoked_timestamp_authority(lab):
    region = lab.region("west")
    lab.revoke(region.tsa, CREATED, "key_compromise")
    assert revoked_serials(region, "root", CREATED) == {region.tsa.serial_number: CREATED}
    assert revoked_serials(region, "issuing", CREATED) == {}


@pytest.mark.parametrize(("name", "days"), [("issuing", 1), ("root", 90)])
def test_crl_is_signed_numbered_and_dated(name, days):
    region = shared().region("east")
    crl = x509.load_der_x509_crl(region.crl(name, CREATED).dump())
    assert crl.is_signature_valid(region.credential(name).key.public_key())
    assert crl.last_update_utc == CREATED
    assert crl.next_update_utc == CREATED + days * DAY
    later = x509.load_der_x509_crl(region.crl(name, CREATED + DAY).dump())
    numbers = [
        each.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for each in (crl, later)
    ]
    assert numbers[0] < numbers[1]


def test_empty_crl_leaves_its_list_out():
    # RFC 5280, 5.1.2.6: absent, not empty.
    crl = shared().region("east").crl("issuing", CREATED)
    assert crl["tbs_cert_list"]["revoked_certificates"].native is None


def test_crl_refuses_an_unknown_name_and_a_moment_without_zone():
    region = shared().region("east")
    with pytest.raises(NotFound):
        region.crl("tsa", CREATED)
    with pytest.raises(Malformed):
        region.crl("issuing", datetime(2026, 3, 10))


def test_moments_are_taken_to_the_second():
    region = shared().region("east")
    crl = x509.load_der_x509_crl(
        region.crl("issuing", CREATED + timedelta(microseconds=999999)).dump()
    )
    assert crl.last_update_utc == CREATED


def test_timestamp_is_for_the_digest_the_nonce_and_the_moment():
    request = tsp.TimeStampReq.load(timestamp_request(DIGEST))
    request["nonce"] = 77
    answer = shared().region("east").timestamp(request, CREATED)
    info = answer["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert answer["status"]["status"].native == "granted"
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert info["nonce"].native == 77
    assert info["gen_time"].native == CREATED


@pytest.mark.parametrize(
    ("request_bytes", "failure"),
    [
        (b"", "bad_data_format"),
        (b"nonsense", "bad_data_format"),
        (timestamp_request(DIGEST[:31]), "bad_data_format"),
        (timestamp_request(DIGEST)[:-1], "bad_data_format"),
        (timestamp_request(b"0" * 20, algorithm="sha1"), "bad_alg"),
        (timestamp_request(b"0" * 16, algorithm="md5"), "bad_alg"),
    ],
)
def test_timestamp_is_refused_with_the_reason(request_bytes, failure):
    answer = shared().region("east").timestamp(request_bytes, CREATED)
    assert answer["status"]["status"].native == "rejection"
    assert answer["status"]["fail_info"].native == {failure}
    assert answer["time_stamp_token"].native is None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL is not installed")
def test_timestamp_verifies_with_openssl(tmp_path):
    # OpenSSL judges at the real present, which the demonstration's clock never passes.
    region = shared().region("west")
    reply = region.timestamp_digest(DIGEST, datetime.now(UTC) - 400 * DAY)
    (tmp_path / "reply.tsr").write_bytes(reply.dump())
    (tmp_path / "root.pem").write_bytes(
        region.credential("root").certificate.public_bytes(serialization.Encoding.PEM)
    )
    command = ["openssl", "ts", "-verify", "-digest", DIGEST.hex(), "-in", "reply.tsr"]
    seen = subprocess.run(
        [*command, "-CAfile", "root.pem"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "Verification: OK" in seen.stdout + seen.stderr
    wrong = subprocess.run(
        [*command[:4], DIGEST[::-1].hex(), *command[5:], "-CAfile", "root.pem"],
        cwd=tmp_path,
        capture_output=True,
    )
    assert wrong.returncode != 0
