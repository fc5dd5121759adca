"""The sealing worker in a real Chromium: seal, upload, trouble on the way, going on another day."""

from __future__ import annotations

import base64
import io
import random
import shutil
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from bidding.kit.bid import BidStatement
from bidding.kit.body import PART_SIZE
from bidding.kit.envelope import open_envelope
from bidding.kit.recovery import RecoveryKit
from bidding.kit.wraps import Head
from signatures.domain import jcs, statements
from tests.bidding.kit import world
from tests.bidding.kit.cases import MIB, POLICY, unwrapped
from tests.bidding.seal_js.conftest import PASSWORD, key_file
from tests.bidding.seal_js.house import house
from tests.javascript import static

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
OFFER = random.Random(4).randbytes(MIB + 5)
#: More than the 8 MiB that the first request carries.
LARGE = random.Random(5).randbytes(9 * MIB)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return static(tmp_path_factory.mktemp("static"))


@pytest.fixture
def place(root):
    with house(root) as found:
        yield found


@pytest.fixture
def person(browser, place, tmp_path):
    context = browser.new_context()
    yield Person(context, place, tmp_path)
    context.close()


class Person:
    """A tenderer at one browser."""

    def __init__(self, context, place, folder: Path) -> None:
        self.context, self.place, self.folder = context, place, folder
        self.bid = str(uuid.uuid4())
        (folder / "offer.pdf").write_bytes(OFFER)
        (folder / "price.pdf").write_bytes(b"the price is 1")
        self.paths = [folder / "offer.pdf", folder / "price.pdf"]
        self.visit()

    def offer(self, data: bytes) -> None:
        """Choose another offer."""
        self.paths[0].write_bytes(data)
        self.page.set_input_files("#files", self.paths)

    def visit(self) -> None:
        """The page, opened anew, with the files chosen."""
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda each: self.faults.append(each.text))
        self.page.on("pageerror", lambda each: self.faults.append(str(each)))
        self.page.goto(self.place.origin)
        self.page.wait_for_function("window.ready")
        self.page.set_input_files("#files", self.paths)

    def run(self, command: str, **argument):
        return self.page.evaluate("([c, a]) => run(c, a)", [command, argument])

    def seal(self, **changes):
        return self.run(
            "seal",
            **{
                "policy": base64.b64encode(POLICY.encode()).decode(),
                "rehearsal": False,
                "origin": world.ORIGIN,
                "documents": [[1, ["offer.pdf"]], [4, ["price.pdf"]]],
                "keyFile": base64.b64encode(key_file()).decode(),
                "password": PASSWORD,
                "bid": self.bid,
                "version": 1,
                "at": jcs.timestamp(world.T0),
                **changes,
            },
        )

    def sealed(self):
        answer = self.seal()
        assert "value" in answer, (answer, self.faults)
        return answer["value"]

    def addresses(self, made) -> list[dict]:
        statement = BidStatement.parse(base64.b64decode(made["statement"]))
        return [
            {"slot": each.slot, "url": self.place.expect(f"{self.bid}-{each.slot}", each.size)}
            for each in statement.envelopes
        ]

    def opened(self, made, slot: int) -> bytes:
        """The one file of a slot, opened by the kit from what the house took."""
        statement = BidStatement.parse(base64.b64decode(made["statement"]), origin=world.ORIGIN)
        given = next(each for each in made["envelopes"] if each["slot"] == slot)
        head = Head.parse(base64.b64decode(given["head"]))
        (self.folder / "quarantine").mkdir(exist_ok=True)
        opened = open_envelope(
            head,
            io.BytesIO(bytes(self.place.uploads[f"{self.bid}-{slot}"])),
            statement.commitment(slot),
            unwrapped(head),
            origin=world.ORIGIN,
            quarantine=self.folder / "quarantine",
            destination=self.folder / f"opened-{uuid.uuid4()}",
        )
        return opened.files[0][1].read_bytes()


def test_worker_seals_and_uploads_under_the_pages_security_policy(person, tmp_path):
    made = person.sealed()
    signature = base64.b64decode(made["signature"])
    statements.check_signature(base64.b64decode(made["statement"]), signature)
    assert person.run("verify", bid=person.bid) == {"value": None}
    assert person.run("upload", bid=person.bid, uploads=person.addresses(made)) == {"value": None}
    assert person.opened(made, 1) == OFFER
    assert person.opened(made, 4) == b"the price is 1"
    progress = person.page.evaluate("progress")
    assert [*dict.fromkeys(each["phase"] for each in progress)] == [
        "hash", "encrypt", "verify", "upload",
    ]  # fmt: skip
    for phase in ("hash", "encrypt", "verify", "upload"):
        last = [each for each in progress if each["phase"] == phase][-1]
        assert last["done"] == last["total"]
    kit = base64.b64decode(
        person.run("recoveryKit", bid=person.bid, passphrase=world.PASSPHRASE)["value"]
    )
    (tmp_path / "kit.json").write_bytes(kit)
    head = Head.parse(base64.b64decode(made["envelopes"][0]["head"]))
    assert RecoveryKit.load(tmp_path / "kit.json", world.PASSPHRASE).share_for(head).index == 5
    assert person.faults == []


def test_worker_upload_goes_on_through_every_kind_of_trouble(person, place):
    made = person.sealed()
    place.troubles += [460, 503, 0, 507, 409, 500]
    answer = person.run("upload", bid=person.bid, uploads=person.addresses(made))
    assert answer == {"value": None}
    assert person.opened(made, 1) == OFFER


