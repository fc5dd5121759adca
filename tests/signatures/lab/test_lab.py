"""The lab as a folder: made once, the same for everybody, refusing what is unclear."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.sign.signers import SimpleSigner

from signatures.domain.errors import Conflict, Malformed, NotFound
from signatures.lab.certificates import LAB_NOTICE
from signatures.lab.lab import Lab
from tests.signatures.labs import CREATED, shared

YEAR = timedelta(days=365)
AUTHORITIES = ("root", "issuing", "ocsp", "tsa", "list")
CODE = "91330000MA27W1234X"


def pyca(certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())


def all_authorities(lab: Lab) -> list[x509.Certificate]:
    return [
        region.credential(name).certificate
        for region in lab.regions.values()
        for name in AUTHORITIES
    ]


def test_open_gives_the_same_bytes_as_create(tmp_path):
    made = Lab.create(tmp_path / "lab", now=CREATED)
    opened = Lab.open(tmp_path / "lab")
    assert all_authorities(opened) == all_authorities(made)
    assert opened.port == made.port
    assert opened.created == CREATED


def test_another_process_sees_the_same_certificates(tmp_path):
    lab = Lab.create(tmp_path / "lab", now=CREATED)
    program = (
        "import sys; from signatures.lab.lab import Lab; lab = Lab.open(sys.argv[1]);"
        "print(lab.region('west').tsa.sha256.hex())"
    )
    seen = subprocess.run(
        [sys.executable, "-c", program, str(lab.folder)], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == lab.region("west").tsa.sha256.hex()


def test_create_refuses_a_second_lab_in_the_same_place(tmp_path):
    first = Lab.create(tmp_path / "lab", now=CREATED)
    with pytest.raises(Conflict):
        Lab.create(tmp_path / "lab", now=CREATED)
    assert all_authorities(Lab.open(tmp_path / "lab")) == all_authorities(first)


def test_create_leaves_a_folder_with_other_things_alone(tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "mine.txt").write_text("mine")
    with pytest.raises(Conflict):
        Lab.create(tmp_path / "lab", now=CREATED)
    assert [path.name for path in tmp_path.iterdir()] == ["lab"]
    assert [path.name for path in (tmp_path / "lab").iterdir()] == ["mine.txt"]


def test_create_refuses_a_moment_without_zone(tmp_path):
    with pytest.raises(Malformed):
        Lab.create(tmp_path / "lab", now=datetime(2026, 3, 10))
    assert list(tmp_path.iterdir()) == []


def test_ensure_makes_and_then_opens(tmp_path):
    made = Lab.ensure(tmp_path / "lab", now=CREATED, port=4711)
    again = Lab.ensure(tmp_path / "lab", now=CREATED + YEAR, port=4712)
    assert made.port == again.port == 4711
    assert again.created == CREATED


def test_open_refuses_an_empty_folder(tmp_path):
    with pytest.raises(NotFound):
        Lab.open(tmp_path)


def test_open_refuses_a_damaged_record(tmp_path):
    lab = Lab.create(tmp_path / "lab", now=CREATED)
    (lab.folder / "lab.json").write_text("{")
    with pytest.raises(Malformed):
        Lab.open(tmp_path / "lab")


def test_region_refuses_an_unknown_name():
    with pytest.raises(NotFound):
        shared().region("north")


def test_keys_are_readable_by_their_owner_alone():
    for path in shared().folder.rglob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_certificate_says_that_it_is_of_the_lab():
    lab = shared()
    person = lab.region("east").issue("王芳", person_id="P-1", usage="person")
    for certificate in [*all_authorities(lab), pyca(person.certificate)]:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        notice = policies[0].policy_qualifiers[0]
        assert notice.explicit_text == LAB_NOTICE


def test_certificates_cover_the_demonstration_on_both_sides():
    lab = shared()
    tenderer = lab.region("west").issue("某公司", organisation="某公司", credit_code=CODE)
    for certificate in [*all_authorities(lab), pyca(tenderer.certificate)]:
        assert certificate.not_valid_before_utc < CREATED - 3 * YEAR
        assert certificate.not_valid_after_utc > CREATED + 12 * YEAR


def test_seal_names_organisation_and_code_and_where_to_ask():
    lab = shared()
    region = lab.region("east")
    issued = region.issue("东岳建设公章", organisation="东岳建设有限公司", credit_code=CODE)
    assert dict(issued.certificate.subject.native) == {
        "country_name": "CN",
        "organization_name": "东岳建设有限公司",
        "organization_identifier": f"NTRCN-{CODE}",
        "common_name": "东岳建设公章",
    }
    assert issued.certificate.ocsp_urls == [f"http://127.0.0.1:{lab.port}/lab/east/ocsp"]
    points = issued.certificate.crl_distribution_points
    assert [point.url for point in points] == [f"http://127.0.0.1:{lab.port}/lab/east/issuing.crl"]
    assert issued.certificate.key_usage_value.native == {"digital_signature", "non_repudiation"}


def test_person_is_named_by_an_identifier():
    issued = shared().region("east").issue("王芳", person_id="330106199001010000", usage="person")
    assert issued.certificate.subject.native["serial_number"] == "IDCCN-330106199001010000"


def test_chain_runs_to_the_root_and_each_link_signs():
    region = shared().region("west")
    issued = region.issue("某公司", organisation="某公司", credit_code=CODE)
    leaf, issuing, root = (pyca(each) for each in (issued.certificate, *issued.chain))
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


def test_rsa_keys_have_2048_bits():
    issued = (
        shared()
        .region("west")
        .issue("某公司", organisation="某公司", credit_code=CODE, key_type="rsa")
    )
    assert issued.certificate.public_key.bit_size == 2048
    assert issued.certificate.public_key.algorithm == "rsa"


def test_pkcs12_opens_with_its_passphrase_only():
    issued = shared().region("east").issue("王芳", person_id="P-2", usage="person")
    data = issued.pkcs12("correct horse")
    signer = SimpleSigner.load_pkcs12_data(data, [], b"correct horse")
    assert signer.signing_cert.dump() == issued.certificate.dump()
    with pytest.raises(ValueError, match="Could not load key material"):
        SimpleSigner.load_pkcs12_data(data, [], b"wrong horse")


def test_key_made_elsewhere_is_certified_and_never_held():
    key = ec.generate_private_key(ec.SECP256R1())
    region = shared().region("east")
    issued = region.issue("王芳", person_id="P-3", usage="person", public_key=key.public_key())
    assert pyca(issued.certificate).public_key() == key.public_key()
    assert issued.key is None
    with pytest.raises(NotFound):
        issued.pkcs12("secret")


@pytest.mark.parametrize(
    ("subject", "usage"),
    [
        ({"organisation": "某公司"}, "seal"),
        ({"credit_code": CODE}, "seal"),
        ({"person_id": "P-4"}, "platform"),
        ({"organisation": "某公司", "credit_code": CODE}, "person"),
        ({"person_id": "P-4"}, "server"),
    ],
)
def test_issue_refuses_a_subject_that_its_usage_does_not_allow(subject, usage):
    region = shared().region("east")
    before = set((region.folder / "issued" / "issuing").iterdir())
    with pytest.raises(Malformed):
        region.issue("某某", usage=usage, **subject)
    assert set((region.folder / "issued" / "issuing").iterdir()) == before


def test_issue_refuses_an_unknown_key_type():
    with pytest.raises(ValueError, match="'ec' or 'rsa'"):
        shared().region("east").issue("王芳", person_id="P", usage="person", key_type="dsa")


def test_lab_holds_no_key_of_an_end_entity(tmp_path):
    lab = Lab.create(tmp_path / "lab", now=CREATED)
    lab.region("east").issue("王芳", person_id="P-5", usage="person")
    keys = sorted(path.relative_to(lab.folder) for path in lab.folder.rglob("*.key"))
    expected = [Path(name) / f"{each}.key" for name in lab.regions for each in AUTHORITIES]
    assert keys == sorted(expected)


def test_revoke_refuses_what_it_cannot_do(tmp_path):
    lab = Lab.create(tmp_path / "lab", now=CREATED)
    other = Lab.create(tmp_path / "other", now=CREATED)
    mine = lab.region("east").issue("王芳", person_id="P-6", usage="person").certificate
    foreign = other.region("east").issue("王芳", person_id="P-6", usage="person").certificate
    with pytest.raises(NotFound):
        lab.revoke(foreign, CREATED, "superseded")
    with pytest.raises(NotFound):
        lab.region("west").revoke(mine, CREATED, "superseded")
    with pytest.raises(Malformed):
        lab.revoke(mine, CREATED, "mood")
    with pytest.raises(Malformed):
        lab.revoke(mine, datetime(2026, 3, 10), "superseded")
    assert lab.region("east").revocations("issuing") == []
    lab.revoke(mine, CREATED, "superseded")
    with pytest.raises(Conflict):
        lab.revoke(mine, CREATED + YEAR, "key_compromise")
    [revocation] = lab.region("east").revocations("issuing")
    assert (revocation.at, revocation.reason) == (CREATED, "superseded")
