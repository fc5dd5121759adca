"""One headless run: its stages, its clock, and what it will have to show."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from demo.actors import Actor, Troupe
from demo.platform import Platform
from demo.tenders import RIVERSIDE, Tender
from demo.variants import CONSTRUCTION, Variant
from signatures.domain import jcs
from signatures.domain.errors import SunlitError, Unavailable

#: The stages at which a run can be stopped, in their order.
STAGES = (
    "published",
    "bidding",
    "opened",
    "reported",
    "contracted",
    "inspected",
    "packaged",
)

#: Seconds of real time for which something that must follow is waited for.
PATIENCE = 180.0


class DoesNotHold(RuntimeError):
    """A step of the run came to something else than it must; the message says what."""


@dataclass
class Run:
    """A run: the platform, its actors, and ``summary``, which becomes ``summary.json``.

    Scenario modules keep what later ones need in ``facts``.
    """

    platform: Platform
    troupe: Troupe
    variant: Variant = CONSTRUCTION
    tender: Tender = RIVERSIDE
    bid_file: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def __getitem__(self, part: str) -> Actor:
        """Whoever plays this part in the run's tender."""
        return self.troupe[self.tender.played_by(part)]

    def organisation(self, part: str) -> str:
        """The identifier of the organisation that has this part."""
        return self.troupe.organisations[self.tender.played_by(part)]

    @property
    def tenderers(self) -> tuple[str, ...]:
        return self.tender.tenderers

    @property
    def out(self) -> Path:
        """Where the run's own results lie."""
        whole = self.platform.out
        return whole / "tenders" / self.tender.key if self.tender.key else whole

    def folder(self, actor: Actor) -> Path:
        """Where an actor keeps what belongs to this tender."""
        return actor.folder / self.tender.key if self.tender.key else actor.folder

    @property
    def lot(self) -> str:
        return str(self.facts["lot"])

    def now(self) -> datetime:
        """The platform's official time."""
        return self.troupe.operator.clock()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show a step with its official time before and its duration after."""
        began = time.monotonic()
        shown = self.now().astimezone().strftime("%Y-%m-%d %H:%M")
        name = f"{self.tender.name}: " if self.tender.name else ""
        sys.stdout.write(f"{began - self.began:7.1f} s  {shown}  {name}{what} … ")
        sys.stdout.flush()
        try:
            yield
        except BaseException:
            sys.stdout.write("failed\n")
            raise
        sys.stdout.write(f"{time.monotonic() - began:.1f} s\n")
        sys.stdout.flush()

    def reached(self, stage: str) -> None:
        """Note that a stage is behind us, and keep what there is to show of it."""
        entry = {
            "stage": stage,
            "at": jcs.timestamp(self.now()),
            "seconds": round(time.monotonic() - self.began, 1),
        }
        self.summary.setdefault("stages", []).append(entry)
        self.write()

    def write(self) -> None:
        """``summary.json``, whole at any moment."""
        target = self.out / "summary.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".draft")
        text = json.dumps(self.summary, ensure_ascii=False, indent=2, sort_keys=True)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(target)

    def move_to(self, moment: datetime) -> None:
        """Wait until ``moment`` by moving the demonstration's clock there."""
        if moment <= self.now():
            return
        try:
            self.troupe.operator.post("/demonstration/clock", {"to": jcs.timestamp(moment)})
        except SunlitError as error:
            if error.code != "clock-backwards":
                raise

    def move_by(self, **delta: float) -> None:
        """Move the clock forward by a timedelta's arguments."""
        self.move_to(self.now() + timedelta(**delta))

    def lot_state(self) -> dict[str, Any]:
        """The lot as the public interface shows it."""
        found: dict[str, Any] = self["tenderee"].client.get(f"/api/v1/lots/{self.lot}")
        return found

    def date(self, name: str) -> datetime:
        """One of the lot's named dates."""
        return jcs.parse_timestamp(self.lot_state()["dates"][name])

    def await_stage(self, stage: str) -> None:
        """Wait until the lot has reached ``stage`` by the clock process's doing."""
        self.wait(lambda: self.lot_state()["stage"] == stage, f"the lot to reach {stage}")

    def wait(
        self, holds: Any, what: str, *, seconds: float = PATIENCE, why: Callable[[], str] = str
    ) -> Any:
        """Ask until ``holds()`` is true and give what it gave; :class:`DoesNotHold` at the end.

        The end tells the last refusal, and what ``why()`` says of the last answer.
        """
        until = time.monotonic() + seconds
        refusal = ""
        while time.monotonic() < until:
            try:
                found = holds()
                refusal = ""
            except SunlitError as error:
                if not (isinstance(error, Unavailable) or _not_yet(error)):
                    raise
                found, refusal = None, f" {error}"
            if found:
                return found
            time.sleep(0.1)
        raise DoesNotHold(f"Waited {seconds:.0f} s for {what}.{refusal}{why()}")

    def require(self, holds: bool, what: str) -> None:
        """The run goes on only if this holds."""
        if not holds:
            raise DoesNotHold(what)


def _not_yet(error: SunlitError) -> bool:
    """Whether a refusal only says that something is not there yet."""
    return error.code.startswith("no-") or error.code.endswith(("-not-ready", "not-found"))
