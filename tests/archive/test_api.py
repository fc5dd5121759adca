"""Packages over HTTP, and the register's page."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from archive.domain import acts, layout, shipping
from archive.interfaces import building
from archive.models import ArchivePackage
from signatures import store
from signatures.domain import checkpoints, clock, log
from tests.trading.api.calls import Program, problem, unchanged
from trading.domain import tokens

pytestmark = pytest.mark.django_db


def path(house, tail: str = "") -> str:
    return f"/lots/{house.lot.pk}/package{tail}"


def file(house) -> ArchivePackage:
    return building.build_and_file(
        house.lot.pk, asker=house.archivist.pk, after=house.request()
    )


def fetch(house, person) -> tuple[int, dict, bytes]:
    """A download as a server gives it: asynchronously."""

    async def ask():
        answer = await AsyncClient().get(
            address,
            headers={"authorization": f"Bearer {token}"} if token else {},
        )
        if not answer.streaming:
            return answer.status_code, dict(answer.headers), answer.content
        parts = [part async for part in answer.streaming_content]
        return answer.status_code, dict(answer.headers), b"".join(parts)

    address = f"/api/v1{path(house, '/download')}"
    token = tokens.issue(person).text if person is not None else ""
    return asyncio.run(ask())


def test_lot_without_a_package_is_not_found(small) -> None:
    unchanged(lambda: Program().get(path(small)), 404, "no-package")


def test_archivist_asks_once_with_one_key(small) -> None:
    program = Program(small.archivist)
    first = program.post(path(small), Idempotency_Key="a")
    assert first.status_code == 202
    body = first.json()
    assert {name: body[name] for name in ("code", "version")} == {
        "code": "GC-2025-0001-01", "version": 1,
    }  # fmt: skip
    size = log.size()
    assert program.post(path(small), Idempotency_Key="a").json() == body
    assert log.size() == size


def test_others_may_not_ask(small) -> None:
    base = small.floor
    unchanged(lambda: Program().post(path(small)), 401, "sign-in-first")
    for person in (base.buyer, base.bidder, base.supervisor, base.operator):
        unchanged(lambda person=person: Program(person).post(path(small)), 403, "wrong-role")


def test_register_is_public(small) -> None:
    row = file(small)
    body = Program().get(path(small)).json()
    assert body["digest"] == row.digest
    assert body["leaf"] == acts.package_of(small.lot.pk).leaf
    assert (body["name"], body["size"]) == (row.name, row.size)
    script = layout.load(row.layout).item("verify/verify.py")
    assert body["verifier"] == script.sha256
    unchanged(lambda: Program(small.archivist).post(path(small)), 409, "filed-already")


@pytest.mark.django_db(transaction=True)
def test_download_is_the_package(small, tmp_path: Path) -> None:
    row = file(small)
    for person in (small.archivist, small.floor.supervisor):
        status, headers, data = fetch(small, person)
        assert (status, headers["Content-Type"]) == (200, "application/zip")
        assert int(headers["Content-Length"]) == len(data)
        assert headers["Content-Disposition"] == f'attachment; filename="{row.name}.zip"'
        assert headers["X-Package-Digest"] == row.digest
    assert data == b"".join(shipping.zip_stream(layout.load(row.layout)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify/verify.py", "--expect", row.digest],
        cwd=tmp_path / row.name, env={}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0


@pytest.mark.django_db(transaction=True)
def test_download_is_refused_to_others(small) -> None:
    file(small)
    base = small.floor
    assert fetch(small, None)[0] == 401
    for person in (base.buyer, base.bidder, base.operator):
        status, headers, data = fetch(small, person)
        assert (status, headers["Content-Type"]) == (403, "application/problem+json")
        assert b"PK" not in data


def test_download_of_a_damaged_package_is_told(small) -> None:
    row = file(small)
    store.path(row.index_digest).unlink()
    problem(Program(small.archivist).get(path(small, "/download")), 503, "damaged-file")


def test_page_of_the_register_shows_digest_and_entry(small) -> None:
    row = file(small)
    checkpoints.make(clock.platform)
    address = reverse("package", args=[row.code])
    assert address == "/packages/GC-2025-0001-01/"
    for language in ("zh-hans", "en"):
        answer = Client(headers={"accept-language": language}).get(address)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert row.digest in text
        leaf = acts.package_of(small.lot.pk).leaf
        assert reverse("ledger-entry", args=[leaf]) in text


def test_page_of_an_unknown_code_is_not_found() -> None:
    assert Client().get("/packages/GC-2025-9999-01/").status_code == 404


def test_index_volume_names_the_page(small) -> None:
    row = file(small)
    index = layout.load(row.layout).item("data/index.pdf")
    data = b"".join(index.chunks())
    assert hashlib.sha256(data).hexdigest() == row.index_digest
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert f"/packages/{row.code}/" in text