@pytest.mark.parametrize(("status", "code"), [(507, "platform-full"), (503, "bad-answer")])
def test_worker_upload_gives_up_when_patience_ends(person, place, status, code):
    made = person.sealed()
    place.troubles += [status] * 100
    answer = person.run("upload", bid=person.bid, uploads=person.addresses(made), patience=500)
    assert answer["error"]["code"] == code


def test_worker_upload_of_a_version_that_is_gone_says_so(person, place):
    person.sealed()
    uploads = [{"slot": 1, "url": "/uploads/nowhere"}]
    answer = person.run("upload", bid=person.bid, uploads=uploads)
    assert answer["error"]["code"] == "upload-gone"


def test_worker_upload_of_another_length_sends_nothing(person, place):
    person.sealed()
    uploads = [{"slot": 1, "url": place.expect("short", 5)}]
    assert person.run("upload", bid=person.bid, uploads=uploads)["error"]["code"] == "wrong-length"
    assert place.patches == 0


def test_worker_goes_on_in_another_page_from_where_the_platform_stands(person, place):
    person.offer(LARGE)
    made = person.sealed()
    place.stop_after = 1
    uploads = person.addresses(made)
    stopped = person.run("upload", bid=person.bid, uploads=uploads, patience=300)
    assert stopped["error"]["code"] == "bad-answer"
    taken = len(place.uploads[f"{person.bid}-1"])
    assert taken == 8 * PART_SIZE
    person.page.close()
    place.stop_after, place.patches = None, 0
    place.troubles.clear()
    person.visit()
    documents = [[1, ["offer.pdf"]], [4, ["price.pdf"]]]
    again = person.run("restore", bid=person.bid, documents=documents)["value"]
    assert again["envelopes"] == made["envelopes"]
    assert person.run("upload", bid=person.bid, uploads=uploads) == {"value": None}
    assert place.patches == 2
    assert person.opened(made, 1) == LARGE


def test_worker_changed_file_is_found_before_its_part_is_sent(person, place):
    person.offer(LARGE)
    made = person.sealed()
    changed = bytearray(LARGE)
    changed[-1] ^= 1
    (person.folder / "offer.pdf").write_bytes(changed)
    person.page.close()
    person.visit()
    person.run("restore", bid=person.bid, documents=[[1, ["offer.pdf"]], [4, ["price.pdf"]]])
    answer = person.run("upload", bid=person.bid, uploads=person.addresses(made))
    assert answer["error"]["code"] == "content-changed"
    assert len(place.uploads[f"{person.bid}-1"]) == 8 * PART_SIZE
    assert person.run("verify", bid=person.bid)["error"]["code"] == "content-changed"


def test_worker_restore_names_the_file_that_is_missing(person):
    person.sealed()
    answer = person.run("restore", bid=person.bid, documents=[[1, ["price.pdf"]], [4, []]])
    assert answer["error"]["code"] == "files-differ"
    assert "offer.pdf" in answer["error"]["message"]


def test_worker_forgotten_or_unknown_bid_is_said(person):
    person.sealed()
    assert person.run("forget", bid=person.bid) == {"value": None}
    for command in ("verify", "upload", "restore"):
        answer = person.run(command, bid=person.bid, uploads=[], documents=[])
        assert answer["error"]["code"] == "unknown-bid"
    answer = person.run("recoveryKit", bid=person.bid, passphrase=world.PASSPHRASE)
    assert answer["error"]["code"] == "no-kit"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, "wrong-password"),
        ({"keyFile": "AAAA"}, "not-pkcs12"),
        ({"rehearsal": True}, "wrong-policy"),
        ({"origin": "https://elsewhere.test"}, "wrong-origin"),
        ({"documents": [[1, ["offer.pdf"]]]}, "malformed"),
        ({"version": 0}, "bad-header"),
    ],
)
def test_worker_refusals_have_a_code_and_seal_nothing(person, change, code):
    assert person.seal(**change)["error"]["code"] == code
    answer = person.run("verify", bid=person.bid)
    assert answer["error"]["code"] == "unknown-bid"


def test_worker_pause_holds_the_upload_and_resume_lets_it_end(person, place):
    made = person.sealed()
    person.run("pause")
    uploads = person.addresses(made)
    person.page.evaluate(
        "(a) => { window.outcome = run('upload', a) }", {"bid": person.bid, "uploads": uploads}
    )
    assert person.run("nothing")["error"]["code"] == "malformed"
    assert place.patches == 0
    person.run("resume")
    assert person.page.evaluate("outcome") == {"value": None}
    assert person.opened(made, 1) == OFFER


def test_worker_stop_ends_what_is_under_way_and_it_can_be_begun_again(person, place):
    made = person.sealed()
    person.run("pause")
    uploads = person.addresses(made)
    person.page.evaluate(
        "(a) => { window.outcome = run('upload', a) }", {"bid": person.bid, "uploads": uploads}
    )
    person.run("stop")
    assert person.page.evaluate("outcome")["error"]["code"] == "stopped"
    assert place.patches == 0
    assert person.run("upload", bid=person.bid, uploads=uploads) == {"value": None}


def test_worker_second_tab_is_sent_to_the_first(person, place):
    made = person.sealed()
    person.run("pause")
    uploads = person.addresses(made)
    person.page.evaluate(
        "(a) => { window.outcome = run('upload', a) }", {"bid": person.bid, "uploads": uploads}
    )
    first = person.page
    person.visit()
    person.run("restore", bid=person.bid, documents=[[1, ["offer.pdf"]], [4, ["price.pdf"]]])
    answer = person.run("upload", bid=person.bid, uploads=uploads)
    assert answer["error"]["code"] == "other-tab"
    first.evaluate("run('resume')")
    assert first.evaluate("outcome") == {"value": None}
