"""Nobody on the platform's side reads a bid that a person makes in a browser.

Three words that only the tenderer knows are typed or chosen at the page of its bid in Chromium: in
the technical document, as the project manager's name, and as the recovery kit's passphrase. With
the bid handed in and the browser still open they are searched for in database, storage, logs,
temporary files and the memory of every process. The same search finds decoys in each of these
places, all three words in the browser's memory, and what is opened after the opening.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, sync_playwright

from demo import canary, headless
from demo.canary import Found
from demo.run import Run
from demo.scenario import bidding
from tests.bidding import papers
from tests.browser.bid_site import Bidder
from tests.browser.bid_stage import BidStage
from tests.browser.conftest import CHROMIUM
from tests.browser.visitor import Visitor
from tests.faults import planted

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
MIB = 1024 * 1024
#: Bytes of the technical document: two requests, each too large for a server's memory.
SIZE = 9 * MIB


@dataclass(frozen=True)
class Words:
    """What only the tenderer knows: one word at random, and what it ends with in each place."""

    word: str = field(default_factory=planted.random_word)

    @property
    def document(self) -> str:
        return f"{self.word}Document"

    @property
    def manager(self) -> str:
        return f"{self.word}Manager"

    @property
    def passphrase(self) -> str:
        return f"{self.word}Passphrase"

    @property
    def needles(self) -> canary.Needles:
        """Any of them, in every form."""
        return canary.needles_of(self.word)

    @property
    def plain(self) -> canary.Needles:
        """Each of them, as text is kept."""
        return {
            getattr(self, name).encode(code): name
            for name in ("document", "manager", "passphrase")
            for code in ("utf-8", "utf-16-le")
        }


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run that takes bids, of which three are in; its processes' temporary files lie in it."""
    data = tmp_path / "data"
    scratch = data / "scratch"
    scratch.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as own:
        # The suite's database is not this platform's, which lies in its own folder.
        own.delenv("SUNLIT_DATABASE_URL", raising=False)
        before = tempfile.gettempdir()
        own.setenv("TMPDIR", str(scratch))
        with headless.running(data=data, out=tmp_path / "out") as run:
            own.setenv("TMPDIR", before)
            headless.play(run, until="published")
            bidding.prepare(run)
            bidding.begin(run)
            bidding.hand_in(run, run.tenderers[1:])
            yield run


@contextmanager
def chromium() -> Iterator[Browser]:
    """Without its own sandbox, whose processes nobody may look into."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def bidder_of(run: Run, browser: Browser) -> Bidder:
    """The first tenderer, signed in by password, at the page of its bid."""
    who = run.tenderers[0]
    actor = run[who]
    with closing(Visitor.open(browser, run.platform.origin, session=None, language="en")) as door:
        assert door.go("/sign-in/") == 200
        door.page.fill("#id_username", actor.username)
        door.page.fill("#id_password", actor.password_file.read_text())
        door.page.click("main form .btn")
        door.page.wait_for_url(f"{run.platform.origin}/")
        [session] = [each for each in door.context.cookies() if each["name"] == "sessionid"]
    stage = BidStage(
        project=run.summary["project"]["code"],
        lot=run.lot,
        sessions={who: session["value"]},
        certificates={who: str(actor.certificate_file)},
    )
    return Bidder(browser, run.platform.origin, stage, who, "en", kept=False)


def fill_in(bidder: Bidder, words: Words, folder: Path, password: str) -> None:
    """Everything up to the button that seals."""
    blocks = (planted.real_pdf(words.document), os.urandom(SIZE))
    document = papers.large(folder / "technical.pdf", blocks)
    qualification = papers.pdf(words.manager)
    bidder.choose(
        2, {"name": "q.pdf", "mimeType": "application/pdf", "buffer": qualification}
    )
    bidder.choose(3, document)
    bidder.write(duration_days="300", quality="合格", manager=words.manager, price="11386000.00")
    bidder.write_signing(password, words.passphrase)


def searched(run: Run, needles: canary.Needles) -> list[Found]:
    """All of the platform, and also whoever stands beside it: keeper, witness and lab."""
    children = run.platform.supervisor.children
    assert {*canary.PLATFORM, "keeper", "witness"} <= children.keys()
    assert all(child.alive() for child in children.values())
    processes = {name: child.pid for name, child in children.items() if child.pid is not None}
    try:
        return canary.search(run.platform.data, processes, needles)
    except canary.Unreadable as error:
        pytest.skip(str(error))


def in_the_browser(needles: canary.Needles) -> set[str]:
    """What of it stands in the memory of the browser's processes, which descend from this one."""
    found: set[str] = set()
    for pid in chromium_processes():
        try:
            found |= {each.form for each in canary.in_memory("browser", pid, needles)}
        except canary.Unreadable as error:
            pytest.skip(str(error))
    return found


def chromium_processes() -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            _name, _end, numbers = (entry / "stat").read_text().rpartition(")")
            parents[int(entry.name)] = int(numbers.split()[1])
        except FileNotFoundError:
            continue  # ended between the listing and the look
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return [pid for pid in family if b"chrom" in Path(f"/proc/{pid}/cmdline").read_bytes()[:200]]


def test_bid_from_chromium_is_found_nowhere_until_it_is_opened(run: Run, tmp_path: Path) -> None:
    words = Words()
    password = run[run.tenderers[0]].passphrase_file.read_text()
    with chromium() as browser, closing(bidder_of(run, browser)) as bidder:
        fill_in(bidder, words, tmp_path, password)
        assert in_the_browser(words.plain) == {"document", "manager", "passphrase"}
        bidder.page.click("[data-seal-form] button")
        bidder.confirmed(1)
        [bid] = bidder.mine()
        assert [each["state"] for each in bid["versions"]] == ["complete"]
        assert searched(run, words.needles) == []
        _decoys_are_found(run)
        # The browser is open all the while, and still has what was prepared.
        assert in_the_browser(words.plain) >= {"document", "manager"}

    run.facts[f"submission {run.tenderers[0]}"] = SimpleNamespace(
        bid=SimpleNamespace(bid=bid["bid"])
    )
    run.reached("bidding")
    headless.play(run, until="opened")
    found = {(each.form, each.place) for each in searched(run, words.plain)}
    assert found >= {("document", "storage"), ("manager", "storage"), ("manager", "database")}
    assert "passphrase" not in {form for form, _place in found}


def _decoys_are_found(run: Run) -> None:
    """The same search, by the same means, in each of the places where nothing was found."""
    large, scratch = planted.random_word(), planted.random_word()
    (run.platform.data / "scratch" / "decoy").write_text(scratch)
    web = run.platform.supervisor.children["web"].pid
    with planted.planted(run) as decoys, planted.held_by_the_server(run, large, more=4 * MIB):
        placed = {
            decoys.database: ("database", "a row of trading_project"),
            decoys.storage: ("storage", "store/"),
            decoys.logs: ("logs", "logs/web.log"),
            decoys.memory: ("memory", f"web ({web})"),
            large: ("storage", f"a nameless file of web ({web})"),
            scratch: ("storage", "scratch/decoy"),
        }
        found = searched(run, {decoy.encode(): decoy for decoy in placed})
    for decoy, (place, where) in placed.items():
        assert [
            each for each in found
            if (each.form, each.place) == (decoy, place) and each.where.startswith(where)
        ]
    # The newest row stands in the write-ahead log and nowhere else yet.
    assert Found("database", "sunlit.sqlite3-wal", decoys.database) in found
