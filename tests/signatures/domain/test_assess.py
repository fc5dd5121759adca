"""One assessment: what is valid, and the many ways in which something must not be."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import datetime, timedelta

import pikepdf
import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields

from signatures.domain import device, signing, statements, timestamps
from signatures.domain.assess import assess
from signatures.domain.assessment import Listing
from signatures.domain.errors import Malformed, Refused, Unavailable
from signatures.domain.keys import Signer
from signatures.domain.policy import Policy
from signatures.lab import clients
from signatures.lab.lab import Lab
from tests.signatures.domain.lab_documents import (
    AT,
    CODE,
    SEAL,
    SOON,
    countersigned,
    lab,
    plain,
    policy,
    sealed,
    signer,
    stamper,
)

STATEMENT = statements.build("sunlit.bid/1", origin="https://sunlit.test", at=AT, bid="b-1")


def judged(data: bytes, at: datetime = SOON, **changes):
    return assess(data, kind="pdf", at=at, policy=policy(at, **changes))


def verdict(data: bytes, at: datetime = SOON, **changes) -> str:
    return str(judged(data, at, **changes).verdict)


def statement_verdict(data: bytes, signature: bytes, at: datetime = SOON, **changes):
    return assess(data, kind="statement", at=at, policy=policy(at, **changes), signature=signature)


def root(region: str):
    return lab().region(region).root


def update(data: bytes, change) -> bytes:
    """The document with one more revision, as ``change`` makes it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


# --- what holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 30, 390])
@pytest.mark.parametrize("online", [True, False])
def test_long_term_document_stays_valid(days, online):
    assert verdict(countersigned(), AT + timedelta(days=days, minutes=1), online=online) == "valid"


def test_assessment_names_who_on_whose_word_and_when():
    report = judged(sealed()).signatures[0]

    assert report.signer == "Centre"
    assert report.organisation == "Centre Ltd"
    assert report.credit_code == CODE
    assert report.authority_sha256 == root("east").sha256.hex()
    assert (report.revocation.kind, report.revocation.at) == ("OCSP", SOON)
    assert (report.claimed_time, report.proven_time) == (AT, AT)
    assert (report.level, report.algorithm) == ("B-LTA", "ecdsa, sha256")


def test_assessment_says_what_first_signature_does_not_cover():
    reports = judged(countersigned()).signatures

    assert reports[0].not_covered == ("evidence that was added later", "field Supervisor")
    assert reports[-1].coverage == "the whole file"


def test_assessment_goes_through_json():
    value = judged(countersigned()).as_dict()

    assert json.loads(json.dumps(value)) == value
    assert value["sha256"] == hashlib.sha256(countersigned()).hexdigest()


def test_archived_document_without_newer_data_is_valid_with_a_warning():
    assessment = judged(sealed(), AT + timedelta(days=390), online=False)

    assert str(assessment.verdict) == "valid"
    assert "no newer revocation data" in assessment.warnings[0]


def test_signer_revoked_after_timestamp_stays_valid(tmp_path):
    own, data, now = revocable(tmp_path)
    own.revoke(own_certificate(data), AT + timedelta(days=2))

    assert str(now(AT + timedelta(days=5)).verdict) == "valid"


def test_statement_is_valid():
    assessment = statement_verdict(STATEMENT, statements.sign(STATEMENT, signer()))

    assert str(assessment.verdict) == "valid"
    assert assessment.signatures[0].revocation.kind == "OCSP"


def test_timestamp_token_is_valid():
    token = timestamps.obtain(hashlib.sha256(STATEMENT).digest(), stamper("east"))

    assessment = assess(STATEMENT, kind="timestamp", at=SOON, policy=policy(SOON), signature=token)

    assert str(assessment.verdict) == "valid"
    assert assessment.signatures[0].proven_time == AT


def test_listing_at_signature_time_is_named():
    def listed(anchor, role, at):
        return Listing(territory="CN-DY", version=3, service=f"{role} service")

    report = judged(sealed(), listed=listed).signatures[0]

    assert str(report.listing) == "CN-DY 3: signer service"


