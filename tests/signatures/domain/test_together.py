"""Many acts under one commit: each stands or falls alone, none is answered before the commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from signatures.domain import answers, guard, jcs, ledger, log, unwritten
from signatures.domain.act import Act, Actor, Outcome, Scene, command, dispatch
from signatures.domain.errors import Conflict, Denied, Refused
from signatures.domain.together import Fate, Order, together
from signatures.models import Idempotency, LedgerOpening, User

CLERK = Actor.process("clerk")
told: list[str] = []


@command("test.register")
@dataclass(frozen=True, kw_only=True)
class Register(Act):
    """Writes a person. A name with a blank is refused before anything is written, one with a bang
    afterwards, and one with a question mark fails."""

    username: str

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:clerk":
            raise Denied("Only the clerk registers.")

    def decide(self, scene: Scene) -> dict[str, Any]:
        if " " in self.username:
            raise Refused(gettext("You may not do this."), code="blank")
        User.objects.create(username=self.username, full_name=self.username)
        if "!" in self.username:
            raise Refused("A name has no bang.", code="bang")
        if "?" in self.username:
            raise ZeroDivisionError
        scene.enter(subject=f"name:{self.username}")
        scene.after(Tell(self.username))
        return {"at": jcs.timestamp(scene.now), "people": User.objects.count()}


@dataclass(frozen=True)
class Tell:
    """What follows an act, once it stands."""

    name: str

    def __call__(self) -> None:
        assert guard.reason() == ""
        if self.name == "mute":
            raise ZeroDivisionError
        told.append(self.name)


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    told.clear()


def register(username: str, key: str | None = None, language: str | None = None) -> Order:
    return Order(Register(username=username), CLERK, key=key, language=language)


def names() -> list[str]:
    return sorted(User.objects.values_list("username", flat=True))


def codes(fates: list[Fate]) -> list[str]:
    return ["ok" if isinstance(each, Outcome) else getattr(each, "code", "") for each in fates]


pytestmark = pytest.mark.django_db


def test_together_gives_each_its_leaf_in_order() -> None:
    start = log.size()
    fates = together([register("a"), register("b"), register("c")])
    assert [fate.leaves for fate in fates if isinstance(fate, Outcome)] == [
        (start,),
        (start + 1,),
        (start + 2,),
    ]
    openings = LedgerOpening.objects.filter(leaf_id__gte=start).order_by("leaf_id")
    assert [row.subject for row in openings] == ["name:a", "name:b", "name:c"]
    leaves = [jcs.loads(log.entry(row.leaf_id)) for row in openings]
    assert [leaf["c"] for leaf in leaves] == [
        ledger.commitment(bytes(row.salt), row.entry).hex() for row in openings
    ]


def test_later_act_sees_what_earlier_ones_wrote() -> None:
    fates = together([register("a"), register("b")])
    assert [fate.result["people"] for fate in fates if isinstance(fate, Outcome)] == [1, 2]


def test_one_that_is_refused_hinders_no_other() -> None:
    fates = together([register("a"), register("no good"), register("c")])
    assert codes(fates) == ["ok", "blank", "ok"]
    assert names() == ["a", "c"]
    assert told == ["a", "c"]


@pytest.mark.parametrize("spoiler", ["b!", "b?"])
def test_one_that_fails_after_writing_is_taken_back_alone(spoiler: str) -> None:
    start = log.size()
    fates = together([register("a"), register(spoiler), register("c")])
    assert [isinstance(fate, Outcome) for fate in fates] == [True, False, True]
    assert names() == ["a", "c"]
    assert log.size() == start + 2
    assert told == ["a", "c"]


def test_denied_actor_is_denied_among_others() -> None:
    stranger = Order(Register(username="b"), Actor.process("stranger"))
    fates = together([register("a"), stranger])
    assert isinstance(fates[1], Denied)
    assert names() == ["a"]


def test_all_refused_leaves_nothing() -> None:
    start = log.size()
    assert codes(together([register("a b"), register("c d")])) == ["blank", "blank"]
    assert (names(), log.size()) == ([], start)


def test_repeated_key_gets_the_first_answer_and_acts_once() -> None:
    first = dispatch(Register(username="a"), actor=CLERK, key="one")
    fates = together([register("a", "one"), register("b", "two")])
    assert isinstance(fates[0], Outcome)
    assert (fates[0].repeated, fates[0].result) == (True, first.result)
    assert names() == ["a", "b"]
    assert dispatch(Register(username="b"), actor=CLERK, key="two").repeated is True


def test_key_twice_in_one_group_acts_once() -> None:
    fates = together([register("a", "one"), register("b", "two"), register("a", "one")])
    assert codes(fates) == ["ok", "ok", "ok"]
    assert [fate.repeated for fate in fates if isinstance(fate, Outcome)] == [False, False, True]
    assert names() == ["a", "b"]


@pytest.mark.parametrize("before", [True, False])
def test_key_of_another_request_is_a_conflict(before: bool) -> None:
    if before:
        dispatch(Register(username="a"), actor=CLERK, key="one")
    fates = together([register("a", "one"), register("b", "one"), register("c", "three")])
    assert isinstance(fates[1], Conflict)
    assert names() == ["a", "c"]


@pytest.mark.parametrize("key", ["", "x" * 101])
def test_bad_key_is_refused_among_others(key: str) -> None:
    assert codes(together([register("a"), register("b", key)])) == ["ok", "bad-idempotency-key"]
    assert names() == ["a"]


def test_refusal_speaks_the_persons_language() -> None:
    fates = together([register("a b", language="zh-hans"), register("a b", language="en")])
    assert [str(fate) for fate in fates] == ["您不能进行这项操作。", "You may not do this."]


def test_answers_are_found_by_their_index() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table")
    with CaptureQueriesContext(connection) as seen:
        answers.find([("process:clerk", f"{n}") for n in range(30)])
    [query] = [one["sql"] for one in seen.captured_queries]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        plan = [row[3] for row in cursor.fetchall()]
    assert any(step.startswith("SEARCH k USING INDEX") for step in plan), plan
    assert not any(step.startswith("SCAN k") for step in plan), plan


def test_failure_of_what_follows_leaves_the_acts(caplog: pytest.LogCaptureFixture) -> None:
    assert codes(together([register("mute"), register("b")])) == ["ok", "ok"]
    assert told == ["b"]
    assert len(caplog.records) == 1


def test_together_inside_an_act_is_a_fault() -> None:
    with guard.writes("act test"), pytest.raises(RuntimeError, match="inside another act"):
        together([register("a"), register("b")])
    assert names() == []


@pytest.mark.parametrize(("orders", "expected"), [([], []), ([register("a")], ["ok"])])
def test_few_orders_are_answered_too(orders: list[Order], expected: list[str]) -> None:
    assert codes(together(orders)) == expected


def test_key_taken_by_another_process_meanwhile_is_answered_alone() -> None:
    """The other's row is there when the group's answers are written, and was not when it began."""

    @command("test.meanwhile")
    @dataclass(frozen=True, kw_only=True)
    class Meanwhile(Register):
        def decide(self, scene: Scene) -> dict[str, Any]:
            if not Idempotency.objects.filter(key="one").exists() and not User.objects.exists():
                found = answers.Answer(order.request, {"by": "other"}, (0,))
                answers.keep([(("process:clerk", "one"), found, scene.now)])
            return super().decide(scene)

    order = register("a", "one")
    meanwhile = Order(Meanwhile(username="m"), CLERK, key="two")
    fates = together([order, meanwhile])
    assert codes(fates) == ["ok", "ok"]
    assert names() == ["a", "m"]
    assert Idempotency.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_stands_where_the_commit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full database refuses the whole group, and then each by itself."""
    if connection.vendor != "sqlite":
        pytest.skip("the size of a PostgreSQL database has no such limit")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # what other tests left free would make room
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        fates = together([register(f"{n}" * 140) for n in range(400)])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    stood = [fate for fate in fates if isinstance(fate, Outcome)]
    assert 0 < len(stood) < 400
    assert User.objects.count() == len(stood) == len(told)
    assert log.size() == len(stood)


# --- whether anything was written -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda: User.objects.count(), True),
        (lambda: User.objects.create(username="x"), False),
        (lambda: User.objects.filter(username="nobody").update(full_name="y"), True),
    ],
)
def test_state_changes_with_every_row_written(change: Callable[[], object], same: bool) -> None:
    if connection.vendor != "sqlite":
        assert unwritten.state() is None
        return
    with guard.writes("test"), transaction.atomic():
        before = unwritten.state()
        assert before is not None
        change()
        assert (unwritten.state() == before) is same


@pytest.mark.django_db(transaction=True)
def test_state_outside_a_transaction_is_unknown() -> None:
    assert unwritten.state() is None
