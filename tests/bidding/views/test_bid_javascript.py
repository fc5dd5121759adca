"""The bid page's modules under node: their own tests, and capitals beside the platform's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.domain import contents
from signatures.domain import jcs
from tests.javascript import NODE, Node, requires_node, static
from trading.interfaces import money

pytestmark = requires_node
SUITE = Path(__file__).with_name("bid.test.js")
RUNNER = """
export default async (root) => {
  const { capitals, grouped, readPrice } = await import(`${root}/bidding/js/bid_money.js`);
  const { priceBytes } = await import(`${root}/bidding/js/bid_sheet.js`);
  const text = (bytes) => new TextDecoder().decode(bytes);
  return {
    written: (value) => [capitals(value), grouped(value), readPrice(grouped(value)).value],
    price: (typed) => {
      const { value } = readPrice(typed);
      return value === undefined ? null : text(priceBytes({ price: value }));
    },
  };
};
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return static(tmp_path_factory.mktemp("static"))


@pytest.fixture(scope="module")
def page(root):
    runner = root / "runner.mjs"
    runner.write_text(RUNNER, encoding="utf-8")
    node = Node(runner, root)
    yield node
    node.close()


def test_modules_pass_their_own_tests(root):
    shutil.copy(SUITE, root / SUITE.name)
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", SUITE.name],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    report = done.stdout + done.stderr
    assert re.findall(r"^not ok .*", report, flags=re.M) == [], report
    written = len(re.findall(r"^test\(", SUITE.read_text(encoding="utf-8"), flags=re.M))
    assert re.findall(r"^# pass (\d+)", report, flags=re.M) == [str(written)], report[-2000:]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.integers(1, 10**17 - 1),
        # Many zeros, where capitals are easily got wrong.
        st.builds(lambda a, n: a * 10**n, st.integers(1, 1001), st.integers(0, 14)),
    ).filter(lambda fen: fen < 10**17)
)
def test_capitals_and_figures_are_the_platform_s_own(page, fen):
    amount = Decimal(fen) / 100
    value = f"{amount:.2f}"
    assert page.call("written", value) == [money.capitals(amount), money.grouped(amount), value]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,-+eE ¥元０１．", max_size=20))
def test_a_price_is_refused_or_the_platform_reads_it(page, typed):
    found = page.call("price", typed)
    if found is not None:
        value = jcs.loads(found.encode(), canonical=True)
        assert contents._price(value) == json.loads(found)