# --- who is not believed ------------------------------------------------------------------------


def test_signer_of_unrecognised_authority_is_indeterminate():
    assessment = judged(sealed(), signers=(root("west"),))

    assert str(assessment.verdict) == "indeterminate"
    assert assessment.signatures[0].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


def test_timestamp_of_unrecognised_region_is_indeterminate():
    assessment = judged(sealed(), timestamp_authorities=(root("east"),))

    assert str(assessment.verdict) == "indeterminate"
    assert [str(each.verdict) for each in assessment.signatures] == ["indeterminate"] * 2


def test_anchors_of_signers_do_not_count_for_timestamps():
    assert verdict(sealed(), timestamp_authorities=()) == "indeterminate"


def test_nobody_recognised_is_indeterminate():
    nobody = Policy(signers=(), timestamp_authorities=())

    assert str(assess(sealed(), kind="pdf", at=SOON, policy=nobody).verdict) == "indeterminate"


def test_service_that_no_list_granted_then_is_indeterminate():
    assessment = judged(sealed(), listed=lambda anchor, role, at: None)

    assert str(assessment.verdict) == "indeterminate"
    assert "No trust list recognised" in assessment.reasons[0]


def test_timestamp_unit_never_vouches_for_a_signer():
    unit = lab().region("east").tsa

    assert verdict(sealed("B-B"), signers=(unit,)) == "indeterminate"


def test_timestamp_unit_is_believed_as_itself():
    assert verdict(sealed(), timestamp_authorities=(lab().region("west").tsa,)) == "valid"


# --- when ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", signing.LEVELS)
def test_document_from_the_future_is_indeterminate(level):
    assessment = judged(sealed(level), AT - timedelta(hours=1))

    assert str(assessment.verdict) == "indeterminate"
    assert assessment.sub_indication == "TIMESTAMP_ORDER_FAILURE"


def test_statement_from_the_future_is_indeterminate():
    signature = statements.sign(STATEMENT, signer())

    assessment = statement_verdict(STATEMENT, signature, AT - timedelta(hours=1))

    assert assessment.sub_indication == "TIMESTAMP_ORDER_FAILURE"


@pytest.mark.parametrize("level", signing.LEVELS)
def test_document_after_all_certificates_expired_is_indeterminate(level):
    assert verdict(sealed(level), AT + timedelta(days=365 * 25), online=False) == "indeterminate"


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_short_term_document_offline_is_indeterminate(level):
    assert verdict(sealed(level), online=False) == "indeterminate"


def test_basic_document_offline_and_soft_is_valid_with_a_warning():
    assessment = judged(sealed("B-B"), online=False, revocation="soft")

    assert str(assessment.verdict) == "valid"
    assert "unknown" in assessment.warnings[0]


def revocable(tmp_path, level: signing.Level = "B-LTA"):
    """A lab of its own, a document sealed in it, and a judgement in it at a moment."""
    own = Lab.create(tmp_path / "lab", now=AT)
    east = own.region("east")
    one = east.issue("Gone", organisation="Gone Ltd", credit_code=CODE)

    def believing(at):
        return Policy(
            signers=(east.root,),
            timestamp_authorities=(east.root,),
            fetcher=clients.fetcher_backend(own, lambda: at),
        )

    data = signing.seal_pdf(
        plain(),
        signer=Signer.from_key(one.key, one.certificate, one.chain),
        at=AT,
        timestamper=clients.timestamper(east, lambda: AT),
        policy=believing(AT),
        level=level,
    )
    return own, data, lambda at: assess(data, kind="pdf", at=at, policy=believing(at))


def own_certificate(data: bytes):
    return PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0].signer_cert


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_signer_revoked_before_signing_is_not_valid(tmp_path, level):
    own, data, now = revocable(tmp_path, level)
    own.revoke(own_certificate(data), AT - timedelta(days=2))

    assessment = now(SOON)

    assert str(assessment.verdict) != "valid"
    assert assessment.sub_indication.startswith("REVOKED")


