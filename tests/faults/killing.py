"""One headless run in which one process is killed without warning at a random moment."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.command import LIMIT, Headless


@dataclass(frozen=True)
class Trial:
    """What is to happen: which of the processes is killed, at which share of a usual run."""

    number: int
    seed: int
    victim: str
    share: float

    @classmethod
    def drawn(cls, number: int, seed: int, victims: tuple[str, ...]) -> Trial:
        """Victims take turns from a random start, so that few trials still try most of them."""
        chance = random.Random(f"{seed}/{number}")
        first = random.Random(seed).randrange(len(victims))
        return cls(
            number=number,
            seed=seed,
            victim=victims[(first + number) % len(victims)],
            share=chance.uniform(0.02, 0.9),
        )


@dataclass(frozen=True)
class Outcome:
    """What happened: ``moment`` is the step at which the process was killed, ``at`` when (s)."""

    trial: Trial
    pid: int
    at: float
    moment: str
    restarted: bool
    code: int
    seconds: float
    left: tuple[int, ...]
    printed: str

    def row(self) -> str:
        return (
            f"{self.trial.number:>3} {self.trial.seed:>10} {self.trial.victim:<8}"
            f" {self.at:>6.1f} {self.code:>5} {self.seconds:>8.1f}  {self.moment}"
        )


HEAD = "run       seed process    at s  exit  seconds  step at which it was killed"


def play(trial: Trial, folder: Path, *, until: str, usual: float) -> Outcome:
    """Play a run whose victim is killed; ``usual`` is how long a run takes here (s).

    A victim that has not started by its moment (the keeper starts with the sealing policy) is
    killed as long after its start as the moment is before a run's usual end, in proportion.
    """
    with Headless(folder, until=until, name=f"run-{trial.number}") as run:
        due = trial.share * usual
        run.until_true(lambda: trial.victim in run.pids())
        started = run.seconds
        if started > due:
            due = started + trial.share * max(usual - started, 0.0)
        run.until_true(lambda: run.seconds >= due)
        victim = run.pids()[trial.victim]
        os.kill(victim, signal.SIGKILL)
        at, moment = run.seconds, _step(run.printed)
        code = run.ended()
        seconds = run.seconds
        left = _left(run)
        return Outcome(
            trial=trial,
            pid=victim,
            at=at,
            moment=moment,
            restarted=len(run.seen[trial.victim]) > 1,
            code=code,
            seconds=seconds,
            left=left,
            printed=run.printed + _logs(folder, run),
        )


def _step(printed: str) -> str:
    """The step that was being played, as the run shows it."""
    last = printed.rstrip("\n").rsplit("\n", 1)[-1]
    return last.split("  ")[-1].split(" … ")[0] if " … " in last else "starting"


def _left(run: Headless) -> tuple[int, ...]:
    """Processes that outlive the run; the kernel is given a moment to take the last one away."""
    until = time.monotonic() + min(5.0, LIMIT)
    while (left := run.alive()) and time.monotonic() < until:
        time.sleep(0.05)
    return tuple(left)


def _logs(folder: Path, run: Headless) -> str:
    """The end of every log, for the report of a run that did not survive."""
    logs = sorted((folder / f"data-of-{run.name}" / "logs").glob("*.log"))
    logs += sorted(run.out.glob("*/log"))
    return "".join(
        f"\n--- {path.relative_to(folder)}\n"
        + path.read_text(encoding="utf-8", errors="replace")[-3000:]
        for path in logs
    )
