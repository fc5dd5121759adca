"""A framework: suppliers taken in, an agreement with each, orders in turn, and the summary."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from demo.actors import Actor
from demo.run import Run
from demo.scenario.signing import sign_by
from signatures.domain.errors import SunlitError

#: Who orders what, and how many.
ORDERS = (
    ("东岳市财政局", "便携式计算机(办公型)", "20"),
    ("东岳市教育局", "便携式计算机(教学型)", "45"),
    ("东岳市卫生健康委员会", "便携式计算机(办公型)", "12"),
    ("东岳市自然资源局", "便携式计算机(外业型)", "8"),
)


def play(run: Run) -> None:
    """From the committee's report to the end of the framework."""
    with run.step("All but a fifth are taken in; nobody is awarded the lot alone"):
        _take_in(run)
    with run.step("An agreement is signed with each supplier"):
        for row in _shown(run)["suppliers"]:
            _agree(run, row)
        run.await_stage("CONTRACT")
    with run.step("The agreements are published and filed; orders begin"):
        for part in run.variant.after:
            run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/contract/{part}")
        _post(run, "steps", {"step": "trading.begin-orders"})
        run.await_stage("PERFORMANCE")
    with run.step("Orders go in turn; another's turn and a dearer price are refused"):
        _order(run)
    with run.step("The agreements run out: no order any more, and a summary of all"):
        run.move_to(run.date("agreement-ends") + timedelta(minutes=1))
        late = _refused(run, "framework/orders", _asked(run, 0, _next(run)))
        run.require(late == "too-late", f"an order after the end is refused as {late}")
        _post(run, "framework/summary")
    found = _shown(run)
    run.summary["framework"] = {name: found[name] for name in ("terms", "suppliers", "orders")}


def _shown(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/framework")
    return found


def _post(run: Run, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/{path}", body)
    return answer


def _refused(run: Run, path: str, body: dict[str, Any]) -> str:
    """The code with which something is refused; empty where it is not."""
    try:
        _post(run, path, body)
    except SunlitError as refusal:
        return str(refusal.code)
    return ""


def _actor(run: Run, urn: str) -> Actor:
    return next(run[key] for key in run.tenderers if run[key].org_urn == urn)


def _take_in(run: Run) -> None:
    first = min(run.summary["ranking"], key=lambda each: each["rank"])
    alone = {"organisation": _actor(run, first["org"]).organisation}
    run.require(_refused(run, "award", alone) != "", "the lot was awarded to one alone")
    taken = _post(run, "framework/suppliers")["result"]["suppliers"]
    ranked = [each["org"] for each in sorted(run.summary["ranking"], key=lambda one: one["rank"])]
    run.require(taken == ranked[:3], f"others than the first three were taken in: {taken}")


def _agree(run: Run, row: dict[str, Any]) -> None:
    answer = _post(
        run,
        "contract",
        {"price": row["price"], "terms": row["terms"], "award": row["award"]},
    )["result"]
    run.summary.setdefault("agreements", []).append(
        sign_by(
            run,
            "contract",
            (run["tenderee"], _actor(run, row["supplier"])),
            document=answer["document"],
            name=f"agreement-{row['rank']}",
        )
    )


def _next(run: Run) -> dict[str, Any]:
    """The supplier whose turn it is."""
    found = _shown(run)
    return next(one for one in found["suppliers"] if one["supplier"] == found["turn"])


def _asked(run: Run, number: int, row: dict[str, Any]) -> dict[str, Any]:
    purchaser, subject, quantity = ORDERS[number]
    return {
        "agreement": row["agreement"],
        "purchaser": purchaser,
        "subject": subject,
        "quantity": quantity,
        "unit_price": row["price"],
    }


def _order(run: Run) -> None:
    rows = _shown(run)["suppliers"]
    other = _refused(run, "framework/orders", _asked(run, 0, rows[1]))
    run.require(other == "not-its-turn", f"an order out of turn is refused as {other}")
    dear = {**_asked(run, 0, rows[0]), "unit_price": "7000.00"}
    refused = _refused(run, "framework/orders", dear)
    run.require(refused == "dearer-than-agreed", f"a dearer order is refused as {refused}")
    for number in range(len(ORDERS)):
        _post(run, "framework/orders", _asked(run, number, _next(run)))
    given = [one["supplier"] for one in _shown(run)["orders"]]
    turns = [row["supplier"] for row in rows]
    run.require(given == [*turns, turns[0]], "the orders did not go in turn")