def test_basic_signer_revoked_later_is_not_valid(tmp_path):
    own, data, now = revocable(tmp_path, "B-B")
    own.revoke(own_certificate(data), AT + timedelta(days=2))

    assert now(AT + timedelta(days=5)).sub_indication == "REVOKED_NO_POE"


def test_revoked_timestamp_authority_is_not_valid(tmp_path):
    own, _, now = revocable(tmp_path)
    own.revoke(own.region("east").tsa, AT - timedelta(days=2))

    assert str(now(AT + timedelta(days=5)).verdict) != "valid"


# --- what was changed ---------------------------------------------------------------------------


def regions(data: bytes) -> dict[str, int]:
    """One position in every part of a signed document."""
    reader = PdfFileReader(io.BytesIO(data))
    signature, stamp = reader.embedded_signatures[0], reader.embedded_signatures[-1]
    start, end = signature.byte_range[1], signature.byte_range[2]
    return {
        "header": 6,
        "content": data.index(b"stream") + 12,
        "catalogue": data.index(b"/Catalog") + 2,
        "first cross-reference": data.index(b"xref") + 12,
        "signature dictionary": start - 60,
        "byte range": data.index(b"/ByteRange") + 14,
        "signature": start + 900,
        "after the signature": end + 20,
        "field": data.index(b"/Supervisor" if b"/Supervisor" in data else b"(Supervisor)") + 3,
        "timestamp": stamp.byte_range[1] + 900,
        "security store": data.index(b"/DSS") + 2,
        "last cross-reference": data.rindex(b"xref") + 4,
        "end": len(data) - 4,
    }


@pytest.mark.parametrize("place", sorted(regions(sealed())))
def test_changed_byte_anywhere_is_not_valid(place):
    data = bytearray(sealed())
    data[regions(sealed())[place]] ^= 0x01

    assert verdict(bytes(data)) != "valid"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_flipped_bits_are_never_valid(data):
    document = sealed()
    position = data.draw(st.integers(0, len(document) - 1))
    changed = bytearray(document)
    changed[position] ^= 1 << data.draw(st.integers(0, 7))

    assert verdict(bytes(changed)) != "valid"


@pytest.mark.parametrize("length", [1, 100, 2000, 20000, -1, -7])
def test_truncated_document_is_not_valid(length):
    assert verdict(sealed()[:length]) != "valid"


@pytest.mark.parametrize("level", signing.LEVELS)
def test_content_added_after_signing_is_invalid(level):
    def draw(writer):
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        stream = generic.StreamObject(stream_data=b"BT /F1 40 Tf 90 400 Td (forged) Tj ET")
        page[generic.pdf_name("/Contents")] = writer.add_object(stream)
        writer.update_container(page)

    assert verdict(update(sealed(level), draw)) == "invalid"


def test_page_added_after_signing_is_invalid():
    def add(writer):
        kids = writer.root["/Pages"]["/Kids"]
        kids.append(kids[0])
        writer.update_container(kids)

    assert verdict(update(sealed("B-B"), add)) == "invalid"


def test_annotation_added_after_signing_is_invalid():
    def annotate(writer):
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        note = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/Square"),
                generic.pdf_name("/Rect"): generic.ArrayObject(
                    [generic.NumberObject(each) for each in (0, 0, 600, 800)]
                ),
            }
        )
        annots = page["/Annots"]
        annots.append(writer.add_object(note))
        writer.update_container(annots)

    assert verdict(update(sealed("B-B", certify=False), annotate)) == "invalid"


@pytest.mark.parametrize("certify", [True, False])
def test_visible_field_added_after_signing_is_invalid(certify):
    def add(writer):
        fields.append_signature_field(
            writer, fields.SigFieldSpec("Late", on_page=0, box=(0, 0, 300, 300))
        )

    assert verdict(update(sealed("B-B", certify=certify), add)) == "invalid"


