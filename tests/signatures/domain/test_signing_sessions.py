"""Signing together: who may sign where, with what, when, and what a race costs."""

from __future__ import annotations

import shutil
import subprocess
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from signatures import store, tasks
from signatures.domain import clock, device, guard, signing_sessions, trust_store
from signatures.domain.assess import assess
from signatures.domain.device_session import sign_session
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening, SigningDocument, SigningSession, UserCertificate
from tests.factories.signing import Api, b64, install
from tests.signatures.domain import signing_house
from tests.signatures.domain.signing_house import concluded, rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(settings, tmp_path):
    return signing_house.house(install(settings, tmp_path))


def sign(house, document, field, user, **options):
    return sign_session(
        Api(user), str(document), field, house.platform.signer(user), **options
    )


def sign_all(house, document):
    for field, user in (
        ("Witness", house.witness), ("Buyer", house.buyer), ("Builder", house.builder)
    ):
        answer = sign(house, document, field, user)
    return answer


def begin(user, document, field) -> UUID:
    return UUID(
        signing_sessions.start(user, document=document, field=field).result["session"]
    )


def prepared(house, user, session, signer=None) -> bytes:
    chosen = signer or house.platform.signer(user)
    return store.read(
        signing_sessions.prepare(user, session=session, certificate=chosen.certificate.dump())
    )


def refusal(call, kind=Refused) -> str:
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


def verdict(data: bytes):
    now = clock.now()
    return assess(data, kind="pdf", at=now, policy=trust_store.policy(now=now))


def test_document_signed_by_all_is_sealed_and_concluded(house, tmp_path):
    document = house.open()
    answer = sign_all(house, document)
    assert (answer["revision"], answer["state"]) == (3, "signed")

    assert tasks.finish_document.func(document=str(document)) == "concluded"

    row = SigningDocument.objects.get(pk=document)
    assert concluded.seen == [row.digest]
    data = store.read(row.digest)
    assert data.startswith(store.read(row.original))
    assessment = verdict(data)
    assert (str(assessment.verdict), assessment.reasons) == ("valid", ())
    signed = [one for one in assessment.signatures if one.kind == "signature"]
    assert [(one.field, one.credit_code, one.level) for one in signed] == [
        ("Witness", None, "B-LTA"),
        ("Buyer", house.buying.credit_code, "B-LTA"),
        ("Builder", house.building.credit_code, "B-LTA"),
        ("Seal", "12370000MB2A00017T", "B-LTA"),
    ]
    # Finishing once more changes nothing.
    before = rows(document)
    assert tasks.finish_document.func(document=str(document)) == "concluded"
    assert (rows(document), len(concluded.seen)) == (before, 1)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler's pdfsig is not here")
def test_pdfsig_finds_every_signature_good(house, tmp_path):
    document = house.open()
    sign_all(house, document)
    row = signing_sessions.finish(document)
    path = tmp_path / "signed.pdf"
    path.write_bytes(store.read(row.digest))
    told = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    # It does not judge document timestamps, of which each signature has one.
    assert told.count("Signature Validation: Signature is Valid.") == 4
    assert told.count("Signature Validation: Signature has not yet been verified.") == 4
    assert told.count("Signature #") == 8
    assert told.count("- Total document signed") == 1


def test_places_can_be_signed_in_any_order_and_optional_ones_left_free(house):
    document = house.open(optional_witness=True)
    sign(house, document, "Builder", house.builder)
    assert sign(house, document, "Buyer", house.buyer)["state"] == "signed"
    assert refusal(lambda: sign(house, document, "Witness", house.witness)) == "document-complete"
    assert verdict(store.read(signing_sessions.finish(document).digest)).is_valid


def test_later_of_two_cosigners_signs_again_and_neither_loses(house):
    document = house.open()
    first, second = begin(house.buyer, document, "Buyer"), begin(house.builder, document, "Builder")
    of_first = prepared(house, house.buyer, first)
    of_second = prepared(house, house.builder, second)
    signing_sessions.embed(
        house.buyer, session=first,
        signature=device.sign_pdf(of_first, house.platform.signer(house.buyer)),
    )
    before = rows(document)
    late = device.sign_pdf(of_second, house.platform.signer(house.builder))
    assert (
        refusal(lambda: signing_sessions.embed(house.builder, session=second, signature=late))
        == "document-moved-on"
    )
    assert rows(document) == before

    again = prepared(house, house.builder, second)
    made = signing_sessions.embed(
        house.builder, session=second,
        signature=device.sign_pdf(again, house.platform.signer(house.builder)),
    )
    assert made.revision == 2
    assert rows(document)["signed"] == ["Buyer", "Builder"]
    assert verdict(store.read(made.digest)).is_valid


def test_helper_prepares_again_where_a_cosigner_was_faster(house):
    document = house.open()
    shown = []

    def overtaken(title, purpose, data):
        shown.append((title, purpose))
        if len(shown) == 1:
            sign(house, document, "Builder", house.builder)

    answer = sign(house, document, "Buyer", house.buyer, show=overtaken)
    assert (answer["revision"], shown) == (2, [("会议记录", "test-record")] * 2)
    assert rows(document)["signed"] == ["Buyer", "Builder"]


