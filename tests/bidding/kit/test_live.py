"""The kit against the real platform: servers and devices are killed, and nothing is lost."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from bidding.kit import client as kit
from bidding.kit.body import PART_SIZE
from bidding.kit.device import Submission
from bidding.kit.errors import Refused
from bidding.models import BidVersion, Envelope, Share
from signatures.domain import clock
from signatures.domain.errors import Unavailable
from tests.bidding.kit import live as lives
from tests.bidding.sealing import people, steps
from tests.bidding.sealing import world as worlds

pytestmark = pytest.mark.django_db(transaction=True)

BIG = 17 * lives.MIB


@pytest.fixture
def unsealed(settings, tmp_path):
    for name in ("DATA", "STORE", "KEYS", "LAB", "WITNESSES", "ORIGIN"):
        setattr(settings, name, getattr(settings, name))
    with lives.standing(worlds.build, tmp_path) as live:
        yield live


@pytest.fixture
def live(unsealed):
    """Keys, policy and schedule are there, and bids may come."""
    world = unsealed.world
    world.make_keys()
    world.publish_policy()
    assert world.publish_schedule().status_code == 201
    people.move_clock(worlds.BIDDING)
    people.renew_lists()
    people.tick()
    return unsealed


def submit(live, person, submission, **options):
    return kit.submit(
        live.client(person),
        submission,
        lot=live.lot,
        secrets=submission.secrets(lives.PASSPHRASE),
        policy=live.world.policy,
        **options,
    )


def test_upload_outlives_the_servers_death(live):
    person = live.world.tenderers[0]
    submission, folder = live.sealed(person, "a", technical=BIG)
    killed = []

    def show(progress):
        if progress.sent == 8 * PART_SIZE and not killed:
            killed.append(progress)
            live.kill()
            live.start()

    found = submit(live, person, submission, folder=folder, show=show)
    assert len(killed) == 1
    assert found.complete
    assert [each.receipt.act for each in found.receipts] == [
        "bidding.register-statement",
        "bidding.complete-version",
    ]
    assert all(row.is_complete for row in Envelope.objects.all())


UPLOADER = """
import os, signal, sys
from pathlib import Path
from bidding.kit import client
from bidding.kit.commands import common, submit
import argparse
parser = argparse.ArgumentParser()
submit.add_arguments(parser)
arguments = parser.parse_args(sys.argv[1:])
def die(progress):
    if progress.sent == 8 * 1024 * 1024:
        os.kill(os.getpid(), signal.SIGKILL)
