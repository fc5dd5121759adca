"""``python -m demo``: serve the platform, or play one tender through it and end."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path
from types import FrameType

from demo import cast
from demo.actors import assemble
from demo.platform import Platform
from demo.processes import StartFailed, free_port
from demo.run import STAGES, DoesNotHold, Run
from signatures.domain.errors import SunlitError

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


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    if options.headless:
        return _headless(options)
    return _serve(options)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _serve(options: argparse.Namespace) -> int:
    data = Path(options.data or "var/demo").resolve()
    platform = Platform(data=data, out=Path(options.out or data / "devices").resolve(),
                        port=options.port or 8000)  # fmt: skip
    try:
        platform.prepare()
        platform.start()
        platform.start_outside()
        sys.stdout.write(
            f"Sunlit Trading 阳光交易 is at {platform.origin}\n"
            f"  operator: user name operator, password in {platform.operator_password_file}\n"
            "  Interrupt (Ctrl-C) stops everything.\n"
        )
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("Stopping.\n")
    except StartFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        platform.stop()
    return 0


def _headless(options: argparse.Namespace) -> int:
    out = Path(options.out).resolve()
    if options.data:
        data = Path(options.data).resolve()
    else:
        data = Path(tempfile.mkdtemp(prefix="sunlit-data-"))
    platform = Platform(data=data, out=out, port=options.port or free_port())
    sys.stdout.write(f"The platform keeps its data in {data}, actors theirs in {out}.\n")
    try:
        platform.prepare()
        platform.start()
        platform.start_outside()
        run = Run(
            platform=platform,
            troupe=assemble(platform, cast.ROLES + cast.EXPERTS),
            category=options.category,
            bid_file=options.bid_file,
        )
        for stage in STAGES[: STAGES.index(options.until) + 1]:
            import_module(f"demo.scenario.{SCENARIO[stage]}").play(run)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130
    except (StartFailed, DoesNotHold, SunlitError) as error:
        sys.stderr.write(f"The run ends here: {error}\n")
        return 1
    finally:
        platform.stop()
    sys.stdout.write(f"Everything held. {out / 'summary.json'}\n")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("--out", help="folder for what actors keep, and for the results")
    parser.add_argument("--data", help="folder for all that the platform keeps")
    parser.add_argument("--category", default="construction", choices=("construction",))
    parser.add_argument("--until", default=STAGES[-1], choices=STAGES)
    parser.add_argument("--bid-file", type=Path, help="one tenderer's technical document")
    parser.add_argument("--port", type=int)
    options = parser.parse_args(arguments)
    if options.headless and not options.out:
        parser.error("a headless run needs OUT=folder")
    if options.bid_file is not None and not options.bid_file.is_file():
        parser.error(f"there is no file {options.bid_file}")
    return options


if __name__ == "__main__":
    raise SystemExit(main())
