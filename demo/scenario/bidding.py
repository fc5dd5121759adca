"""Keys, policy and schedule; then bids made, sealed and handed in from each tenderer's device."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bidding.kit import client as kit
from bidding.kit.device import Submission, new_bid
from bidding.kit.sealing import Document, seal_bid
from bidding.kit.upload import Progress
from demo import documents
from demo.actors import Actor
from demo.run import Run
from demo.scenario import securing

#: Trustees who act by hand; the centre's keeper does so unattended.
BY_HAND = ("tenderee", "supervisor", "notary")
QUORUM = 3
PRICE_SLOT = 4
#: The technical result after which the price may open, and who signs its gate.
PRICE_GATE = ("bidding.freeze-scores", ("tenderee", "supervisor"))



class LineDropped(Exception):
    """One tenderer's line drops in the middle of its upload, on purpose."""


def play(run: Run) -> None:
    """Everything up to four complete bids; ``bidding`` is reached."""
    prepare(run)
    begin(run)
    with run.step("Four tenderers seal their bids at home and hand them in"):
        hand_in(run, run.tenderers)
    run.reached("bidding")


def prepare(run: Run) -> None:
    """Keys of all trustees, then the policy and the schedule: bids can be sealed."""
    with run.step("Trustees make a key for every slot and publish them signed"):
        start_keys(run)
    with run.step("The tenderee signs the sealing policy and the schedule"):
        _publish_policy(run)


def begin(run: Run) -> None:
    """The offer of documents is waited out on the clock."""
    with run.step("The offer of documents ends; bidding begins"):
        run.move_to(run.date("documents-until") + timedelta(minutes=1))
        run.await_stage("BIDDING")


def hand_in(run: Run, tenderers: Iterable[str]) -> None:
    """These tenderers bid, each on their own device, all at once."""
    in_parallel(lambda key: _bid(run, run[key]), tenderers)


def replace_bid(run: Run, key: str, offer: documents.Offer) -> None:
    """A tenderer hands in the next version of its bid with another offer."""
    earlier: Submission = run.facts[f"submission {key}"]
    _bid(run, run[key], offer=offer, earlier=earlier)


def in_parallel(work: Callable[[str], Any], keys: Iterable[str]) -> list[Any]:
    """Several actors at once, each in a thread with their own connection."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(work, keys))


def at_home(run: Run, actor: Actor, what: str) -> Path:
    """Where an actor keeps what belongs to the round that the tender is in."""
    return run.folder(actor) / f"{what}{run.facts.get('round', '')}"


def start_keys(run: Run) -> None:
    """The centre's keeper is set up, and every trustee makes keys for the round."""
    run.platform.start_keeper(run["keeper"].certificate_file, run["keeper"].passphrase_file)
    publish_keys(run)


def publish_keys(run: Run) -> None:
    """Every trustee makes keys for the slots of the round; the keeper does so by itself."""

    def publish(key: str) -> None:
        actor = run[key]
        run.facts[f"keys {key}"] = kit.publish_keys(
            actor.client,
            run.lot,
            trustee=actor.org_urn,
            store=at_home(run, actor, "trustee") / "keys.json",
            passphrase=actor.passphrase_file.read_text(),
        )

    in_parallel(publish, BY_HAND)
    everybody = {f"org:{run.organisation(key)}" for key in (*BY_HAND, "centre")}

    def published() -> bool:
        sealing = kit.sealing(run["tenderee"].client, run.lot)
        return everybody <= {each.trustee for each in sealing.keys}

    run.wait(published, "every trustee's keys, the keeper's among them")


def _publish_policy(run: Run) -> None:
    publish_policy(run, deadline=run.date("deadline"), opening=run.date("opening"))


def publish_policy(
    run: Run,
    *,
    deadline: datetime,
    opening: datetime,
    after: Mapping[int, tuple[str, tuple[str, ...]]] | None = None,
) -> None:
    """The tenderee signs how and until when the round is sealed; a price waits where it is asked
    for together with what is scored. ``after`` says otherwise which slot waits for what."""
    tenderee = run["tenderee"]
    if after is None:
        after = {} if run.variant.final_offers else {PRICE_SLOT: PRICE_GATE}
    signers = {
        role: [hashlib.sha256(run[role].certificate.dump()).digest()]
        for role in ("tenderee", "supervisor")
    }
    policy = kit.publish_policy(
        tenderee.client,
        run.lot,
        k=QUORUM,
        min_bids=run.variant.least,
        signers=signers,
        after=after,
    )
    timed = [rule.slot for rule in policy.slots if rule.after is None]
    kit.publish_schedule(
        tenderee.client,
        run.lot,
        policy,
        deadline=deadline,
        gates=dict.fromkeys(timed, opening),
    )
    run.summary["policy"] = policy.digest.hex()


def _bid(
    run: Run,
    actor: Actor,
    *,
    offer: documents.Offer | None = None,
    earlier: Submission | None = None,
) -> None:
    """One tenderer at home: write, sign, seal, submit, keep receipts.

    With ``earlier`` it is the next version of that bid, kept in a folder of its own.
    """
    version = 1 if earlier is None else earlier.bid.version + 1
    folder = at_home(run, actor, "bid" if earlier is None else f"bid-{version}")
    files = documents.write(
        folder / "documents",
        tenderer=run.troupe.company(actor.role.company).name,
        key=actor.role.key,
        offer=offer or run.tender.offers[actor.role.key],
        site=run.tender.site,
        plan=run.tender.plan,
        at=run.now(),
    )
    securing.enclose(run, actor.role.key, files, folder)
    if run.bid_file is not None and actor.role.key == run.tenderers[0]:
        target = folder / "given" / run.bid_file.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(run.bid_file, target)
        files[3] = [target]
    if actor.client.signer is None:
        raise RuntimeError("a tenderer signs with its certificate")
    passphrase = actor.passphrase_file.read_text()
    policy = kit.standing_policy(actor.client, run.lot)
    asked = {rule.slot for rule in policy.slots}
    submission, recovery = seal_bid(
        policy,
        {
            slot: [_document(path) for path in paths]
            for slot, paths in files.items()
            if slot in asked
        },
        signer=actor.client.signer,
        bid=new_bid() if earlier is None else earlier.bid.bid,
        version=version,
        at=run.now(),
        passphrase=passphrase,
    )
    submission.save(folder / "submission.json")
    recovery.save(folder / "recovery.json", passphrase)

    def send(show: Callable[[Progress], None] | None = None) -> Any:
        kept = Submission.load(folder / "submission.json")
        return kit.submit(
            actor.client,
            kept,
            lot=run.lot,
            secrets=kept.secrets(passphrase),
            policy=policy,
            folder=folder / "receipts",
            show=show,
            wait_for_proofs=30.0,
        )

    if earlier is None and actor.role.key in run.tenderers[1:2]:
        try:
            send(_drop)
        except LineDropped:
            pass
        else:
            run.require(False, "the line was to drop in the middle of an upload")
    submitted = send()
    run.facts[f"submission {actor.role.key}"] = submission
    run.summary.setdefault("receipts", {})[actor.role.key] = {
        "bid": str(submission.bid.bid),
        "version": submission.bid.version,
        "files": sorted(str(each.name) for each in (folder / "receipts").iterdir()),
        "state": submitted.state,
    }


def _document(path: Path) -> Document:
    kinds = {".json": documents.JSON, ".pdf": documents.PDF}
    return Document(path=path, type=kinds.get(path.suffix.lower(), "application/octet-stream"))


def _drop(progress: Progress) -> None:
    raise LineDropped
