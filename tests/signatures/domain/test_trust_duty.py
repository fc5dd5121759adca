"""Lists are looked at by official time, fetched within bounds, and explained from the shell."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from asn1crypto import pem
from django.core.management import CommandError, call_command

from signatures.domain import services, trust_duty, trust_store
from signatures.domain.act import Actor
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Unavailable
from signatures.domain.tsl_shape import MAX_BYTES
from signatures.lab.lab import Lab
from signatures.models import AcceptedTrustList, ListSigner
from tests.signatures.domain.lists import DAY, NOW

FOUNDER = Actor.process("founder")
CODE = "91330000MA27W1234X"


@pytest.fixture
def lab(tmp_path, settings) -> Iterator[Lab]:
    settings.LAB = tmp_path / "lab"
    services._open.cache_clear()
    trust_duty._looked.clear()
    trust_duty._failed.clear()
    yield Lab.create(settings.LAB, now=NOW)
    services._open.cache_clear()


def versions() -> list[tuple[str, int]]:
    rows = AcceptedTrustList.objects.order_by("territory", "sequence")
    return list(rows.values_list("territory", "sequence"))


@pytest.mark.django_db
def test_believing_the_lab_twice_is_once(lab):
    for _ in range(2):
        trust_duty.believe_lab(lab, actor=FOUNDER, clock=FixedClock(NOW))
    assert ListSigner.objects.count() == 2
    assert versions() == [("CN-DY", 1), ("CN-XC", 1)]
    assert len(trust_store.recognition(now=NOW).lists) == 2


@pytest.mark.django_db
def test_lists_are_renewed_as_official_time_passes(lab):
    trust_duty.believe_lab(lab, actor=FOUNDER, clock=FixedClock(NOW))
    for day in (1, 1.5, 100, 130, 251):
        trust_duty.look(FixedClock(NOW + day * DAY))
    assert versions() == [
        ("CN-DY", 1),
        ("CN-DY", 2),
        ("CN-DY", 3),
        ("CN-XC", 1),
        ("CN-XC", 2),
        ("CN-XC", 3),
    ]
    assert len(trust_store.recognition(now=NOW + 260 * DAY).lists) == 2


@pytest.mark.django_db
def test_one_territory_that_fails_does_not_stop_the_other(lab, caplog):
    trust_duty.believe_lab(lab, actor=FOUNDER, clock=FixedClock(NOW))
    for path in (lab.folder / "east").glob("list.*"):
        path.unlink()
    later = NOW + 130 * DAY
    trust_duty.refresh(FixedClock(later))
    assert versions() == [("CN-DY", 1), ("CN-XC", 1), ("CN-XC", 2)]
    assert "The trust list of CN-DY was not taken in" in caplog.text
    assert len(trust_store.recognition(now=later).lists) == 2


class Publisher(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/list")
            self.end_headers()
            return
        self.send_response(200 if self.path != "/gone" else 404)
        self.end_headers()
        size = MAX_BYTES + 1 if self.path == "/huge" else 10
        try:
            self.wfile.write(b"x" * size)
        except OSError:
            pass  # The reader had enough.

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def published() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_list_is_fetched(published):
    assert trust_duty.fetch(f"{published}/list") == b"x" * 10


@pytest.mark.parametrize("path", ["/gone", "/huge", "/moved"])
def test_fetch_keeps_its_bounds(published, path):
    with pytest.raises(Unavailable):
        trust_duty.fetch(published + path)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/", "file:///etc/hostname", "", "http://["]
)
def test_fetch_refuses_what_it_cannot_reach(location):
    with pytest.raises(Unavailable):
        trust_duty.fetch(location)


@pytest.mark.django_db
def test_why_is_answered_from_the_shell(lab, tmp_path, capsys):
    from signatures.domain import clock

    official = FixedClock(clock.now())
    trust_duty.believe_lab(lab, actor=FOUNDER, clock=official)
    issued = lab.region("west").issue("公章", organisation="某公司", credit_code=CODE)
    path = tmp_path / "seal.pem"
    path.write_bytes(pem.armor("CERTIFICATE", issued.certificate.dump()))
    call_command("why", str(path), "--json")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["recognised"], answer["territory"]) == (True, "CN-XC")
    with pytest.raises(SystemExit) as caught:
        call_command("why", str(path), "--timestamp")
    assert caught.value.code == 1
    assert capsys.readouterr().out.startswith("The certificate is not recognised.")


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN X-----\n", None])
def test_why_refuses_what_is_no_certificate_in_one_line(tmp_path, content):
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        call_command("why", str(path))
    assert "file.pem" in str(caught.value)
    assert "\n" not in str(caught.value)
