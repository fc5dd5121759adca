"""Many variants through one house: ``python -m demo.side_by_side --out FOLDER [NAME …]``.

A platform a category, with one cast and one official clock: tenders of one schedule are published
together and taken to their ends in turn, each with its package, which its own script verifies. All
categories after one another would take longer than a demonstration's clock lies in the past.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from demo import headless, variants
from demo.processes import StartFailed
from demo.run import DoesNotHold, Run
from demo.scenario import (
    amending,
    archiving,
    award,
    bidding,
    ending,
    evaluation,
    floor,
    grieving,
    opening,
    publishing,
)
from demo.variants import REJECTED, TERMINATED, TOO_FEW, UNQUALIFIED, Variant
from signatures.domain.errors import SunlitError


def play(first: Run, names: Iterable[str]) -> dict[str, Run]:
    """Every named variant on the platform and with the cast of ``first``; by name its run."""
    wanted = list(names)
    before = {variants.ALL[name].repeats for name in wanted}
    wanted += sorted(before - {"", *wanted})
    runs = {name: _joined(first, name, variants.ALL[name]) for name in wanted}
    order = sorted(runs.values(), key=lambda run: run.variant.schedule, reverse=True)
    for _schedule, group in itertools.groupby(order, key=lambda run: run.variant.schedule):
        together = list(group)
        for run in together:
            if run.variant.repeats:
                run.facts["predecessor"] = runs[run.variant.repeats].lot
        _together(together)
    return runs


def _joined(first: Run, name: str, variant: Variant) -> Run:
    tender = replace(variant.tender, key=name, name=name)
    return Run(
        platform=first.platform,
        troupe=first.troupe,
        variant=variant,
        tender=tender,
        began=first.began,
    )


def _together(runs: list[Run]) -> None:
    """Tenders of one schedule: chapter by chapter until the deadline, then one after another."""
    for run in runs:
        publishing.play(run)
        if run.variant.grieved:
            grieving.about_documents(run)
    ended = [run for run in runs if run.variant.end in (TERMINATED, UNQUALIFIED)]
    for run in ended:
        if run.variant.end == TERMINATED:
            ending.terminate(run)
    on_floor = [run for run in runs if run.variant.floor]
    for step in floor.CHAPTERS:
        for run in on_floor:
            step(run)
    running = [run for run in runs if run not in (*ended, *on_floor)]
    for chapter in (bidding.prepare, bidding.begin, _hand_in):
        for run in running:
            chapter(run)
    for run in running:
        if run.variant.amended:
            amending.play(run)
    for run in running:
        if run.variant.end == TOO_FEW:
            ending.fail(run)
        else:
            opening.play(run)
        if run.variant.amended:
            amending.named(run)
    for run in running:
        if run.variant.end == REJECTED:
            ending.reject_all(run)
        elif not run.variant.end:
            evaluation.play(run)
            award.play(run)
    for run in runs:
        archiving.play(run)
        if run.variant.grieved:
            grieving.in_the_package(run)
        if run.variant.amended:
            amending.in_the_package(run)


def _hand_in(run: Run) -> None:
    with run.step(f"{len(run.tenderers)} tenderers seal their bids at home and hand them in"):
        bidding.hand_in(run, run.tenderers)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make variants", description=__doc__)
    parser.add_argument("--out", required=True, help="folder for what actors keep, and results")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all by default")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - variants.ALL.keys()):
        parser.error(f"there is no variant {unknown[0]}; there are {', '.join(variants.ALL)}")
    signal.signal(signal.SIGTERM, _interrupt)
    out = Path(options.out).resolve()
    try:
        return _show(out, options.names or list(variants.ALL))
    except (StartFailed, DoesNotHold, SunlitError) as error:
        sys.stderr.write(f"The run ends here: {error}\n")
        return 1


def _show(out: Path, names: list[str]) -> int:
    began = time.monotonic()
    lines = []
    for category in dict.fromkeys(variants.ALL[name].category for name in names):
        with ExitStack() as held:
            data = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="sunlit-data-")))
            first = held.enter_context(headless.running(data=data, out=out / category))
            own = [name for name in names if variants.ALL[name].category == category]
            lines += [_line(name, run) for name, run in play(first, own).items()]
    (out / "variants.json").write_text(
        json.dumps(lines, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    for line in lines:
        sys.stdout.write(
            f"{line['name']:28} {line['procedure']:28} {line['ended']:11} {line['package']}\n"
        )
    sys.stdout.write(f"{len(lines)} variants, {time.monotonic() - began:.0f} s\n")
    return 0


def _line(name: str, run: Run) -> dict[str, str]:
    return {
        "name": name,
        "category": run.variant.category,
        "procedure": run.variant.procedure,
        "ended": run.variant.end or "contracted",
        "package": run.summary["package_digest"],
    }


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
