"""One act: access, lock, clock, decision, records, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from signatures.domain import guard, jcs, ledger, log
from signatures.domain.act import Act, Actor, Scene, command, dispatch, registered
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Conflict, Denied, Refused
from signatures.domain.guard import WriteOutsideAct
from signatures.domain.outside import InsideTransaction, require_outside_transaction
from signatures.models import LedgerOpening, User

AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
CLERK = Actor.process("clerk")


@command("test.enrol")
@dataclass(frozen=True, kw_only=True)
class Enrol(Act):
    """Writes a person; refuses a name that begins with a blank after having written it."""

    username: str

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:clerk":
            raise Denied("Only the clerk enrols.")

    def decide(self, scene: Scene) -> dict[str, Any]:
        user = User.objects.create(username=self.username, full_name=self.username)
        if self.username.startswith(" "):
            raise Refused("A name begins with a letter.", code="bad-name", rule="house rule 1")
        scene.enter(subject="register:people", receipt_for=("org:a",), context={"n": 1})
        return {"user": str(user.pk), "at": jcs.timestamp(scene.now)}


@command("test.deny-all")
@dataclass(frozen=True, kw_only=True)
class Silent(Act):
    """Has no permit of its own, so nobody may."""

    def decide(self, scene: Scene) -> dict[str, Any]:
        raise AssertionError("was reached")


@command("test.forgetful")
@dataclass(frozen=True, kw_only=True)
class Forgetful(Act):
    """Writes without an entry."""

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict[str, Any]:
        User.objects.create(username="forgotten")
        return {}


@command("test.slow")
@dataclass(frozen=True, kw_only=True)
class Slow(Act):
    """Does inside the transaction what belongs before it."""

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict[str, Any]:
        require_outside_transaction("Signing")
        return {}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AT)


@pytest.mark.django_db
def test_dispatch_writes_row_and_leaf_together(clock: FixedClock) -> None:
    before = log.size()
    outcome = dispatch(Enrol(username="li"), actor=CLERK, clock=clock)
    assert User.objects.filter(username="li").count() == 1
    assert outcome.leaves == (before,)
    assert outcome.result["at"] == "2026-03-10T01:30:00.000000Z"
    opening = LedgerOpening.objects.get(leaf_id=before)
    leaf = jcs.loads(log.entry(before))
    assert leaf["c"] == ledger.commitment(bytes(opening.salt), opening.entry).hex()
    assert opening.entry["act"] == "test.enrol"
    assert opening.owners == ["org:a"]


@pytest.mark.django_db
def test_dispatch_refused_leaves_no_trace(clock: FixedClock) -> None:
    before = log.size()
    with pytest.raises(Refused) as refusal:
        dispatch(Enrol(username=" li"), actor=CLERK, clock=clock)
    assert refusal.value.as_dict() == {
        "code": "bad-name",
        "message": "A name begins with a letter.",
        "rule": "house rule 1",
    }
    assert User.objects.count() == 0
    assert log.size() == before


@pytest.mark.django_db
def test_dispatch_denied_leaves_no_trace(clock: FixedClock) -> None:
    with pytest.raises(Denied):
        dispatch(Enrol(username="li"), actor=Actor.process("stranger"), clock=clock)
    assert User.objects.count() == 0
    assert log.size() == 0


@pytest.mark.django_db
def test_dispatch_without_permit_is_denied(clock: FixedClock) -> None:
    with pytest.raises(Denied):
        dispatch(Silent(), actor=CLERK, clock=clock)


@pytest.mark.django_db
def test_dispatch_without_entry_is_undone(clock: FixedClock) -> None:
    with pytest.raises(RuntimeError, match="left no entry"):
        dispatch(Forgetful(), actor=CLERK, clock=clock)
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_dispatch_with_slow_work_inside_is_refused(clock: FixedClock) -> None:
    with pytest.raises(InsideTransaction, match="Signing"):
        dispatch(Slow(), actor=CLERK, clock=clock)


@pytest.mark.django_db
def test_dispatch_same_key_gives_same_outcome_once(clock: FixedClock) -> None:
    first = dispatch(Enrol(username="li"), actor=CLERK, clock=clock, key="k1")
    again = dispatch(Enrol(username="li"), actor=CLERK, clock=clock, key="k1")
    assert again.result == first.result
    assert again.leaves == first.leaves
    assert again.repeated is True
    assert User.objects.count() == 1
    assert log.size() == 1


@pytest.mark.django_db
def test_dispatch_same_key_for_another_request_is_refused(clock: FixedClock) -> None:
    dispatch(Enrol(username="li"), actor=CLERK, clock=clock, key="k1")
    with pytest.raises(Conflict):
        dispatch(Enrol(username="wang"), actor=CLERK, clock=clock, key="k1")
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 101])
def test_dispatch_bad_key_is_refused(clock: FixedClock, key: str) -> None:
    with pytest.raises(Refused):
        dispatch(Enrol(username="li"), actor=CLERK, clock=clock, key=key)
    assert User.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_write_outside_act_is_refused() -> None:
    with pytest.raises(WriteOutsideAct, match="signatures_user"):
        User.objects.create(username="li")
    assert User.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["update", "delete", "bulk", "raw"])
def test_write_outside_act_by_any_road_is_refused(how: str) -> None:
    from django.db import connection

    with guard.writes("test"):
        User.objects.create(username="li")
    with pytest.raises(WriteOutsideAct):
        match how:
            case "update":
                User.objects.filter(username="li").update(full_name="x")
            case "delete":
                User.objects.filter(username="li").delete()
            case "bulk":
                User.objects.bulk_create([User(username="wang")])
            case _:
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE signatures_user SET full_name = 'x'")
    assert list(User.objects.values_list("username", "full_name")) == [("li", "")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql",
    [
        "/* quietly */ UPDATE signatures_user SET full_name = 'x'",
        "-- quietly\nDELETE FROM signatures_user",
        "WITH a AS (SELECT 1) UPDATE signatures_user SET full_name = 'x'",
        "UPDATE OR IGNORE signatures_user SET full_name = 'x'",
    ],
)
def test_write_outside_act_in_disguise_is_refused(sql: str) -> None:
    from django.db import connection

    with guard.writes("test"):
        User.objects.create(username="li")
    with pytest.raises(WriteOutsideAct, match="signatures_user"), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(User.objects.values_list("username", "full_name")) == [("li", "")]


@pytest.mark.django_db
def test_read_behind_with_is_no_write() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("WITH a AS (SELECT id FROM signatures_user) SELECT count(*) FROM a")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_log_proofs_of_acts_verify(clock: FixedClock) -> None:
    for n in range(9):
        dispatch(Enrol(username=f"u{n}"), actor=CLERK, clock=clock)
    size, root = log.size(), log.root(log.size())
    hashes = [ledger.leaf_hash(data) for data in log.entries(0, size)]
    assert root == ledger.root_of(hashes)
    for index in range(size):
        proof = log.inclusion_proof(index, size)
        assert ledger.verify_inclusion(index, size, hashes[index], proof, root)
        assert not ledger.verify_inclusion(index, size, hashes[index - 1], proof, root)
    for old in range(1, size + 1):
        proof = log.consistency_proof(old, size)
        assert ledger.verify_consistency(old, size, proof, log.root(old), root)


def test_registered_commands_have_documentation_and_a_permit_of_their_own() -> None:
    ours = {n: c for n, c in registered().items() if not n.startswith("test.")}
    undocumented = [n for n, c in ours.items() if (c.__doc__ or "(").startswith(f"{c.__name__}(")]
    assert undocumented == []
    assert [n for n, c in ours.items() if c.permit is Act.permit] == []