@pytest.mark.parametrize("certify", [True, False])
def test_signature_in_field_that_was_not_prepared_is_invalid(certify):
    first = sealed("B-B", certify=certify)

    def add(writer):
        fields.append_signature_field(
            writer, fields.SigFieldSpec("Late", on_page=0, box=(10, 10, 60, 60))
        )

    waiting = signing.prepare(update(first, add), field="Late", at=AT)
    data = signing.embed(waiting, device.sign_pdf(waiting.data, signer("west", "Late")))

    assert verdict(data) == "invalid"


def test_countersigned_document_with_bad_second_signature_is_not_valid():
    data = bytearray(countersigned("B-B"))
    last = PdfFileReader(io.BytesIO(bytes(data))).embedded_signatures[-1]
    position = int(last.byte_range[1]) + 1 + 2 * 700
    data[position : position + 2] = b"00" if data[position : position + 2] != b"00" else b"11"

    assert verdict(bytes(data)) != "valid"


@pytest.mark.parametrize("level", ["B-B", "B-LTA"])
@pytest.mark.parametrize("junk", [b"junk", b"\n% comment\n%%EOF\n", b"\x00" * 10])
def test_bytes_after_the_end_are_not_valid(level, junk):
    assert verdict(sealed(level) + junk) != "valid"


def test_trailer_repeated_after_junk_is_not_valid():
    data = sealed("B-B")
    tail = data[data.rindex(b"startxref") :]

    assert verdict(data + b"\n99 0 obj\n(forged)\nendobj\n" + tail) != "valid"


def test_document_without_its_last_revision_stays_within_its_level():
    # Cutting off the evidence leaves a shorter document that was signed just so.
    data = sealed()
    first = PdfFileReader(io.BytesIO(data)).embedded_signatures[0].byte_range
    cut = data[: int(first[2]) + int(first[3])]

    assert judged(cut).signatures[0].level == "B-T"


def test_rewritten_document_is_not_valid():
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed())) as document:
        document.save(output)

    assert verdict(output.getvalue()) != "valid"


def test_signature_moved_to_another_document_is_not_valid():
    here = signing.prepare(plain(), field=SEAL, at=AT)
    there = signing.prepare(plain("Another price 100"), field=SEAL, at=AT)
    room = device.find_room(there.data)
    signature = device.sign_pdf(here.data, signer()).hex().encode()
    data = bytearray(there.data)
    data[room.start + 1 : room.start + 1 + len(signature)] = signature

    assessment = judged(bytes(data))

    assert (str(assessment.verdict), assessment.sub_indication) == ("invalid", "HASH_FAILURE")


def forged(change) -> bytes:
    """A document whose signature ``change`` altered before it was put in."""
    waiting = signing.prepare(plain(), field=SEAL, at=AT)
    room = device.find_room(waiting.data)
    info = cms.ContentInfo.load(device.sign_pdf(waiting.data, signer()))
    one = info["content"]["signer_infos"][0]
    change(info["content"], one)
    info["content"]["signer_infos"] = [one]
    encoded = info.dump(force=True).hex().encode()
    data = bytearray(waiting.data)
    data[room.start + 1 : room.start + 1 + len(encoded)] = encoded
    return bytes(data)


def sign_again(one) -> None:
    one["signature"] = signer().sign_raw(one["signed_attrs"].untag().dump(force=True))


def test_signature_without_named_certificate_is_invalid():
    def strip(_, one):
        one["signed_attrs"] = [
            each for each in one["signed_attrs"] if each["type"].native != "signing_certificate_v2"
        ]
        sign_again(one)

    assert verdict(forged(strip)) == "invalid"