submit.lines.Meter = lambda: die
submit.run(arguments)
"""


def test_upload_outlives_the_devices_death(live):
    person = live.world.tenderers[0]
    submission, folder = live.sealed(person, "a", technical=BIG)
    options = [
        *live.device(person, live.folder / "device", "west"),
        "--lot", str(live.lot),
        "--folder", str(folder),
        "--passphrase-file", str(live.folder / "device" / "pass"),
        "--wait", "0",
    ]  # fmt: skip
    killed = subprocess.run(
        [sys.executable, "-c", UPLOADER, *options], cwd=lives.ROOT, capture_output=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert Envelope.objects.get(slot=3).received == 8 * PART_SIZE
    assert list(folder.glob("receipt-*.json")) != []
    done = lives.kit("submit", *options)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["complete"], result["bid"]) == (True, str(submission.bid.bid))
    assert BidVersion.objects.get().state == "complete"
    again = lives.kit("submit", *options)
    assert json.loads(again.stdout) == result


def test_receipts_and_proofs_hold_and_are_kept(live):
    person = live.world.tenderers[1]
    submission, folder = live.sealed(person, "a")
    submit(live, person, submission, folder=folder)
    steps.prove()
    (found,) = kit.status(
        live.client(person),
        live.lot,
        submission=submission,
        policy=live.world.policy,
        folder=folder,
    )
    assert [each.proof is not None for each in found.receipts] == [True, True]
    assert [name for name, _at in found.receipts[1].proof.cosigners] == ["witness"]
    for kept in found.receipts:
        done = lives.kit(
            "verify",
            "--policy", str(folder / "policy.json"),
            "--state", str(folder / "submission.json"),
            "--receipt", str(folder / f"receipt-{kept.id}.json"),
            "--proof", str(folder / f"proof-{kept.id}.json"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["cosigned_by"][0]["witness"] == "witness"


def test_withdrawn_bid_is_receipted_and_not_handed_in_again(live):
    person = live.world.tenderers[0]
    submission, folder = live.sealed(person, "a")
    submit(live, person, submission)
    options = [
        *live.device(person, live.folder / "device", "west"),
        "--lot", f"lot:{live.lot}",
        "--folder", str(folder),
    ]  # fmt: skip
    done = lives.kit("withdraw", *options)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["bid_state"] == "withdrawn"
    assert [each["act"] for each in result["receipts"]] == ["bidding.withdraw-bid"]
    assert json.loads(lives.kit("withdraw", *options).stdout)["bid_state"] == "withdrawn"
    with pytest.raises(Refused) as caught:
        submit(live, person, submission)
    assert caught.value.code == "version-over"


def test_another_content_under_the_same_version_is_refused(live):
    person = live.world.tenderers[0]
    submission, _folder = live.sealed(person, "a")
    submit(live, person, submission)
    signed = live.client(person).sign_bytes(
        dataclasses.replace(submission.bid, at=submission.bid.at + timedelta(seconds=1)).encode()
    )
    other = dataclasses.replace(submission, statement=signed.statement, signature=signed.signature)
    with pytest.raises(Refused) as caught:
        submit(live, person, other)
    assert caught.value.code == "version-taken"


def test_silent_platform_is_said_to_be_silent(live):
    person = live.world.tenderers[0]
    submission, _folder = live.sealed(person, "a")
    client = live.client(person, patience=0.5)
    live.kill()
    with pytest.raises(Unavailable) as caught:
        kit.submit(
            client,
            submission,
            lot=live.lot,
            secrets=submission.secrets(lives.PASSPHRASE),
        )
    assert caught.value.code == "no-answer"


def test_keys_policy_and_schedule_are_published_by_the_kit(unsealed):
    world, lot = unsealed.world, unsealed.lot
    clients = {name: unsealed.client(person) for name, person in world.trustees.items()}
    for name, person in world.trustees.items():
        store = unsealed.folder / "trustees" / name / "keys.json"
        options = {
            "trustee": person.organisation.urn, "store": store, "passphrase": lives.PASSPHRASE
        }  # fmt: skip
        keys = kit.publish_keys(clients[name], lot, **options)
        assert kit.publish_keys(clients[name], lot, **options).public == keys.public
    terms = {
        "k": 3,
        "min_bids": 3,
        "signers": {
            role: [world.trustees[role].key.certificate_digest]
            for role in ("tenderee", "supervisor")
        },
        "after": {4: ("bidding.freeze-scores", ("tenderee", "supervisor"))},
    }
    policy = kit.publish_policy(clients["tenderee"], lot, **terms)
    assert kit.publish_policy(clients["tenderee"], lot, **terms) == policy
    times = {
        "deadline": worlds.DEADLINE,
        "gates": dict.fromkeys((1, 2, 3), worlds.DEADLINE),
    }
    first = kit.publish_schedule(clients["tenderee"], lot, policy, **times)
    assert kit.publish_schedule(clients["tenderee"], lot, policy, **times) == first
    later = worlds.DEADLINE + timedelta(days=3)
    second = kit.publish_schedule(
        clients["tenderee"], lot, policy, deadline=later, gates=dict.fromkeys((1, 2, 3), later)
    )
    assert (first.seq, second.seq) == (1, 2)
    with pytest.raises(Refused):
        kit.publish_schedule(clients["tenderee"], lot, policy, **times)


def test_rehearsal_tries_the_whole_path(live):
    person = live.world.tenderers[0]
    steps.prove()
    options = [*live.device(person, live.folder / "device", "west"), "--lot", str(live.lot)]
    done = lives.kit("rehearse", *options, "--size", "100000")
    result = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert [(each["name"], each["state"]) for each in result["steps"]] == [
        ("certificate", "held"),
        ("sign-in", "held"),
        ("clock", "held"),
        ("policy", "held"),
        ("trustees", "held"),
        ("schedule", "held"),
        ("seal", "held"),
        ("open-slot-1", "held"),
        ("open-slot-2", "held"),
        ("open-slot-3", "held"),
        ("open-slot-4", "held"),
        ("upload", "skipped"),
    ]


def test_rehearsal_says_what_would_have_failed(live):
    """Nobody has cosigned the ledger, and the certificate is not known there."""
    person = live.world.tenderers[0]
    options = [*live.device(person, live.folder / "device", "west"), "--lot", str(live.lot)]
    done = lives.kit("rehearse", *options)
    failed = [each for each in json.loads(done.stdout)["steps"] if each["state"] == "failed"]
    assert done.returncode == 1
    assert [each["name"] for each in failed] == ["policy"]
    assert "WOULD HAVE FAILED" in done.stderr


def test_keeper_that_is_killed_releases_each_share_once(live):
    """It is killed at its first release and started again; another trustee acts by hand."""
    world = live.world
    for number, person in enumerate(world.tenderers):
        submission, _folder = live.sealed(person, str(number))
        submit(live, person, submission)
    store = live.folder / "store"
    (store / str(live.lot)).mkdir(parents=True)
    world.slot_keys["centre"].save(store / str(live.lot) / "keys.json", lives.PASSPHRASE)
    steps.freeze(world)
    people.move_clock(clock.now() + timedelta(seconds=10))
    steps.prove()
    options = [
        *live.device(world.trustees["centre"], live.folder / "keeper", "east"),
        "--passphrase-file", str(live.folder / "keeper" / "pass"),
        "--state", str(store),
    ]  # fmt: skip
    _killed_at_its_first_release(options)
    done = lives.kit("keep", *options, "--once")
    assert done.returncode == 0, done.stderr
    slots = Share.objects.order_by("envelope__slot").values_list("envelope__slot", flat=True)
    assert list(slots) == [1] * 3 + [2] * 3 + [3] * 3
    found = kit.release(
        live.client(world.trustees["notary"]),
        live.lot,
        world.slot_keys["notary"],
        kit.Watch(lot=f"lot:{live.lot}"),
        slots=[1],
    )
    assert [each.state for each in found.items] == ["released"] * 3


def _killed_at_its_first_release(options: list[str]) -> None:
    keeper = subprocess.Popen(
        [sys.executable, "-m", "bidding.kit", "keep", *options, "--every", "0.2"],
        cwd=lives.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert keeper.stdout is not None
    with keeper.stdout:
        for line in keeper.stdout:
            if json.loads(line)["code"] == "released":
                break
        keeper.kill()
        keeper.wait(timeout=10)


def test_submission_state_is_what_the_device_needs(live):
    """Another day: only the folder and the files are left."""
    person = live.world.tenderers[0]
    submission, folder = live.sealed(person, "a")
    kept = Submission.load(folder / "submission.json")
    assert submit(live, person, kept).complete
    assert submit(live, person, submission).complete
