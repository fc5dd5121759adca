"""One tender, played in this process through a platform of its own; it can pause at any stage."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path

from bidding.kit.locking import exclusive
from demo import cast
from demo.actors import assemble
from demo.platform import Platform, port_of
from demo.processes import reserve
from demo.run import STAGES, Run
from demo.variants import CONSTRUCTION, Variant
from signatures.domain.errors import Refused

#: The module that plays up to each stage.
SCENARIO = {
    "published": "publishing",
    "bidding": "bidding",
    "opened": "opening",
    "reported": "evaluation",
    "contracted": "award",
    "inspected": "inspection",
    "packaged": "archiving",
}

#: What is played of a lot whose price is asked on the floor: nothing is sealed, opened or scored.
ON_FLOOR = ("publishing", "floor", "archiving")

#: Where an earlier run's devices and results are kept when a folder is used again.
EARLIER = "earlier"
PIDS = "processes"
#: All that a run writes in its ``out``.
WRITTEN = (
    PIDS, "actors", "operator", "witness", "keeper", "draws", "records", "package",
    "summary.json", "summary.draft",
)  # fmt: skip


@contextmanager
def running(
    *,
    data: Path,
    out: Path,
    port: int | None = None,
    variant: Variant = CONSTRUCTION,
    bid_file: Path | None = None,
) -> Iterator[Run]:
    """A platform with its processes alive and its actors signed in; stopped at the end.

    ``data`` may hold earlier tenders, this one joins them; ``out`` holds one run, and what an
    earlier one left there is set aside under ``earlier/``. Raises ``Refused`` when another run
    is at work in either folder, ``StartFailed`` when a process does not come up.
    """
    with ExitStack() as held:
        for folder in (data, out):
            hold(held, folder)
        set_aside(out)
        line = held.enter_context(reserve(port or port_of(data)))
        platform = Platform(data=data, out=out, port=line.getsockname()[1])
        held.callback(platform.stop)
        platform.prepare()
        platform.start()
        platform.start_outside()
        troupe = assemble(platform, cast.ROLES + cast.EXPERTS)
        held.callback(troupe.leave)
        yield Run(
            platform=platform,
            troupe=troupe,
            variant=variant,
            tender=variant.tender,
            bid_file=bid_file,
        )


def play(run: Run, *, until: str) -> None:
    """Play on from where the run stands to the end of the stage ``until``; a floor to its end."""
    reached = len(run.summary.get("stages", ()))
    if run.variant.floor:
        for name in ON_FLOOR[reached:]:
            import_module(f"demo.scenario.{name}").play(run)
        return
    for stage in STAGES[reached : STAGES.index(until) + 1]:
        import_module(f"demo.scenario.{SCENARIO[stage]}").play(run)


def hold(held: ExitStack, folder: Path) -> None:
    """Two runs in one folder would take one another's keys for their own."""
    try:
        held.enter_context(exclusive(folder))
    except Refused:
        raise Refused(
            f"Another run is at work in {folder}. Wait for it, or give another folder.",
            code="busy",
        ) from None


def set_aside(out: Path) -> None:
    """Actors come with new devices each time: keys of another tender would only be refused.

    Only what a run itself writes is moved, and only where a run has been: ``out`` may be a folder
    in which somebody keeps other things.
    """
    if not (out / PIDS).exists():
        return
    left = [out / name for name in WRITTEN if (out / name).exists()]
    target = out / EARLIER / secrets.token_hex(4)
    target.mkdir(parents=True)
    for each in left:
        each.rename(target / each.name)