def test_signature_with_swapped_certificate_is_not_valid():
    other = signer("west", "Supervisor").certificate

    def swap(content, one):
        content["certificates"] = [other]
        one["sid"] = cms.SignerIdentifier(
            {
                "issuer_and_serial_number": {
                    "issuer": other.issuer,
                    "serial_number": other.serial_number,
                }
            }
        )

    assert verdict(forged(swap)) != "valid"


def test_signature_with_sha1_is_not_valid():
    def weaken(_, one):
        one["digest_algorithm"] = {"algorithm": "sha1"}
        one["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
        sign_again(one)

    assert verdict(forged(weaken)) != "valid"


def test_bytes_behind_signature_in_its_room_are_not_valid():
    waiting = signing.prepare(plain(), field=SEAL, at=AT)
    signed = bytearray(signing.embed(waiting, device.sign_pdf(waiting.data, signer())))
    room = device.find_room(waiting.data)
    signed[room.end - 20 : room.end - 10] = b"DEADBEEF00"

    assert verdict(bytes(signed)) != "valid"


# --- what is no signed document -----------------------------------------------------------------


def test_unsigned_document_is_indeterminate():
    assessment = judged(plain())

    assert str(assessment.verdict) == "indeterminate"
    assert assessment.sub_indication == "SIGNED_DATA_NOT_FOUND"


BOMB = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>endobj\n"
    b"3 0 obj<</FT/Sig/T(x)/V 3 0 R/Kids[3 0 R]>>endobj\n"
    b"trailer<</Root 1 0 R/Size 4/Prev 0>>\nstartxref\n0\n%%EOF"
)
HOSTILE = {
    "empty": b"",
    "header only": b"%PDF-1.7",
    "text": "招标公告".encode(),
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "zeros": b"\0" * 5000,
    "end only": b"%%EOF",
    "cycles": BOMB,
    "deep arrays": b"%PDF-1.7\n1 0 obj" + b"[" * 50_000 + b"\nstartxref\n9\n%%EOF",
    "deep dictionaries": b"%PDF-1.7\n1 0 obj" + b"<</A" * 50_000 + b"\nstartxref\n9\n%%EOF",
    "offset beyond": b"%PDF-1.7\nstartxref\n99999999999999999999\n%%EOF",
    "negative offset": b"%PDF-1.7\nstartxref\n-5\n%%EOF",
    "loop of sections": b"%PDF-1.7\nxref\n0 0\ntrailer<</Prev 9/Size 1>>\nstartxref\n9\n%%EOF",
    "huge table": b"%PDF-1.7\nxref\n0 999999999\ntrailer<</Size 1>>\nstartxref\n9\n%%EOF",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_file_is_indeterminate_with_a_reason(name):
    assessment = judged(HOSTILE[name])

    assert str(assessment.verdict) == "indeterminate"
    assert assessment.reasons
    assert "\n" not in assessment.reasons[0]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_indeterminate(data):
    assert verdict(b"%PDF-1.7\n" + data + b"\nstartxref\n9\n%%EOF") == "indeterminate"


def test_too_large_file_is_indeterminate():
    assert "at most 1000" in judged(sealed(), maximum_bytes=1000).reasons[0]


def test_encrypted_document_is_not_valid():
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain())) as document:
        document.save(output, encryption=pikepdf.Encryption(owner="o", user="u"))

    assert verdict(output.getvalue()) == "indeterminate"


def test_unknown_kind_is_refused():
    with pytest.raises(Malformed):
        assess(b"x", kind="letter", at=SOON, policy=policy())


# --- statements and timestamps ------------------------------------------------------------------


def test_statement_with_other_content_is_invalid():
    signature = statements.sign(STATEMENT, signer())

    assessment = statement_verdict(STATEMENT.replace(b"b-1", b"b-2"), signature)

    assert (str(assessment.verdict), assessment.sub_indication) == ("invalid", "HASH_FAILURE")


@pytest.mark.parametrize("signature", [b"", b"\x30\x03\x02\x01\x00", b"x" * 300])
def test_statement_with_garbage_for_a_signature_is_not_valid(signature):
    assert str(statement_verdict(STATEMENT, signature).verdict) != "valid"


