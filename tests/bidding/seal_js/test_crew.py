"""Pass 1 shared by several workers in a real Chromium: the same leaves, and the same refusals."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from bidding.kit.body import BodyCipher, part_leaf
from tests.bidding.kit.cases import MIB, Bytes
from tests.bidding.kit.test_body import noise
from tests.bidding.seal_js.house import house
from tests.javascript import static

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
KEY, SALT, CONTEXT = bytes(range(32)), bytes(24), b"context"
PREAMBLE = b"preamble" * 211
#: Parts beyond those that one worker does alone, and an end within a block, a chunk and a part.
CONTENT = noise(41 * MIB + 12_345)

SCRIPT = """async ([preamble, change, stopAt, broken]) => {
  const root = "/static/bidding/js/seal";
  const { bodyKey } = await import(`${root}/body.js`);
  const { Crew } = await import(`${root}/crew.js`);
  const { Stopped } = await import(`${root}/errors.js`);
  const { hex } = await import(`${root}/bytes.js`);
  const { Plaintext, describe } = await import(`${root}/plaintext.js`);
  let helped = 0;
  let ended = 0;
  const Known = window.Worker;
  window.Worker = class extends Known {
    constructor(url, options) {
      super(broken ? new URL("/nowhere.js", location.href) : url, options);
      this.addEventListener("message", ({ data }) => { if (data.part) helped += 1; });
    }
    terminate() {
      ended += 1;
      super.terminate();
    }
  };
  const raw = Uint8Array.from({ length: 32 }, (_, i) => i);
  const secret = { key: await bodyKey(raw), salt: new Uint8Array(24) };
  const [blob] = document.getElementById("files").files;
  const file = await describe({ name: "offer.pdf", type: "application/pdf", blob });
  if (change !== null) {
    const data = new Uint8Array(await blob.arrayBuffer());
    data[change] ^= 1;
    file.blob = new Blob([data]);
  }
  const start = new TextEncoder().encode(preamble);
  const crew = new Crew(blob.size);
  let done = 0;
  const progress = async (bytes) => {
    // Whoever loads last has a share, too.
    while (stopAt === null && change === null && !broken && helped === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    done += bytes;
    if (stopAt !== null && done > stopAt) throw new Stopped();
  };
  const context = new TextEncoder().encode("context");
  try {
    const source = new Plaintext(start, [file]);
    const leaves = await crew.leaves(secret, context, source, progress);
    return { leaves: leaves.map(hex), done, helped, size: source.size };
  } catch ({ name, code, fault }) {
    return { error: { name, code, fault } };
  } finally {
    crew.close();
    if (ended < 1) throw new Error("No worker was ended.");
  }
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with house(static(tmp_path_factory.mktemp("static"))) as found:
        yield found.origin


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def crew(browser, address, tmp_path):
    page = browser.new_page()
    # A device with several cores, whatever this one has.
    page.add_init_script("Object.defineProperty(navigator, 'hardwareConcurrency', { value: 3 })")
    page.goto(address)
    path: Path = tmp_path / "offer.pdf"
    path.write_bytes(CONTENT)
    page.set_input_files("#files", path)

    def run(*, change: int | None = None, stop_at: int | None = None, broken: bool = False):
        return page.evaluate(SCRIPT, [PREAMBLE.decode(), change, stop_at, broken])

    yield run
    page.close()


def expected(size: int) -> list[str]:
    plain = (PREAMBLE + CONTENT).ljust(size, b"\0")
    return [part_leaf(part).hex() for part in BodyCipher(KEY, SALT, CONTEXT).parts(Bytes(plain))]


def test_leaves_of_a_crew_are_the_kit_s(crew):
    made = crew()
    assert made["leaves"] == expected(made["size"])
    assert 0 < made["helped"] < len(made["leaves"])
    assert made["done"] > len(CONTENT)


def test_crew_whose_workers_do_not_load_does_it_alone(crew):
    made = crew(broken=True)
    assert made["leaves"] == expected(made["size"])
    assert made["helped"] == 0


@pytest.mark.parametrize("change", [0, 20 * MIB, 41 * MIB, len(CONTENT) - 1])
def test_file_that_changed_is_noticed_by_whoever_reads_it(crew, change):
    assert crew(change=change)["error"] == {
        "name": "EnvelopeError", "code": "content-changed", "fault": "tenderer",
    }  # fmt: skip


def test_what_progress_throws_ends_the_work(crew):
    assert crew(stop_at=3 * MIB)["error"]["code"] == "stopped"
