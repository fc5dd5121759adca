"""pyHanko with the lab: signing for the long term and judging, in process and over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import io
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import uvicorn
from asn1crypto import ocsp as asn1_ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    RevokedError,
)
from reportlab.pdfgen import canvas

from signatures.lab import clients
from signatures.lab.lab import Lab
from signatures.lab.server import MAX_REQUEST, LabApp
from tests.signatures.labs import CREATED, shared

DAY = timedelta(days=1)
CODE = "91330000MA27W1234X"


def context(lab: Lab, moment, *, backend=None, now=None, roots=None) -> ValidationContext:
    backend = backend or clients.fetcher_backend(lab, lambda: now or moment)
    return ValidationContext(
        trust_roots=roots or [region.root for region in lab.regions.values()],
        moment=moment,
        fetchers=backend.get_fetchers(),
        allow_fetching=True,
        revocation_mode="hard-fail",
    )


def judge(certificate, chain, validation_context):
    validator = CertificateValidator(
        certificate, intermediate_certs=chain, validation_context=validation_context
    )
    return asyncio.run(validator.async_validate_usage({"digital_signature"}))


def pdf() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=True)
    page.drawString(72, 720, "A record of the lab")
    page.save()
    return out.getvalue()


@pytest.fixture
def lab(tmp_path) -> Lab:
    return Lab.create(tmp_path / "lab", now=CREATED)


@pytest.fixture
def served(tmp_path) -> Iterator[Lab]:
    lab = Lab.create(tmp_path / "served", now=CREATED)
    listener = socket.create_server(("127.0.0.1", lab.port))
    server = uvicorn.Server(
        uvicorn.Config(LabApp(lab, lambda: CREATED), log_level="error", lifespan="on")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield lab
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.mark.parametrize("name", ["east", "west"])
def test_certificate_is_judged_good_in_process(lab, name):
    issued = lab.region(name).issue("王芳", person_id="P-1", usage="person")
    path = judge(issued.certificate, issued.chain[:1], context(lab, CREATED))
    assert path.trust_anchor.authority.certificate.dump() == issued.chain[1].dump()


def test_missing_issuer_is_fetched_from_its_address(lab):
    issued = lab.region("east").issue("王芳", person_id="P-1", usage="person")
    assert judge(issued.certificate, [], context(lab, CREATED)).pkix_len == 2


def test_revoked_certificate_is_judged_revoked_from_its_day_on(lab):
    issued = lab.region("west").issue("王芳", person_id="P-1", usage="person")
    lab.revoke(issued.certificate, CREATED + DAY, "key_compromise")
    judge(issued.certificate, issued.chain, context(lab, CREATED))
    with pytest.raises(RevokedError):
        judge(issued.certificate, issued.chain, context(lab, CREATED + 2 * DAY))


def test_answer_of_another_day_does_not_prove_anything(lab):
    issued = lab.region("west").issue("王芳", person_id="P-1", usage="person")
    stale = context(lab, CREATED + 30 * DAY, now=CREATED)
    with pytest.raises(InsufficientRevinfoError):
        judge(issued.certificate, issued.chain, stale)


def test_addresses_outside_the_lab_are_never_fetched(lab, tmp_path):
    other = Lab.create(tmp_path / "other", now=CREATED, port=lab.port + 1)
    issued = other.region("east").issue("王芳", person_id="P-1", usage="person")
    with pytest.raises(PathBuildingError):
        judge(issued.certificate, [], context(lab, CREATED))
    with pytest.raises(InsufficientRevinfoError):
        judge(
            issued.certificate,
            issued.chain,
            context(lab, CREATED, roots=[other.region("east").root]),
        )


@pytest.mark.parametrize("key_type", ["ec", "rsa"])
def test_pdf_is_signed_for_the_archive_in_the_past_and_verifies_there(lab, key_type):
    east, west = lab.region("east"), lab.region("west")
    issued = east.issue("公章", organisation="某公司", credit_code=CODE, key_type=key_type)
    moment = CREATED + DAY
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal",
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=context(lab, moment),
    )
    signed = signers.PdfSigner(
        metadata,
        signer=issued.signer(),
        # Each region's timestamp authority serves the other's tenderers.
        timestamper=clients.timestamper(west, lambda: moment),
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf())))
    [embedded] = [
        each for each in PdfFileReader(signed).embedded_signatures if each.sig_object_type == "/Sig"
    ]
    status = validate_pdf_signature(embedded, signer_validation_context=context(lab, moment))
    assert status.bottom_line
    assert status.timestamp_validity.timestamp == moment
    assert status.timestamp_validity.signing_cert.dump() == west.tsa.dump()


def test_everything_is_served_over_http(served):
    issued = served.region("east").issue("王芳", person_id="P-1", usage="person")
    backend = clients.fetcher_backend(None, lambda: CREATED)

    async def check():
        async with backend as fetchers:
            validation_context = ValidationContext(
                trust_roots=[served.region("east").root],
                moment=CREATED,
                fetchers=fetchers,
                allow_fetching=True,
                revocation_mode="hard-fail",
            )
            validator = CertificateValidator(
                issued.certificate, validation_context=validation_context
            )
            path = await validator.async_validate_usage({"digital_signature"})
        stamper = clients.http_timestamper(served.region("east").tsa_url)
        token = await stamper.async_timestamp(hashlib.sha256(b"x").digest(), "sha256")
        return path.pkix_len, token["content_type"].native

    assert asyncio.run(check()) == (2, "signed_data")


def reply(method: str, path: str, body: bytes = b"") -> httpx.Response:
    app = LabApp(shared(), lambda: CREATED)

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, content=body)

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("root.crl", "application/pkix-crl"),
        ("issuing.crl", "application/pkix-crl"),
        ("root.cer", "application/pkix-cert"),
        ("issuing.cer", "application/pkix-cert"),
        ("list.xml", "application/vnd.etsi.tsl+xml"),
    ],
)
def test_published_files_have_their_media_types(path, media_type):
    answer = reply("GET", f"/lab/west/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


def test_list_is_served_as_the_region_gives_it():
    region = shared().region("west")
    assert reply("GET", "/lab/west/list.xml").content == region.trust_list(CREATED)


def test_ocsp_is_served_by_get_too():
    # An OCSP request is answered; that this one asks for nothing shows in the answer.
    answer = reply("GET", "/lab/east/ocsp/MAA%3D")
    parsed = asn1_ocsp.OCSPResponse.load(answer.content)
    assert answer.headers["content-type"] == "application/ocsp-response"
    assert parsed["response_status"].native == "malformed_request"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/", b"", 404),
        ("GET", "/lab", b"", 404),
        ("GET", "/lab/north/root.cer", b"", 404),
        ("GET", "/lab/east/root.key", b"", 404),
        ("GET", "/lab/east/../lab.json", b"", 404),
        ("GET", "/lab/east/%2e%2e/lab.json", b"", 404),
        ("GET", "/lab/east/issued/issuing/1.cer", b"", 404),
        ("GET", "/lab/east/tsa", b"", 405),
        ("GET", "/lab/east/ocsp/!!!", b"", 400),
        ("POST", "/lab/east/list.xml", b"", 405),
        ("DELETE", "/lab/east/root.cer", b"", 405),
        ("POST", "/lab/east/ocsp", b"0" * (MAX_REQUEST + 1), 413),
        ("POST", "/lab/east/tsa", b"0" * (MAX_REQUEST + 1), 413),
    ],
)
def test_what_is_not_published_is_refused(method, path, body, status):
    answer = reply(method, path, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
