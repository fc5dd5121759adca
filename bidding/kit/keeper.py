"""The keeper: an unattended trustee with its own key store.

At every turn it asks on which lots its organisation is trustee and does, for each, whatever is due:
make keys and publish them, follow the ledger, release shares when the gates open. Everything that
it acts on is on its disk before it acts, so kill -9 at any moment costs nothing; one lot in
trouble never keeps it from the others.

The store holds one folder a lot, ``<lot id>/keys.json`` (the keys, encrypted, or which keys of a
PKCS#11 token they are) and ``<lot id>/state.json``, and in it ``round-2`` with the same where the
lot is sealed once more.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bidding.kit import publishing, releasing, wire
from bidding.kit.api import ApiClient
from bidding.kit.errors import SunlitError
from bidding.kit.key_store import KeyStore
from bidding.kit.log_reader import LogReader
from bidding.kit.releasing import COMPLAINED, HELD, RELEASED, Round
from bidding.kit.trustee import SlotKeys
from bidding.kit.watch import Watch
from bidding.kit.wire import Duty
from signatures.domain.errors import Unavailable

KEYS, STATE = "keys.json", "state.json"
#: Reasons that only say that it is not time yet; they are told once, quietly.
WAITING = frozenset(
    {
        "no-policy",
        "policy-pending",
        "no-freeze",
        "no-gate",
        "no-schedule",
        "no-checkpoint",
        "no-timestamp",
        "no-witness",
        "early-clock",
        "early-timestamp",
        "early-cosignature",
        "no-answer",
    }
)


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened: ``code`` is stable, ``text`` a sentence, ``alarm`` for people."""

    lot: str
    code: str
    text: str
    alarm: bool = False


Tell = Callable[[News], None]


@dataclass
class _Post:
    """What the keeper holds of one lot while it runs."""

    keys: SlotKeys
    watch: Watch
    published: bool = False
    done: bool = False
    said: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Keeper:
    """One organisation's keeper on one platform.

    ``store`` is its folder, ``keys`` where its slot keys live; ``tell`` is told the news.
    ``lots`` adds lots to those that the platform names.
    """

    api: ApiClient
    store: Path
    keys: KeyStore
    tell: Tell
    lots: Collection[uuid.UUID] = ()
    organisation: str | None = None
    _posts: dict[tuple[uuid.UUID, int], _Post] = field(default_factory=dict)
    _reader: LogReader | None = None

    def run(self, stop: threading.Event, *, every: float) -> None:
        """Take turns until told to stop."""
        while not stop.is_set():
            started = time.monotonic()
            try:
                self.turn()
            except SunlitError as error:
                # The platform is away or refuses us as a whole; the next turn asks again.
                self.tell(News("", error.code, str(error), alarm=not _passing(error)))
            stop.wait(max(0.0, every - (time.monotonic() - started)))

    def turn(self) -> bool:
        """Do what is due on every lot; whether nothing is left to be done on any of them.

        Raises only when the platform does not say which lots there are.
        """
        done = True
        for duty in self.duties():
            try:
                done &= self._serve(duty)
            except SunlitError as error:
                done = False
                urn = f"lot:{duty.lot}"
                self.tell(News(urn, error.code, str(error), alarm=not _passing(error)))
            except OSError as error:
                done = False
                text = f"The key store cannot be used: {error.strerror or error}."
                self.tell(News(f"lot:{duty.lot}", "store-failed", text, alarm=True))
        return done

    def duties(self) -> tuple[Duty, ...]:
        """The lots to be served: those that the platform names and those given."""
        found = {duty.lot: duty for duty in wire.duties(self.api)}
        for lot in self.lots:
            if lot not in found and self.organisation is not None:
                found[lot] = Duty(lot=lot, organisation=self.organisation)
        if self.organisation is None:
            return tuple(found.values())
        return tuple(each for each in found.values() if each.organisation == self.organisation)

    def _serve(self, duty: Duty) -> bool:
        post = self._post(duty)
        if post.done:
            return True
        if not post.published:
            publishing.publish_keys(self.api, duty.lot, trustee=duty.organisation, keys=post.keys)
            post.published = True
            self.tell(News(post.watch.lot, "keys-published", "Slot keys stand published."))
        if self._reader is None:
            self._reader = LogReader(self.api)
        found = releasing.release_once(
            self.api, duty.lot, post.keys, post.watch, reader=self._reader
        )
        self._report(post, found)
        post.done = found.done
        return found.done

    def _post(self, duty: Duty) -> _Post:
        """The round's keys and memory; keys are made, and on disk, at the first call."""
        post = self._posts.get((duty.lot, duty.round))
        if post is not None:
            return post
        folder = self.store / str(duty.lot)
        if duty.round > 1:
            folder /= f"round-{duty.round}"
        urn = f"lot:{duty.lot}"
        path = folder / KEYS
        if path.exists():
            keys = self.keys.load(path)
        else:
            sealing = wire.sealing(self.api, duty.lot)
            keys = publishing.make_keys(
                self.api,
                sealing,
                trustee=duty.organisation,
                make=partial(self.keys.make, path, round_=duty.round),
            )
        post = _Post(keys=keys, watch=Watch.open(folder / STATE, urn))
        self._posts[duty.lot, duty.round] = post
        return post

    def _report(self, post: _Post, found: Round) -> None:
        """Tell every release, each alarm once for as long as it stands, the rest once."""
        lot = post.watch.lot
        for item in found.items:
            envelope = f"bid {item.bid} version {item.version} slot {item.slot}"
            if item.state == RELEASED:
                self.tell(News(lot, RELEASED, f"The share of {envelope} was released."))
            elif item.state == COMPLAINED:
                text = f"The share of {envelope} is bad; a signed complaint was made."
                self.tell(News(lot, COMPLAINED, text, alarm=True))
        held = [reason for item in found.items if item.state == HELD for reason in item.reasons]
        reasons = frozenset((each.code, each.message) for each in (*found.reasons, *held))
        for code, message in sorted(reasons - post.said):
            self.tell(News(lot, code, message, alarm=code not in WAITING))
        # What only time mends comes and goes; it is not said again each time.
        post.said = reasons | {each for each in post.said if each[0] in WAITING}


def _passing(error: SunlitError) -> bool:
    return isinstance(error, Unavailable)
