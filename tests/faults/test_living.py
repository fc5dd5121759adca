"""``make demo`` as a visitor starts it: laid out once, served again, begun anew after a cut."""

from __future__ import annotations

import json
import signal
import socket
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.e2e.command import Living

#: Stage and state of the seven tenders once the place is laid out.
STANDING = {
    ("ARCHIVED", "archived"): 1,
    ("CANDIDATES", "active"): 1,
    ("EVALUATION", "active"): 1,
    ("BIDDING", "active"): 1,
    ("BIDDING", "failed"): 1,
    ("BIDDING", "suspended"): 1,
    ("DOCUMENTS", "active"): 1,
}


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def get(port: int, path: str, **query: str) -> Any:
    return httpx.get(f"http://127.0.0.1:{port}{path}", params=query, timeout=60).raise_for_status()


class LaidOut(NamedTuple):
    """The folder of a place of which nothing runs, its port, and what its first start printed."""

    folder: Path
    port: int
    printed: str


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> LaidOut:
    """The place that the tests below look at; nothing in it is changed."""
    folder, port = tmp_path_factory.mktemp("living"), free_port()
    with Living(folder, port=port) as place:
        place.until_served()
        place.process.send_signal(signal.SIGINT)
        assert (place.ended(), place.alive()) == (0, []), place.printed
        return LaidOut(folder, port, place.printed)


def test_first_start_lays_out_every_stage_and_prints_a_sign_in_for_each_role(
    laid_out: LaidOut,
) -> None:
    folder, port, printed = laid_out
    state = json.loads((folder / "data" / "demonstration.json").read_text(encoding="utf-8"))
    assert state["state"] == "ready"
    assert {each["name"] for each in state["route"]} == {"bid", "open", "score", "inspect"}
    parts = {each["part"] for each in state["people"]}
    assert len(parts) == 9
    for part in parts:
        one = next(each for each in state["people"] if each["part"] == part)
        assert one["username"] in printed
        assert one["password"] in printed
    assert f"http://127.0.0.1:{port}/demonstration/" in printed


def test_later_start_serves_the_same_tenders_and_plays_nothing(laid_out: LaidOut) -> None:
    folder, port, _printed = laid_out
    with Living(folder, port=port) as place:
        place.until_served()
        assert "First start" not in place.printed
        projects = get(port, "/api/v1/projects").json()["items"]
        lots = [lot for project in projects for lot in project["lots"]]
        assert Counter((lot["stage"], lot["state"]) for lot in lots) == STANDING
        text = get(port, "/demonstration/").text
        for each in json.loads((folder / "data" / "demonstration.json").read_text())["people"]:
            assert each["password"] in text


def test_interrupted_start_says_so_and_begins_anew(tmp_path: Path) -> None:
    port = free_port()
    with Living(tmp_path, port=port) as place:
        place.until_true(lambda: "is published" in place.printed)
        place.process.send_signal(signal.SIGINT)
        assert (place.ended(), place.alive()) == (130, []), place.printed
    with Living(tmp_path, port=port) as place:
        place.until_true(lambda: "is published" in place.printed)
        assert "The first start was interrupted at “publish-first”." in place.printed
        (kept,) = (tmp_path / "data" / "interrupted").iterdir()
        assert (kept / "sunlit.sqlite3").exists()
