"""Every variant from notice to archive; and a category of one file that the house never knew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from demo import side_by_side, variants
from demo.headless import running
from tests.bidding.server import ROOT

#: 农村土地经营权流转: village land is leased; the village sees the result before the contract.
RURAL = '''
name = "rural-lease"
version = "2026.1"
based_on = "land-tender"
category = "rural"
effective = 2021-03-01
code_prefix = "NT"

[sources.RL]
zh-hans = "农村土地经营权流转管理办法（农业农村部令2021年第1号）"
en = "Measures for the Circulation of Rural Land Management Rights (2021)"

[[stages]]
name = "REGISTERED"
[[stages]]
name = "NOTICE"
[[stages]]
name = "DOCUMENTS"
[[stages]]
name = "BIDDING"
[[stages]]
name = "OPENING"
[[stages]]
name = "EVALUATION"
[[stages]]
name = "CANDIDATES"
[[stages]]
name = "AWARD"
[[stages]]
name = "VILLAGE"
[[stages]]
name = "CONTRACT"
[[stages]]
name = "PERFORMANCE"
[[stages]]
name = "ARCHIVED"
state = "archived"

[[dates]]
name = "village"
after = "award"
count = 1
unit = "working-days"
[[dates]]
name = "village-until"
rule = "village-on-show"

[[days]]
name = "notice-to-start"
least = 10
article = "RL 9"
[[days]]
name = "village-on-show"
from = "village"
to = "village-until"
least = 7
unit = "days"
article = "RL 14"
effective = 2021-03-01
confirmed = false
mandatory = true

[[commands]]
name = "rural.show-village"
act = "trading.advance"
roles = ["tenderee", "agency"]
from = ["AWARD"]
to = "VILLAGE"
marks = "village"
article = "RL 14"
[[commands]]
name = "trading.offer-contract"
from = ["VILLAGE"]
not_before = "village-until"
article = "RL 19"
[[commands]]
name = "trading.sign-contract"
from = ["VILLAGE"]
article = "RL 19"

[texts.zh-hans]
title = "农村土地经营权流转招标"
category = "农村产权流转"
[texts.zh-hans.stages]
VILLAGE = "村内公示"
[texts.zh-hans.dates]
village = "村内公示开始"
village-until = "村内公示期满"
[texts.zh-hans.days]
village-on-show = "村内公示期"
[texts.zh-hans.commands]
"rural.show-village" = "在村内公示"

[texts.en]
title = "Lease of rural land by tender"
category = "Rural land"
[texts.en.stages]
VILLAGE = "On show in the village"
[texts.en.dates]
village = "On show in the village from"
village-until = "On show in the village until"
[texts.en.days]
village-on-show = "On show in the village"
[texts.en.commands]
"rural.show-village" = "Show it in the village"
'''

LEASE = replace(
    variants.ALL["land-tender"],
    category="rural",
    procedure="rural-lease",
    steps=(("rural.show-village", "village-until"),),
    offered=20,
    open=26,
)


def test_every_variant_comes_to_its_end_with_a_package_that_verifies(tmp_path: Path) -> None:
    """Each package's own script is part of the run (``demo.scenario.archiving``)."""
    done = subprocess.run(
        [sys.executable, "-m", "demo.side_by_side", "--out", str(tmp_path / "out")],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = json.loads((tmp_path / "out" / "variants.json").read_text(encoding="utf-8"))
    assert {line["name"] for line in lines} == variants.ALL.keys()
    assert len(lines) == len(variants.ALL)
    assert all(len(line["package"]) == 64 for line in lines)
    assert {line["ended"] for line in lines} >= {"contracted", "too-few", "terminated"}


@pytest.fixture
def rural(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "procedures"
    folder.mkdir()
    (folder / "rural-lease.toml").write_text(RURAL, encoding="utf-8")
    monkeypatch.setenv("SUNLIT_PROCEDURES", str(folder))
    monkeypatch.setitem(variants.ALL, "rural-lease", LEASE)


@pytest.mark.usefixtures("rural")
def test_sixth_category_is_one_file_and_goes_from_notice_to_archive(tmp_path: Path) -> None:
    with running(data=tmp_path / "data", out=tmp_path / "out") as first:
        (run,) = side_by_side.play(first, ["rural-lease"]).values()
        lot = run.lot_state()
        assert (lot["category"], lot["stage"], lot["state"]) == ("rural", "ARCHIVED", "archived")
        assert lot["procedure"]["name"] == "rural-lease"
        # Its own stage was passed, and its own days were kept.
        assert lot["dates"]["village"] < lot["dates"]["village-until"] < lot["dates"]["contract"]
        shown = first.troupe.operator.get("/api/v1/projects", category="rural")
        assert [row["category"] for row in shown["items"]] == ["rural"]
