"""The kit's command line: ``python -m bidding.kit COMMAND …``.

Each command prints one line of JSON and ends with 0; anything wrong is one line on standard error
and ends with 1 (2 for a wrong command line), never a trace.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bidding.kit.commands import common, keygen, seal, verify
from bidding.kit.errors import SunlitError

COMMANDS: tuple[common.Command, ...] = (keygen.COMMAND, seal.COMMAND, verify.COMMAND)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit code."""
    parsed = _parser().parse_args(arguments)
    command: common.Command = parsed.command
    try:
        common.show(command.run(parsed))
    except SunlitError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or 'A file'}: {error.strerror}.")
    except (KeyboardInterrupt, EOFError):
        return _fail("Interrupted.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bidding.kit", description="Seal, check and open bids on your own computer."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(one)
        one.set_defaults(command=command)
    return parser


def _fail(message: str) -> int:
    sys.stderr.write(f"{' '.join(message.split())}\n")
    return 1
