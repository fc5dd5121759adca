"""What every benchmark shares: a figure beside the limit measured in the same run.

A machine drifts, so a figure alone says little: what counts is its ratio to the bare limit of
the same machine in the same minute. The two are measured in turn, at least three times each, and
medians are compared.

A module of this package that has ``BENCHMARKS``, a dict of name -> function without arguments
that returns figures, takes part.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import benchmarks

RUNS = 3
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Figure:
    """One result. ``aim`` is ``>= x`` or ``<= x`` for the ratio, or for the figure itself where
    it carries a unit (``<= 1 ms``); ``or`` stands between two of which one suffices."""

    name: str
    figure: float
    unit: str
    limit: float
    aim: str

    @property
    def ratio(self) -> float:
        return self.figure / self.limit if self.limit else 0.0

    @property
    def ok(self) -> bool:
        return any(self._reaches(aim) for aim in self.aim.split(" or "))

    def _reaches(self, aim: str) -> bool:
        sign, number, *unit = aim.split()
        value = self.figure if unit else self.ratio
        return value >= float(number) if sign == ">=" else value <= float(number)

    def as_dict(self) -> dict[str, Any]:
        """The figure as ``--json`` prints it."""
        return {
            **asdict(self),
            "figure": round(self.figure, 3),
            "limit": round(self.limit, 3),
            "ratio": round(self.ratio, 3),
            "ok": self.ok,
        }

    def line(self) -> str:
        """The figure for people."""
        return (
            f"{self.name:28} {self.figure:12,.2f} {self.unit:14} limit {self.limit:12,.2f}"
            f"   ratio {self.ratio:5.2f}   aim {self.aim:8} {'ok' if self.ok else 'MISSED'}"
        )


Benchmark: TypeAlias = Callable[[], list[Figure]]


def known() -> dict[str, Benchmark]:
    """All benchmarks by name."""
    found: dict[str, Benchmark] = {}
    for module in sorted(item.name for item in pkgutil.iter_modules(benchmarks.__path__)):
        if module != "__main__":
            loaded = importlib.import_module(f"benchmarks.{module}")
            found.update(getattr(loaded, "BENCHMARKS", {}))
    return found


def in_turn(
    measure: Callable[[], float], limit: Callable[[], float], *, runs: int = RUNS
) -> tuple[float, float]:
    """Medians of the figure and of its limit, measured alternately."""
    figures: list[float] = []
    limits: list[float] = []
    for _ in range(runs):
        limits.append(limit())
        figures.append(measure())
    return statistics.median(figures), statistics.median(limits)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@contextmanager
def platform(**more: str) -> Iterator[Path]:
    """Django on a fresh file database of this run's own; yields its data folder.

    Once a process: settings are read once.
    """
    with tempfile.TemporaryDirectory(prefix="sunlit-bench-") as folder:
        usual = {
            "DJANGO_SETTINGS_MODULE": "trading.settings",
            "SUNLIT_MODE": "test",
            "SUNLIT_DATA": folder,
            "SUNLIT_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "SUNLIT_LOG_LEVEL": "WARNING",
        }
        os.environ.update({**usual, **more})
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        yield Path(folder)
        connections.close_all()


def run_alone(name: str) -> list[dict[str, Any]]:
    """Run one benchmark in a process of its own, so that none inherits another's settings."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--json", "--here"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
        timeout=1200,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The benchmark {name} failed with {done.returncode}.")
    return list(json.loads(done.stdout))
