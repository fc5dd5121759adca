"""Signing PDF: levels, fields, two steps, and what the server refuses to embed."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import cms
from django.db import transaction
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.stamp import StaticStampStyle

from signatures.domain import cades, device, signing, statements
from signatures.domain.assess import assess
from signatures.domain.errors import Malformed, Refused, Unavailable
from signatures.domain.outside import InsideTransaction
from signatures.lab import clients
from signatures.lab.lab import Lab
from tests.signatures.domain.lab_documents import (
    AT,
    SEAL,
    SECOND,
    SOON,
    countersigned,
    issued,
    plain,
    policy,
    sealed,
    signer,
    stamper,
)


def embedded(data: bytes) -> list:
    return list(PdfFileReader(io.BytesIO(data)).embedded_signatures)


def verdict(data: bytes, at: datetime = SOON, **changes) -> str:
    return str(assess(data, kind="pdf", at=at, policy=policy(at, **changes)).verdict)


def prepared(**changes) -> signing.Prepared:
    given = {"field": SEAL, "at": AT, "certificate": signer().certificate, **changes}
    return signing.prepare(plain(), **given)


@pytest.mark.parametrize("level", signing.LEVELS)
def test_sealed_document_reaches_its_level(level):
    assessment = assess(sealed(level), kind="pdf", at=SOON, policy=policy(SOON))

    assert str(assessment.verdict) == "valid"
    assert assessment.signatures[0].level == level


@pytest.mark.parametrize("level", signing.LEVELS)
def test_second_signature_leaves_first_valid(level):
    assessment = assess(countersigned(level), kind="pdf", at=SOON, policy=policy(SOON))

    assert str(assessment.verdict) == "valid"
    assert [each.signer for each in assessment.signatures if each.kind == "signature"] == [
        "Centre",
        "Supervisor",
    ]


@pytest.mark.parametrize("key_type", ["ec", "rsa"])
def test_document_states_given_time_and_not_the_present(key_type):
    data = signing.seal_pdf(
        plain(), signer=signer("east", "Clock", key_type), at=AT, level="B-B", field=SEAL
    )

    assert embedded(data)[0].self_reported_timestamp == AT
    assert f"D:{datetime.now():%Y%m%d}".encode() not in data[len(plain()) :]


def test_visible_seal_is_put_into_its_box():
    from PIL import Image

    style = StaticStampStyle(
        background=PdfImage(Image.new("RGBA", (60, 60), (220, 0, 0, 255))),
        background_opacity=1.0,
        border_width=0,
    )
    data = signing.seal_pdf(
        plain(), signer=signer(), at=AT, level="B-B", field=SEAL, appearance=style
    )

    field = embedded(data)[0].sig_field
    assert [int(each) for each in field["/Rect"]] == list(SEAL.box)
    assert "/AP" in field
    assert verdict(data) == "valid"


def test_fields_are_created_by_name_before_anybody_signs():
    data = signing.create_fields(plain(), [SEAL, SECOND])

    names = {name for name, _, _ in fields.enumerate_sig_fields(PdfFileReader(io.BytesIO(data)))}
    assert names == {"Seal", "Supervisor"}


def test_two_steps_with_key_on_device_give_valid_document():
    waiting = prepared()

    signature = device.sign_pdf(waiting.data, signer())
    signed = signing.embed(waiting, signature, timestamper=stamper())
    extended = signing.extend(signed, timestamper=stamper(), policy=policy(), at=AT)

    assert [verdict(signed), verdict(extended)] == ["valid", "valid"]


def test_extending_again_renews_the_timestamp():
    later = AT + timedelta(days=300)

    data = signing.extend(
        sealed(), timestamper=stamper("east", later), policy=policy(later), at=later
    )

    assert len([each for each in embedded(data) if each.sig_object_type == "/DocTimeStamp"]) == 2
    assert verdict(data, later + timedelta(minutes=1)) == "valid"


def test_nothing_follows_the_last_timestamp():
    data = sealed()
    last = embedded(data)[-1].byte_range

    assert last[2] + last[3] == len(data)


def test_cosigner_whose_signing_fails_loses_nobody_elses_signature():
    before = sealed("B-LTA")
    broken = replace(policy(), timestamp_authorities=())

    with pytest.raises(Refused):
        signing.add_signature(
            before,
            signer=signer("west", "Supervisor"),
            field="Supervisor",
            at=SOON,
            timestamper=stamper(),
            policy=broken,
        )

    assert verdict(before) == "valid"


def test_field_without_appearance_shows_nothing():
    appearance = embedded(sealed("B-B"))[0].sig_field["/AP"]["/N"]

    assert b"Tj" not in appearance.data
    assert "/Font" not in appearance.get("/Resources", {})


@pytest.mark.parametrize("tool", ["pdfsig", "qpdf"])
def test_independent_tool_accepts_document(tool, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    path = tmp_path / "signed.pdf"
    path.write_bytes(countersigned())
    command = ["pdfsig", "-nocert", path] if tool == "pdfsig" else ["qpdf", "--check", path]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    if tool == "pdfsig":
        assert done.stdout.count("Signature is Valid.") == 2


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_level_without_timestamper_is_refused(level):
    with pytest.raises(Malformed) as caught:
        signing.seal_pdf(plain(), signer=signer(), at=AT, policy=policy(), level=level)

    assert caught.value.code == "no-timestamper"


def test_long_term_level_without_anchors_is_refused():
    with pytest.raises(Malformed) as caught:
        signing.seal_pdf(plain(), signer=signer(), at=AT, timestamper=stamper())

    assert caught.value.code == "no-policy"


def test_signer_of_unrecognised_authority_gets_no_long_term_evidence():
    with pytest.raises(Refused) as caught:
        signing.seal_pdf(
            plain(),
            signer=signer("west", "Stranger"),
            at=AT,
            timestamper=stamper("east"),
            policy=replace(policy(), signers=(issued("east").chain[-1],)),
        )

    assert caught.value.code == "not-recognised"


def test_revoked_signer_gets_no_long_term_evidence(tmp_path):
    own = Lab.create(tmp_path / "lab", now=AT)
    east = own.region("east")
    person = east.issue("Gone", organisation="Gone Ltd", credit_code="91110000600037341L")
    own.revoke(person.certificate, AT - timedelta(days=1))
    from signatures.domain.keys import Signer

    with pytest.raises(Refused):
        signing.seal_pdf(
            plain(),
            signer=Signer.from_key(person.key, person.certificate, person.chain),
            at=AT,
            timestamper=clients.timestamper(east, lambda: AT),
            policy=replace(
                policy(),
                signers=(east.root,),
                timestamp_authorities=(east.root,),
                fetcher=clients.fetcher_backend(own, lambda: AT),
            ),
        )


def test_long_term_evidence_without_revocation_data_is_unavailable():
    with pytest.raises(Unavailable):
        signing.seal_pdf(
            plain(), signer=signer(), at=AT, timestamper=stamper(), policy=policy(online=False)
        )


def test_new_field_in_signed_document_is_refused():
    with pytest.raises(Malformed) as caught:
        signing.prepare(sealed(), field="Third", at=SOON)

    assert caught.value.code == "no-field"


def test_signing_a_field_twice_is_refused():
    with pytest.raises(Malformed) as caught:
        signing.prepare(sealed(), field="Seal", at=SOON)

    assert caught.value.code == "field-taken"


def test_certifying_a_signed_document_is_refused():
    with pytest.raises(Malformed) as caught:
        signing.prepare(sealed("B-B", certify=False), field="Supervisor", at=SOON, certify=True)

    assert caught.value.code == "not-first"


def test_time_without_zone_is_refused():
    with pytest.raises(Malformed) as caught:
        prepared(at=datetime(2025, 10, 1))

    assert caught.value.code == "bad-time"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"hello", plain()[:200]])
def test_signing_something_that_is_no_pdf_is_refused(data):
    with pytest.raises(Malformed):
        signing.prepare(data, field=SEAL, at=AT)


def test_embedding_signature_over_other_bytes_is_refused():
    other = signing.prepare(plain("another"), field=SEAL, at=AT)

    with pytest.raises(Malformed) as caught:
        signing.embed(prepared(), device.sign_pdf(other.data, signer()))

    assert caught.value.code == "wrong-digest"


def test_embedding_signature_by_another_certificate_is_refused():
    waiting = prepared()

    with pytest.raises(Malformed) as caught:
        signing.embed(waiting, device.sign_pdf(waiting.data, signer("west", "Supervisor")))

    assert caught.value.code == "wrong-certificate"


def test_embedding_signature_with_signing_time_is_refused():
    waiting = prepared()
    room = device.find_room(waiting.data)
    signature = cades.sign_digest(
        device.digest(waiting.data, room, "sha256"), signer(), signing_time=AT
    )

    with pytest.raises(Malformed) as caught:
        signing.embed(waiting, signature)

    assert caught.value.code == "bad-signature"


def test_embedding_a_statement_signature_is_refused():
    data = statements.build("sunlit.login/1", origin="https://sunlit.test", at=AT)

    with pytest.raises(Malformed):
        signing.embed(prepared(), statements.sign(data, signer()))


@pytest.mark.parametrize("signature", [b"", b"\x30\x00", b"nonsense" * 100])
def test_embedding_garbage_is_refused(signature):
    with pytest.raises(Malformed):
        signing.embed(prepared(), signature)


def test_embedding_signature_that_outgrows_its_room_is_refused():
    waiting = prepared()
    info = cms.ContentInfo.load(device.sign_pdf(waiting.data, signer()))
    info["content"]["certificates"] = [
        *info["content"]["certificates"],
        *[issued("east", f"Extra {number}").certificate for number in range(30)],
    ]

    with pytest.raises(Malformed) as caught:
        signing.embed(waiting, info.dump(force=True))

    assert caught.value.code == "signature-too-large"


def test_device_refuses_document_without_room():
    for data in (plain(), sealed("B-B")):
        with pytest.raises(Malformed) as caught:
            device.sign_pdf(data, signer())
        assert caught.value.code == "no-room"


def test_device_refuses_room_that_leaves_out_other_bytes():
    waiting = prepared().data

    with pytest.raises(Malformed) as caught:
        device.sign_pdf(waiting + b"\n% more", signer())

    assert caught.value.code == "no-room"


def test_device_refuses_byte_range_that_skips_content():
    waiting = prepared().data
    room = device.find_room(waiting)
    old = f"{room.start:d}".encode()
    fake = waiting.replace(b"[0 " + old, b"[0 " + str(room.start - 9).zfill(len(old)).encode())

    with pytest.raises(Malformed):
        device.sign_pdf(fake, signer())


@pytest.mark.django_db(transaction=True)
def test_signing_inside_a_transaction_is_refused():
    with transaction.atomic(), pytest.raises(InsideTransaction):
        signing.prepare(plain(), field=SEAL, at=AT)


def test_timestamp_leaves_the_signers_own_bytes_as_they_came():
    waiting = prepared()
    signature = device.sign_pdf(waiting.data, signer())

    signed = signing.embed(waiting, signature, timestamper=stamper())

    inside = cms.ContentInfo.load(embedded(signed)[0].pkcs7_content)["content"]
    given = cms.ContentInfo.load(signature)["content"]
    assert inside["certificates"].dump() == given["certificates"].dump()
    assert (
        inside["signer_infos"][0]["signed_attrs"].dump()
        == given["signer_infos"][0]["signed_attrs"].dump()
    )
