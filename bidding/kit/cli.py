"""The kit's command line: ``python -m bidding.kit COMMAND …``.

Each command prints its result as one line of JSON; progress and anything wrong are lines on
standard error, never a trace. Exit codes:

====  ============================================================================================
0     done
1     refused or wrong: the line says what and why; the same call again gives the same answer
2     the command line itself is wrong
3     not yet: the platform did not answer, or it is not time; the same call goes on from there
130   interrupted; the same call goes on from there
====  ============================================================================================
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bidding.kit.commands import (
    check,
    common,
    consortium,
    guarantee,
    keep,
    keygen,
    policy,
    rehearse,
    release,
    seal,
    status,
    submit,
    times,
    verify,
    withdraw,
)
from bidding.kit.errors import SunlitError
from signatures.domain.errors import Unavailable

FAILED, NOT_YET, INTERRUPTED = 1, 3, 130
COMMANDS: tuple[common.Command, ...] = (
    keygen.COMMAND,
    check.COMMAND,
    check.CLEAN,
    seal.COMMAND,
    submit.COMMAND,
    status.COMMAND,
    withdraw.COMMAND,
    verify.COMMAND,
    rehearse.COMMAND,
    release.COMMAND,
    keep.COMMAND,
    policy.COMMAND,
    times.SCHEDULE,
    times.GATE,
    guarantee.COMMAND,
    consortium.COMMAND,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit code."""
    parsed = _parser().parse_args(arguments)
    command: common.Command = parsed.command
    try:
        result = command.run(parsed)
        common.show(result)
    except Unavailable as error:
        return _fail(_words(error), NOT_YET)
    except SunlitError as error:
        return _fail(_words(error))
    except OSError as error:
        return _fail(f"{error.filename or 'A file'}: {error.strerror}.")
    except (KeyboardInterrupt, EOFError):
        return _fail("Interrupted.", INTERRUPTED)
    return command.exit_code(result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bidding.kit",
        description="Seal, hand in, check and open bids on your own computer.",
        epilog="Exit codes: 0 done; 1 refused or wrong; 2 wrong command line; 3 not yet, call"
        " again; 130 interrupted, call again.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(one)
        one.set_defaults(command=command)
    return parser


def _words(error: SunlitError) -> str:
    """What is said of an error: its sentence, and its code where it is more than its kind."""
    is_telling = error.code != type(error).default_code
    return f"{error} [{error.code}]" if is_telling else str(error)


def _fail(message: str, code: int = FAILED) -> int:
    common.tell(message)
    return code