def test_three_devices_at_the_same_moment(house):
    from django.db import connections

    document = house.open()
    failed = []

    def run(field, user, api):
        try:
            sign_session(api, str(document), field, house.platform.signer(user))
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(field, user, Api(user)))
        for field, user in (
            ("Buyer", house.buyer), ("Builder", house.builder), ("Witness", house.witness)
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (rows(document)["revision"], rows(document)["state"]) == (3, "signed")
    assert verdict(store.read(rows(document)["digest"])).is_valid


def test_same_signature_again_gives_the_same_answer(house):
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    data = prepared(house, house.buyer, session)
    signature = device.sign_pdf(data, house.platform.signer(house.buyer))
    first = signing_sessions.embed(house.buyer, session=session, signature=signature)
    again = signing_sessions.embed(house.buyer, session=session, signature=signature)
    assert first == again
    assert rows(document)["revision"] == 1
    other = device.sign_pdf(data, house.platform.signer(house.buyer))
    assert other != signature
    assert (
        refusal(lambda: signing_sessions.embed(house.buyer, session=session, signature=other))
        == "field-signed"
    )


def test_place_is_for_its_signer_alone(house):
    document = house.open()
    before = rows(document)
    assert refusal(lambda: begin(house.buyer, document, "Builder"), Denied) == "not-your-field"
    assert refusal(lambda: begin(house.buyer, document, "Witness"), Denied) == "not-your-field"
    assert refusal(lambda: begin(house.buyer, document, "Nobody"), NotFound) == "no-such-field"
    assert refusal(lambda: begin(house.buyer, uuid4(), "Buyer"), NotFound) == "no-such-document"
    session = begin(house.buyer, document, "Buyer")
    signer = house.platform.signer(house.builder)
    assert (
        refusal(lambda: prepared(house, house.builder, session, signer), NotFound)
        == "no-such-session"
    )
    assert (rows(document), SigningSession.objects.count()) == (before, 1)


def test_certificate_must_be_bound_and_of_the_organisation(house):
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    stranger = house.platform.equip(house.buyer, house.buying, bind=False)
    assert (
        refusal(lambda: prepared(house, house.buyer, session, stranger), Denied)
        == "certificate-unbound"
    )
    own = house.platform.equip(house.buyer)
    assert (
        refusal(lambda: prepared(house, house.buyer, session, own), Denied)
        == "wrong-organisation"
    )
    with pytest.raises(Malformed):
        signing_sessions.prepare(house.buyer, session=session, certificate=b"0\x03junk")
    assert SigningSession.objects.get(pk=session).prepared == ""


def test_signature_by_another_certificate_than_announced(house):
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    data = prepared(house, house.buyer, session)
    other = house.platform.equip(house.buyer, house.buying)
    before = rows(document)
    assert (
        refusal(
            lambda: signing_sessions.embed(
                house.buyer, session=session, signature=device.sign_pdf(data, other)
            ),
            Malformed,
        )
        == "wrong-certificate"
    )
    assert rows(document) == before


def test_certificate_withdrawn_between_preparing_and_signing(house):
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    signature = device.sign_pdf(
        prepared(house, house.buyer, session), house.platform.signer(house.buyer)
    )
    before = rows(document)
    with guard.writes("test arrangement"):
        UserCertificate.objects.filter(user=house.buyer).update(withdrawn_at=clock.now())
    assert (
        refusal(
            lambda: signing_sessions.embed(house.buyer, session=session, signature=signature),
            Denied,
        )
        == "certificate-unbound"
    )
    assert rows(document) == before


def test_certificate_of_an_authority_that_no_list_names(house, tmp_path):
    from signatures.domain.keys import Signer
    from signatures.lab.lab import Lab

    foreign = Lab.create(tmp_path / "foreign", now=clock.now() - timedelta(days=1))
    issued = foreign.region("east").issue(
        house.buying.name, organisation=house.buying.name, credit_code=house.buying.credit_code
    )
    signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=house.buyer, fingerprint=signer.certificate.sha256.hex(),
            der=signer.certificate.dump(), bound_at=clock.now(),
        )
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    data = prepared(house, house.buyer, session, signer)
    before = rows(document)
    assert (
        refusal(
            lambda: signing_sessions.embed(
                house.buyer, session=session, signature=device.sign_pdf(data, signer)
            )
        )
        == "not-recognised"
    )
    assert rows(document) == before


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda good: good[:-1] + bytes([good[-1] ^ 1]), id="last-bit"),
        pytest.param(lambda good: good[: len(good) // 2], id="half"),
        pytest.param(lambda good: b"", id="empty"),
        pytest.param(lambda good: b"not a signature", id="text"),
        pytest.param(lambda good: good + b"\0", id="appended"),
    ],
)
def test_tampered_signature_changes_nothing(house, spoil):
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    good = device.sign_pdf(
        prepared(house, house.buyer, session), house.platform.signer(house.buyer)
    )
    before = rows(document)
    with pytest.raises(Malformed):
        signing_sessions.embed(house.buyer, session=session, signature=spoil(good))
    assert rows(document) == before
    assert signing_sessions.embed(house.buyer, session=session, signature=good).revision == 1