def test_statement_without_signature_is_indeterminate():
    assert str(statement_verdict(STATEMENT, None).verdict) == "indeterminate"


def test_statement_by_unrecognised_signer_is_indeterminate():
    signature = statements.sign(STATEMENT, signer())

    assessment = statement_verdict(STATEMENT, signature, signers=(root("west"),))

    assert assessment.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


def test_statement_offline_is_indeterminate():
    signature = statements.sign(STATEMENT, signer())

    assert str(statement_verdict(STATEMENT, signature, online=False).verdict) == "indeterminate"


def test_statement_offline_with_revocation_data_at_hand_is_valid():
    east = lab().region("east")
    crls = tuple(east.crl(name, AT) for name in ("root", "issuing"))
    signature = statements.sign(STATEMENT, signer())

    assessment = statement_verdict(STATEMENT, signature, online=False, crls=crls)

    assert str(assessment.verdict) == "valid"
    assert assessment.signatures[0].revocation.kind == "CRL"


DIGEST = hashlib.sha256(b"checkpoint").digest()
TOKEN = timestamps.obtain(DIGEST, stamper("east"))


def test_verify_token_tells_what_it_proves():
    info = timestamps.verify_token(TOKEN, DIGEST, anchors=[root("east")], at=SOON, policy=policy())

    assert (info.at, info.digest, info.algorithm) == (AT, DIGEST, "sha256")
    assert info.certificate_sha256 == lab().region("east").tsa.sha256.hex()


def test_verify_token_passes_openssl(tmp_path):
    import shutil
    import subprocess

    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    from asn1crypto import pem

    (tmp_path / "token").write_bytes(TOKEN)
    (tmp_path / "root.pem").write_bytes(pem.armor("CERTIFICATE", root("east").dump()))

    done = subprocess.run(
        ["openssl", "ts", "-verify", "-digest", DIGEST.hex(), "-token_in"]
        + ["-in", tmp_path / "token", "-CAfile", tmp_path / "root.pem"]
        + ["-attime", str(int(AT.timestamp()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Verification: OK" in done.stdout + done.stderr, done.stderr


@pytest.mark.parametrize(
    ("token", "digest", "anchors", "at"),
    [
        (TOKEN, DIGEST, "west", SOON),
        (TOKEN, DIGEST, "nobody", SOON),
        (TOKEN, hashlib.sha256(b"other").digest(), "east", SOON),
        (TOKEN, b"", "east", SOON),
        (TOKEN, DIGEST, "east", AT - timedelta(hours=1)),
        (TOKEN, DIGEST, "east", AT + timedelta(days=365 * 25)),
        (TOKEN[:-1], DIGEST, "east", SOON),
        (TOKEN + b"\0", DIGEST, "east", SOON),
        (b"", DIGEST, "east", SOON),
        (statements.sign(STATEMENT, signer()), DIGEST, "east", SOON),
    ],
)
def test_verify_token_that_proves_nothing_is_refused(token, digest, anchors, at):
    believed = [] if anchors == "nobody" else [root(anchors)]

    with pytest.raises((Malformed, Refused)):
        timestamps.verify_token(token, digest, anchors=believed, at=at)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(TOKEN) - 1), st.integers(0, 7))
def test_flipped_bits_of_token_prove_nothing_else(position, bit):
    changed = bytearray(TOKEN)
    changed[position] ^= 1 << bit
    try:
        info = timestamps.verify_token(bytes(changed), DIGEST, anchors=[root("east")], at=SOON)
    except (Malformed, Refused):
        return
    assert (info.at, info.digest) == (AT, DIGEST)


def test_obtain_from_silent_authority_is_unavailable():
    class Silent(type(stamper())):
        async def async_request_tsa_response(self, req):
            raise OSError("connection refused")

    with pytest.raises(Unavailable):
        timestamps.obtain(DIGEST, Silent(lab().region("east"), lambda: AT))
