"""Who is recognised, when and why: two regions through their lists, and everybody else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.authority import TrustedServiceType
from pyhanko_certvalidator.errors import PathBuildingError

from signatures.domain.recognition import Change, Recognition, changes
from signatures.domain.trust import MAX_LINKS, why
from signatures.domain.trustlist import RECOGNISED, TSA, WITHDRAWN, ServiceKind, TrustList
from signatures.lab import certificates
from signatures.lab.lab import Lab
from tests.signatures.domain.lists import DAY, LIFE, NOW, SINCE, Operator, service, tsa_service
from tests.signatures.labs import accept, shared

CODE = "91330000MA27W1234X"
UNKNOWN_STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/blessed"
UNKNOWN_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/Oracle"


@pytest.fixture(scope="module")
def lists() -> list[TrustList]:
    # Which number a list has depends on who asked the shared lab for one before.
    return [accept(region, NOW) for region in shared().regions.values()]


@pytest.fixture(scope="module")
def third(tmp_path_factory) -> Lab:
    """Authorities that nobody listed, under the very names of those that are."""
    return Lab.create(tmp_path_factory.mktemp("third") / "lab", now=NOW)


def tenderer(lab: Lab, name: str = "east"):
    return lab.region(name).issue("公章", organisation="某公司", credit_code=CODE)


def one(operator: Operator, *services) -> list[TrustList]:
    return [operator.accept(operator.build(*services))]


@pytest.mark.parametrize(("name", "territory"), [("east", "CN-DY"), ("west", "CN-XC")])
def test_why_accepts_the_certificates_of_both_regions(lists, name, territory):
    region = shared().region(name)
    own = next(one for one in lists if one.territory == territory)
    found = why(tenderer(shared(), name).certificate, at=NOW, lists=lists)
    since = region.issuing.not_valid_before
    assert (found.recognised, found.code) == (True, "recognised")
    assert (found.territory, found.sequence) == (territory, own.sequence)
    assert found.path == ("公章", region.issuing.subject.native["common_name"])
    assert found.service == f"LAB {region.profile.title}签发机构"
    assert found.provider == region.profile.authority
    assert found.since == since
    assert found.sentences == (
        "The certificate is recognised.",
        f"It was issued by {region.issuing.subject.native['common_name']}.",
        f"List {own.sequence} of {territory} recognises {found.service} since {since.date()}.",
    )
    assert found.as_dict()["list_digest"] == own.digest


def test_why_needs_the_list_of_the_region(lists):
    certificate = tenderer(shared(), "west").certificate
    found = why(certificate, at=NOW, lists=lists[:1])
    assert (found.recognised, found.code) == (False, "unlisted")
    assert str(found) == (
        "The certificate is not recognised. No list names LAB Xichuan Province Issuing CA, which "
        "it gives as its issuer, or an authority above it. Lists in force: List"
        f" {lists[0].sequence} of CN-DY."
    )


def test_why_refuses_everybody_without_lists():
    found = why(tenderer(shared()).certificate, at=NOW, lists=[])
    assert (found.recognised, found.code) == (False, "unlisted")
    assert found.sentences[1].endswith("Lists in force: none.")


def test_why_refuses_a_namesake_of_a_listed_authority(lists, third):
    # Same names throughout; only the keys differ.
    issued = tenderer(third)
    assert issued.chain[0].subject == shared().region("east").issuing.subject
    found = why(issued.certificate, at=NOW, lists=lists, others=issued.chain)
    assert (found.recognised, found.code) == (False, "unlisted")


def forged(key_id_of: x509.Certificate) -> x509.Certificate:
    """A certificate that claims the listed authority as its issuer, signed with another key."""
    issuer = pyca.load_der_x509_certificate(key_id_of.dump())
    key = certificates.new_key()
    builder = (
        pyca.CertificateBuilder()
        .subject_name(certificates.authority_name(organisation="某公司", common_name="Forged seal"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(
            pyca.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
    )
    data = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return x509.Certificate.load(data)


def test_why_refuses_a_forged_signature_and_says_whose_name_was_used(lists):
    found = why(forged(shared().region("east").issuing), at=NOW, lists=lists)
    assert (found.recognised, found.code) == (False, "path-invalid")
    assert "LAB Dongyue Province Issuing CA" in found.sentences[1]
    assert found.territory == "CN-DY"


def test_why_refuses_what_a_listed_timestamp_authority_seems_to_have_issued(lists):
    found = why(forged(shared().region("east").tsa), at=NOW, lists=lists)
    assert found.recognised is False


def test_why_goes_by_way_of_an_authority_between():
    operator = Operator()
    region = shared().region("east")
    rooted = one(operator, service(name="Root", certificate=region.root))
    issued = tenderer(shared())
    found = why(issued.certificate, at=NOW, lists=rooted, others=issued.chain)
    assert (found.recognised, found.service) == (True, "Root")
    assert found.path == (
        "公章",
        "LAB Dongyue Province Issuing CA",
        "LAB Dongyue Province Root CA",
    )
    assert found.sentences[1] == (
        "Its path runs by way of LAB Dongyue Province Issuing CA, LAB Dongyue Province Root CA."
    )
    assert why(issued.certificate, at=NOW, lists=rooted).code == "unlisted"


def test_why_tries_only_so_many_links():
    operator = Operator()
    rooted = one(operator, service(name="Root", certificate=shared().region("east").root))
    issued = tenderer(shared())
    crowd = [shared().region("west").root] * MAX_LINKS
    found = why(issued.certificate, at=NOW, lists=rooted, others=[*crowd, *issued.chain])
    assert found.code == "unlisted"


@pytest.mark.parametrize(
    ("listed", "code", "words"),
    [
        (
            service((NOW - DAY, WITHDRAWN), (SINCE, RECOGNISED)),
            "withdrawn",
            "List 1 of CN-DY says that Issuing authority is withdrawn since 2026-03-09.",
        ),
        (
            service((SINCE, UNKNOWN_STATUS)),
            "unknown-status",
            f"List 1 of CN-DY gives Issuing authority the unknown status {UNKNOWN_STATUS}.",
        ),
        (
            service(service_type=UNKNOWN_TYPE),
            "unknown-type",
            f"List 1 of CN-DY gives Issuing authority the unknown type {UNKNOWN_TYPE}.",
        ),
        (
            service((NOW + DAY, RECOGNISED)),
            "not-yet-listed",
            "List 1 of CN-DY recognises Issuing authority only since 2026-03-11.",
        ),
        (
            service(service_type=TSA),
            "other-use",
            "List 1 of CN-DY lists Issuing authority, but not as an authority that issues "
            "certificates.",
        ),
    ],
)
def test_why_names_what_the_list_says_against_it(listed, code, words):
    operator = Operator()
    certificate = tenderer(shared()).certificate
    found = why(certificate, at=NOW, lists=one(operator, listed, tsa_service()))
    assert (found.recognised, found.code) == (False, code)
    assert found.sentences == ("The certificate is not recognised.", words)


def test_why_judges_by_the_time_of_signature_not_by_today():
    operator = Operator()
    day = NOW - 30 * DAY
    authority = service((day, WITHDRAWN), (SINCE, RECOGNISED))
    current = one(operator, authority, tsa_service())
    certificate = tenderer(shared()).certificate
    assert why(certificate, at=day - DAY, lists=current, now=NOW).recognised is True
    assert why(certificate, at=day, lists=current, now=NOW).code == "withdrawn"


def test_why_relies_on_no_list_that_has_expired(lists):
    certificate = tenderer(shared()).certificate
    late = NOW + LIFE
    found = why(certificate, at=NOW, lists=lists, now=late)
    assert (found.recognised, found.code) == (False, "list-expired")
    assert found.sentences[1] == (
        f"List {lists[0].sequence} of CN-DY names LAB 东岳省签发机构,"
        f" but has expired on {late.date()}."
    )


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOW - 4 * 365 * DAY, "certificate-not-yet-valid"),
        (NOW + 17 * 365 * DAY, "certificate-expired"),
    ],
)
def test_why_refuses_a_certificate_out_of_its_time(lists, at, code):
    found = why(tenderer(shared()).certificate, at=at, lists=lists, now=NOW)
    assert (found.recognised, found.code) == (False, code)


@pytest.mark.parametrize("name", ["east", "west"])
def test_why_accepts_timestamp_units_as_such_only(lists, name):
    unit = shared().region(name).tsa
    as_unit = why(unit, at=NOW, lists=lists, kind=ServiceKind.TSA)
    assert as_unit.recognised is True
    assert as_unit.sentences[1] == "It is itself the listed service."
    assert why(unit, at=NOW, lists=lists).code == "other-use"


def test_why_refuses_a_timestamp_unit_that_is_not_listed_itself(lists, third):
    # Its root may be anybody's; a timestamp unit is recognised by name.
    assert why(third.region("east").tsa, at=NOW, lists=lists, kind=ServiceKind.TSA).code == (
        "unlisted"
    )
    certificate = tenderer(shared()).certificate
    assert why(certificate, at=NOW, lists=lists, kind=ServiceKind.TSA).code == "unlisted"


def test_why_refuses_a_look_alike_with_the_key_of_a_listed_unit(lists):
    # Name and key are public; nobody vouched for these bytes.
    unit = pyca.load_der_x509_certificate(shared().region("east").tsa.dump())
    key = certificates.new_key()
    twin = (
        pyca.CertificateBuilder()
        .subject_name(unit.subject)
        .issuer_name(unit.subject)
        .public_key(unit.public_key())
        .serial_number(9)
        .not_valid_before(NOW - 20 * 365 * DAY)
        .not_valid_after(NOW + 20 * 365 * DAY)
        .sign(key, hashes.SHA256())
    )
    certificate = x509.Certificate.load(twin.public_bytes(serialization.Encoding.DER))
    found = why(certificate, at=NOW, lists=lists, kind=ServiceKind.TSA)
    assert (found.recognised, found.code) == (False, "unlisted")


def test_why_refuses_a_timestamp_unit_after_its_own_end(lists):
    unit = shared().region("east").tsa
    late = unit.not_valid_after + DAY
    found = why(unit, at=late, lists=lists, now=NOW, kind=ServiceKind.TSA)
    assert (found.recognised, found.code) == (False, "certificate-expired")


def test_recognition_takes_the_newest_list_of_each_territory():
    operator, west = Operator(), Operator("CN-XC")
    old = operator.accept(operator.build(sequence=1))
    new = operator.accept(operator.build(sequence=2))
    other = west.accept(west.build())
    assert Recognition.of([new, other, old], now=NOW).lists == (new, other)
    assert Recognition.of([old, new], now=NOW + LIFE) == Recognition(lists=(), expired=(new,))


def test_recognition_gives_anchors_by_kind_and_time(lists):
    recognition = Recognition.of(lists, now=NOW)
    lab = shared()
    authorities = [each.dump() for each in recognition.certificates(ServiceKind.CA, at=NOW)]
    units = [each.dump() for each in recognition.certificates(ServiceKind.TSA, at=NOW)]
    assert authorities == [lab.region(name).issuing.dump() for name in ("east", "west")]
    assert units == [lab.region(name).tsa.dump() for name in ("east", "west")]
    assert recognition.anchors(ServiceKind.CA, at=datetime(2000, 1, 1, tzinfo=UTC)) == ()
    kinds = {
        anchor.trust_qualifiers.trusted_service_type
        for anchor in recognition.anchors(ServiceKind.TSA, at=NOW)
    }
    assert kinds == {TrustedServiceType.TIME_STAMPING_AUTHORITY}


def validate(certificate, recognition: Recognition, kind: ServiceKind, usage: set[str]):
    context = ValidationContext(
        trust_manager=recognition.trust_manager(kind, at=NOW), moment=NOW, allow_fetching=False
    )
    validator = CertificateValidator(certificate, validation_context=context)
    return asyncio.run(validator.async_validate_usage(usage))


def test_trust_manager_lets_pyhanko_accept_both_regions(lists):
    recognition = Recognition.of(lists, now=NOW)
    for name in ("east", "west"):
        certificate = tenderer(shared(), name).certificate
        path = validate(certificate, recognition, ServiceKind.CA, {"digital_signature"})
        found = recognition.find(path.first, ServiceKind.CA, at=NOW)
        assert found.trust_list.territory == shared().region(name).territory


def test_trust_manager_lets_pyhanko_refuse_a_namesake(lists, third):
    recognition = Recognition.of(lists, now=NOW)
    with pytest.raises(PathBuildingError):
        validate(tenderer(third).certificate, recognition, ServiceKind.CA, {"digital_signature"})


def test_trust_manager_for_timestamps_vouches_for_no_signer(lists):
    recognition = Recognition.of(lists, now=NOW)
    with pytest.raises(PathBuildingError):
        validate(
            tenderer(shared()).certificate, recognition, ServiceKind.TSA, {"digital_signature"}
        )


def test_changes_name_what_is_new_gone_and_restated():
    operator = Operator()
    first = operator.accept(operator.build())
    west = service(name="Newcomer", certificate=shared().region("west").issuing)
    withdrawn = service((NOW, WITHDRAWN), (SINCE, RECOGNISED))
    second = operator.accept(operator.build(withdrawn, west, sequence=2))
    assert changes(first, second) == (
        Change(service="Issuing authority", what="is withdrawn since 2026-03-10"),
        Change(service="Newcomer", what="was added"),
        Change(service="Timestamp authority", what="is no longer listed"),
    )
    assert changes(None, first) == (
        Change(service="Issuing authority", what="was added"),
        Change(service="Timestamp authority", what="was added"),
    )
    assert changes(first, first) == ()


def test_lab_withdrawal_reaches_recognition_through_the_next_list(tmp_path: Path):
    lab = Lab.create(tmp_path / "lab", now=NOW)
    region = lab.region("west")
    before = accept(region, NOW)
    region.withdraw("issuing", NOW + DAY)
    assert region.trust_list(NOW + DAY / 2) == region.trust_list(NOW)
    after = accept(region, NOW + 2 * DAY, previous=before)
    certificate = region.issue("王芳", person_id="P", usage="person").certificate
    assert after.sequence == 2
    assert why(certificate, at=NOW, lists=[after], now=NOW + 2 * DAY).recognised is True
    assert why(certificate, at=NOW + 2 * DAY, lists=[after]).code == "withdrawn"


def test_lab_lists_are_renewed_in_time_and_follow_one_another(tmp_path: Path):
    lab = Lab.create(tmp_path / "lab", now=NOW)
    region = lab.region("east")
    current, sequences = None, []
    for day in range(0, 400, 50):
        current = accept(region, NOW + timedelta(days=day), previous=current)
        sequences.append(current.sequence)
    assert sequences == [1, 1, 1, 2, 2, 2, 3, 3]
    assert region.trust_list(NOW) == (region.folder / "lists" / "1.xml").read_bytes()
