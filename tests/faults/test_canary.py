"""Nobody on the platform's side reads a bid before its time.

A word that only a tenderer knows lies in its technical document. With all of the platform's
processes alive it is searched for in database, storage, logs and memory; so are the keys and shares
that would open it. The same search finds decoys in each of these places, and the word itself after
the opening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest

from bidding.kit import client as kit
from bidding.kit import shares
from bidding.kit.body import BodyReader
from bidding.kit.device import Submission
from bidding.kit.envelope import recover_key
from bidding.kit.errors import EnvelopeError
from bidding.kit.header import Header
from bidding.kit.trustee import SlotKeys
from demo import canary, cast, headless
from demo.canary import MEMORY, PLATFORM, Found, Needles
from demo.documents import OFFERS
from demo.run import Run
from demo.scenario.bidding import BY_HAND, QUORUM
from signatures.domain import jcs
from tests.faults import planted

FORMS: dict[str, Callable[[str], bytes]] = {
    "plan.txt": planted.plain_text,
    "plan.pdf": planted.real_pdf,
}


@pytest.fixture(params=list(FORMS), scope="module")
def word_and_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Run]]:
    """A run that stands between the last upload and the deadline, its processes alive."""
    folder = tmp_path_factory.mktemp("canary")
    word = planted.random_word()
    bid_file = folder / request.param
    bid_file.write_bytes(FORMS[request.param](word))
    with pytest.MonkeyPatch.context() as own:
        # The suite's database is not this platform's, which lies in its own folder.
        own.delenv("SUNLIT_DATABASE_URL", raising=False)
        with headless.running(
            data=folder / "data", out=folder / "out", bid_file=bid_file
        ) as run:
            headless.play(run, until="bidding")
            yield word, run


def processes(run: Run) -> dict[str, int]:
    """The platform's own, all of them running at this moment."""
    found = canary.platform_processes(run.platform.out / "processes")
    assert sorted(found) == sorted(PLATFORM)
    assert all(run.platform.supervisor.children[name].alive() for name in found)
    return found


def searched(run: Run, needles: Needles) -> list[Found]:
    try:
        return canary.search(run.platform.data, processes(run), needles)
    except canary.Unreadable as error:
        pytest.skip(str(error))


def submissions(run: Run) -> dict[str, Submission]:
    return {key: run.facts[f"submission {key}"] for key in cast.TENDERERS}


def test_sealed_bid_is_found_nowhere_until_it_is_opened(word_and_run: tuple[str, Run]) -> None:
    word, run = word_and_run
    needles = canary.needles_of(word)
    _is_on_the_device(run, word)
    assert searched(run, needles) == []
    with planted.planted(run) as decoys:
        _finds(run, decoys.database, "database", {"a row of trading_project"})
        _finds(run, decoys.storage, "storage", set())
        _finds(run, decoys.logs, "logs", {"logs/web.log"})
        web = processes(run)["web"]
        _finds(run, decoys.memory, "memory", {f"web ({web})"})
        assert searched(run, needles) == []
    for name, pid in processes(run).items():
        # Of each process the memory is really read: it knows its own folder.
        own = str(run.platform.data).encode()
        assert canary.in_memory(name, pid, {own: "DATA"}) == [
            Found(MEMORY, f"{name} ({pid})", "DATA")
        ]
    _two_trustees_open_nothing(run)
    _no_key_is_on_the_platform(run)

    headless.play(run, until="opened")
    assert {each.place for each in searched(run, needles)} >= {"storage"}
    _prices_are_still_sealed(run)


def _is_on_the_device(run: Run, word: str) -> None:
    """What is searched for was really sealed: the tenderer's envelope names the file."""
    assert run.bid_file is not None
    sealed = submissions(run)[cast.TENDERERS[0]]
    names = {file.name for each in sealed.envelopes for file in each.manifest.files}
    assert run.bid_file.name in names
    assert word.encode() in run.bid_file.read_bytes()


def _finds(run: Run, decoy: str, place: str, where: set[str]) -> None:
    found = [each for each in searched(run, canary.needles_of(decoy)) if each.place == place]
    assert found
    assert where <= {each.where for each in found}


def _two_trustees_open_nothing(run: Run) -> None:
    """k-1 of the trustees, with the platform's whole disk: every pair, every bid, every slot."""
    policy = kit.standing_policy(run["tenderee"].client, run.lot)
    stores = [_key_store(run, key) for key in BY_HAND]
    tried = 0
    for envelope in planted.stolen(run.platform.data):
        for pair in combinations(stores, QUORUM - 1):
            two = [keys.unwrap(policy, envelope.head) for keys in pair]
            with pytest.raises(EnvelopeError) as refused:
                recover_key(envelope.head, two)
            assert refused.value.code == "too-few-shares"
            # Nor by going round the check: what two shares determine is no key.
            reader = BodyReader(shares.combine(two, len(two)), envelope.head.body_context)
            with pytest.raises(EnvelopeError):
                reader.update(envelope.body)
                reader.finish()
            tried += 1
    assert tried == len(cast.TENDERERS) * 4 * 3


def _key_store(run: Run, key: str) -> SlotKeys:
    actor = run[key]
    return SlotKeys.load(
        actor.folder / "trustee" / "keys.json", actor.passphrase_file.read_text()
    )


def _no_key_is_on_the_platform(run: Run) -> None:
    """Envelope keys, shares and the trustees' private keys: in none of the four places."""
    needles: dict[bytes, str] = {}
    for key in cast.TENDERERS:
        actor = run[key]
        submission = Submission.load(actor.folder / "bid" / "submission.json")
        for slot, secret in submission.secrets(actor.passphrase_file.read_text()).items():
            needles |= canary.needles_of_bytes(secret.key, f"key of {key}, slot {slot}")
            if key == cast.TENDERERS[0]:
                for share in shares.split(secret.key, _header(submission, slot)):
                    name = f"share {share.index} of {key}, slot {slot}"
                    needles |= canary.needles_of_bytes(share.encode()[:32], name)
    for key in BY_HAND:
        for slot, private in _key_store(run, key).keys.items():
            name = f"slot key of {key}, slot {slot}"
            needles |= canary.needles_of_bytes(private.private_bytes_raw(), name)
    assert searched(run, needles) == []


def _header(submission: Submission, slot: int) -> Header:
    return next(
        each.head.header for each in submission.envelopes if each.head.header.slot == slot
    )


def _prices_are_still_sealed(run: Run) -> None:
    """The price slot waits for its own gate: at the opening no price is to be found."""
    needles = {
        form: f"price of {key}"
        for key in cast.TENDERERS
        for form in (
            OFFERS[key].price.encode(),
            OFFERS[key].price.encode("utf-16-le"),
            jcs.dumps({"price": OFFERS[key].price}).hex().encode(),
        )
    }
    assert searched(run, needles) == []
