"""``python -m demo``: serve the platform, or play one tender through it and end."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bidding.kit.manifest import FileEntry
from demo import headless, variants
from demo.living.place import Place, greet
from demo.platform import Platform, port_of
from demo.processes import StartFailed, reserve
from demo.run import STAGES, DoesNotHold
from signatures.domain.errors import SunlitError

INTERRUPTED = 130
#: The variants that go all the way, stage by stage.
WHOLE = [name for name, each in variants.ALL.items() if not each.end]


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    # Once is enough: a second signal must not cut short the stopping that the first one asked for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return _headless(options) if options.headless else _serve(options)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; everything is stopped.\n")
        return INTERRUPTED
    except (StartFailed, DoesNotHold, SunlitError) as error:
        sys.stderr.write(f"The run ends here: {error}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'A file'}: {error.strerror or error}.\n")
    return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _serve(options: argparse.Namespace) -> int:
    """Serve a place; a new one is laid out first, unless an empty one is asked for."""
    data = Path(options.data or "var/demo").resolve()
    out = Path(options.out or data / "devices").resolve()
    place = Place(data=data, out=out)
    with ExitStack() as held:
        headless.hold(held, data)
        place.set_aside()
        new = place.is_new and not options.empty
        line = held.enter_context(reserve(options.port or port_of(data) or 8000))
        if new:
            place.begin()
        # A place to live in is quiet while nothing happens.
        platform = Platform(data=data, out=out, port=line.getsockname()[1], pace=2.0)
        held.callback(platform.stop)
        # Another OUT has no operator yet: one is found for it.
        known = platform.operator_password_file.exists()
        platform.prepare(founded=known and place.is_ready)
        platform.start()
        platform.start_outside()
        if new:
            place.lay_out(platform)
        greet(platform, place)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
        sys.stdout.write("Stopping.\n")
    return 0


def _headless(options: argparse.Namespace) -> int:
    out = Path(options.out).resolve()
    data = Path(options.data or tempfile.mkdtemp(prefix="sunlit-data-")).resolve()
    sys.stdout.write(f"The platform keeps its data in {data}, actors theirs in {out}.\n")
    with headless.running(
        data=data,
        out=out,
        port=options.port,
        variant=variants.ALL[options.category],
        bid_file=options.bid_file,
    ) as run:
        headless.play(run, until=options.until)
    sys.stdout.write(f"Everything held. {out / 'summary.json'}\n")
    return 0


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; ``--help`` shows the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="make demo", description=__doc__)
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("--empty", action="store_true", help="serve without playing anything")
    parser.add_argument("--out", help="folder for what actors keep, and for the results")
    parser.add_argument("--data", help="folder for all that the platform keeps")
    parser.add_argument("--category", default="construction", choices=tuple(WHOLE))
    parser.add_argument("--until", default=STAGES[-1], choices=STAGES)
    parser.add_argument("--bid-file", type=Path, help="one tenderer's technical document")
    parser.add_argument("--port", type=int)
    options = parser.parse_args(arguments)
    if options.headless and not options.out:
        parser.error("a headless run needs OUT=folder")
    if options.port is not None and not 1 <= options.port <= 65535:
        parser.error(f"there is no port {options.port}; ports are 1 to 65535")
    for name in ("out", "data"):
        folder = getattr(options, name)
        if folder and Path(folder).exists() and not Path(folder).is_dir():
            parser.error(f"{name.upper()}={folder} is not a folder")
    if options.headless and options.data:
        _apart(parser, Path(options.out).resolve(), Path(options.data).resolve())
    if options.bid_file is not None:
        if not options.bid_file.is_file():
            parser.error(f"there is no file {options.bid_file}")
        try:
            FileEntry.describe(options.bid_file, type="application/octet-stream")
        except SunlitError as error:
            parser.error(f"BID_FILE: {error}")
    return options


def _apart(parser: _Parser, out: Path, data: Path) -> None:
    """What actors keep must not lie where the platform keeps its own."""
    if out == data or out.is_relative_to(data) or data.is_relative_to(out):
        parser.error("OUT and DATA must be two folders, neither within the other")


if __name__ == "__main__":
    raise SystemExit(main())