def test_signature_over_other_bytes(house):
    document, other = house.open(), house.open()
    session = begin(house.buyer, document, "Buyer")
    prepared(house, house.buyer, session)
    elsewhere = prepared(house, house.buyer, begin(house.buyer, other, "Buyer"))
    before = rows(document)
    signature = device.sign_pdf(elsewhere, house.platform.signer(house.buyer))
    assert (
        refusal(
            lambda: signing_sessions.embed(house.buyer, session=session, signature=signature),
            Malformed,
        )
        == "wrong-digest"
    )
    assert rows(document) == before


def test_nothing_is_embedded_before_anything_was_prepared(house):
    session = begin(house.buyer, house.open(), "Buyer")
    assert (
        refusal(lambda: signing_sessions.embed(house.buyer, session=session, signature=b"x"))
        == "not-prepared"
    )


def test_expired_session_neither_prepares_nor_embeds(house):
    document = house.open()
    session = begin(house.buyer, document, "Buyer")
    signature = device.sign_pdf(
        prepared(house, house.buyer, session), house.platform.signer(house.buyer)
    )
    before = rows(document)
    with guard.writes("test arrangement"):
        SigningSession.objects.update(expires_at=clock.look().real)
    assert (
        refusal(
            lambda: signing_sessions.embed(house.buyer, session=session, signature=signature)
        )
        == "session-expired"
    )
    assert refusal(lambda: prepared(house, house.buyer, session)) == "session-expired"
    assert rows(document) == before
    # A new session is all it takes.
    assert sign(house, document, "Buyer", house.buyer)["revision"] == 1


def test_refused_conclusion_keeps_the_sealed_document_and_is_asked_again(house):
    document = house.open()
    sign_all(house, document)
    concluded.refuse = True
    assert refusal(lambda: signing_sessions.finish(document)) == "not-running"
    assert rows(document)["state"] == "sealed"
    concluded.refuse = False
    assert Api(house.buyer).post(f"/api/v1/signing/{document}/conclusion")["state"] == "sealed"
    assert signing_sessions.finish(document).state == "concluded"


def test_seal_does_not_come_before_all_have_signed(house):
    document = house.open()
    sign(house, document, "Buyer", house.buyer)
    before = rows(document)
    assert signing_sessions.finish(document).state == "open"
    assert (
        refusal(lambda: Api(house.buyer).post(f"/api/v1/signing/{document}/conclusion"))
        == "not-signed-by-all"
    )
    assert (rows(document), concluded.seen) == (before, [])


def test_interface_hides_documents_and_sessions_of_others(house):
    document = house.open()
    api = Api(house.buyer)
    line = api.get(f"/api/v1/signing/{document}")
    assert [each["field"] for each in line["fields"]] == ["Buyer", "Builder", "Witness"]
    assert [each["id"] for each in api.get("/api/v1/signing")] == [str(document)]
    stranger = Api(signing_house.floor.person("路人"))
    assert stranger.get("/api/v1/signing") == []
    for path in (f"/api/v1/signing/{document}", f"/api/v1/signing/{document}/content"):
        assert refusal(lambda path=path: stranger.get(path), NotFound) == "no-such-document"
    session = api.post(f"/api/v1/signing/{document}/sessions", {"field": "Buyer"})
    other = house.open()
    body = {"certificate": b64(house.platform.signer(house.buyer).certificate.dump())}
    address = f"/api/v1/signing/{other}/sessions/{session['session']}/prepare"
    assert refusal(lambda: api.post(address, body)) == "wrong-document"
    address = f"/api/v1/signing/{document}/sessions/{session['session']}"
    assert refusal(lambda: api.post(f"{address}/prepare", {"certificate": "?"}), Malformed) == (
        "bad-base64"
    )
    assert refusal(lambda: Api(house.builder).post(f"{address}/prepare", body), NotFound) == (
        "no-such-session"
    )


def test_repeated_preparation_under_one_key_gives_the_same_bytes(house):
    document = house.open()
    api = Api(house.buyer)
    session = api.post(f"/api/v1/signing/{document}/sessions", {"field": "Buyer"}, key="one")
    assert session == {
        **api.post(f"/api/v1/signing/{document}/sessions", {"field": "Buyer"}, key="one")
    }
    address = f"/api/v1/signing/{document}/sessions/{session['session']}/prepare"
    body = {"certificate": b64(house.platform.signer(house.buyer).certificate.dump())}
    assert api.post(address, body, key="two") == api.post(address, body, key="two")


def test_signer_and_organisation_may_have_a_receipt(house):
    document = house.open()
    sign(house, document, "Buyer", house.buyer)
    rows_ = LedgerOpening.objects.filter(entry__act="signatures.embed-signature")
    assert [sorted(row.owners) for row in rows_] == [
        sorted([house.buyer.urn, house.buying.urn])
    ]
