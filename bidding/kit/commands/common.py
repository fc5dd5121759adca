"""What several commands of the kit share: keys, passphrases, times, output."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bidding.kit import api as platforms
from bidding.kit import wire
from bidding.kit.api import ApiClient
from bidding.kit.errors import Malformed
from bidding.kit.key_store import FileStore, KeyStore, TokenStore
from bidding.kit.policy import Policy
from bidding.kit.token_keys import Token
from signatures.domain import jcs
from signatures.domain.keys import Signer, load_pkcs11, load_pkcs12

#: No statement, policy or key file is larger.
MAX_FILE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Command:
    """One word of the command line: its name, its help, its arguments, what it does.

    ``run`` returns what is printed as one line of JSON; errors are raised. ``exit_code`` tells
    from the result how the process ends.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Mapping[str, Any]]
    exit_code: Callable[[Mapping[str, Any]], int] = lambda _result: 0


def add_key_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the signing key is: a PKCS#12 file or a PKCS#11 token."""
    group = parser.add_argument_group("signing key")
    group.add_argument(
        "--p12", "--certificate", type=Path, help="PKCS#12 file with key and certificate"
    )
    group.add_argument("--p12-passphrase-file", type=Path, help="file with its passphrase")
    group.add_argument("--pkcs11-module", help="library of a PKCS#11 token")
    group.add_argument("--token-label", help="label of the token")
    group.add_argument("--key-label", help="label of the key on the token")
    group.add_argument("--pin-file", type=Path, help="file with the token's PIN")


def add_store_arguments(parser: argparse.ArgumentParser) -> None:
    """Where a trustee's slot keys live when it is not in an encrypted file."""
    group = parser.add_argument_group("slot keys on a token")
    group.add_argument(
        "--store-module", help="library of the PKCS#11 token that holds the slot keys"
    )
    group.add_argument("--store-token", metavar="LABEL", help="label of that token")
    group.add_argument("--store-pin-file", type=Path, help="file with its PIN (default: asked)")


def add_platform_arguments(parser: argparse.ArgumentParser, *, lot: bool = True) -> None:
    """Which platform, and how to speak to it; ``client_of`` reads them."""
    group = parser.add_argument_group("platform")
    group.add_argument("--origin", required=True, help="its address, https://…")
    if lot:
        group.add_argument("--lot", required=True, help="the lot: its id, or lot:<id>")
    group.add_argument("--language", default="zh-hans", help="of the platform's own messages")
    group.add_argument(
        "--patience",
        type=float,
        default=platforms.PATIENCE,
        metavar="SECONDS",
        help="how long a silent platform is asked again (default %(default)s)",
    )
    group.add_argument(
        "--demonstration-clock",
        metavar="URL",
        help="a demonstration's moved clock; never for a real tender",
    )


def add_policy_argument(parser: argparse.ArgumentParser) -> None:
    """The policy as the tenderer sealed for it, to hold the platform to."""
    parser.add_argument(
        "--policy",
        type=Path,
        help="the sealing policy: receipts must then hold under the log and seal known to it",
    )


@contextmanager
def client_of(arguments: argparse.Namespace, *, sign_in: bool = True) -> Iterator[ApiClient]:
    """A client, signed in by the certificate that the arguments name."""
    clock = platforms.real_clock
    if arguments.demonstration_clock:
        clock = platforms.DemonstrationClock(arguments.demonstration_clock)
    signer = signer_of(arguments)
    client = ApiClient(
        arguments.origin,
        signer=signer,
        clock=clock,
        patience=arguments.patience,
        language=arguments.language,
    )
    try:
        if sign_in:
            client.sign_in()
        yield client
    finally:
        client.close()
        signer.close()


def policy_of(arguments: argparse.Namespace) -> Policy | None:
    """The policy in the file that was given, if one was."""
    if arguments.policy is None:
        return None
    return Policy.parse(read(arguments.policy), origin=arguments.origin.rstrip("/"))


def moment_of(text: str) -> datetime:
    """A time on the command line: ``2026-03-20T01:30:00Z``; ``Malformed`` otherwise."""
    return wire.moment(text)


def slot_pairs(values: list[str] | None, what: str) -> dict[int, str]:
    """``SLOT=…`` given any number of times, by slot."""
    found: dict[int, str] = {}
    for text in values or ():
        slot, separator, value = text.partition("=")
        if not separator or slot not in ("1", "2", "3", "4") or not value or int(slot) in found:
            raise Malformed(f"{what} takes SLOT=… once a slot, not {ascii(text)[:80]}.")
        found[int(slot)] = value
    return found


def tell(line: str) -> None:
    """A line for people, on standard error, at once."""
    sys.stderr.write(f"{' '.join(line.split())}\n")
    sys.stderr.flush()


def add_passphrase_argument(parser: argparse.ArgumentParser) -> None:
    """The passphrase that protects what this device keeps."""
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        help="file with the passphrase that protects keys on this device (asked for if absent)",
    )


def add_time_argument(parser: argparse.ArgumentParser) -> None:
    """The time written into statements, where this computer's clock will not do."""
    parser.add_argument("--at", metavar="TIME", help="YYYY-MM-DDTHH:MM:SS.ffffffZ instead of now")


def time_of(arguments: argparse.Namespace) -> datetime:
    """The time given, or this computer's."""
    return datetime.now(UTC) if arguments.at is None else jcs.parse_timestamp(arguments.at)


def signer_of(arguments: argparse.Namespace) -> Signer:
    """The signing key that the arguments name; ``Malformed`` when they name none, or two."""
    if (arguments.p12 is None) == (arguments.pkcs11_module is None):
        raise Malformed("Give either --p12 or --pkcs11-module.")
    if arguments.p12 is not None:
        passphrase = secret(arguments.p12_passphrase_file, "Passphrase of the PKCS#12 file: ")
        return load_pkcs12(read(arguments.p12), passphrase)
    if not arguments.token_label or not arguments.key_label:
        raise Malformed("A token needs --token-label and --key-label.")
    pin = secret(arguments.pin_file, "PIN of the token: ")
    return load_pkcs11(arguments.pkcs11_module, arguments.token_label, pin, arguments.key_label)


def key_store_of(arguments: argparse.Namespace) -> KeyStore:
    """The place of a trustee's slot keys: a token where one is named, else an encrypted file."""
    if arguments.store_module is None:
        if arguments.store_token is not None or arguments.store_pin_file is not None:
            raise Malformed("A token with slot keys needs --store-module.")
        return FileStore(passphrase_of(arguments))
    if not arguments.store_token:
        raise Malformed("A token with slot keys needs --store-token.")
    return TokenStore(
        Token(
            module=arguments.store_module,
            label=arguments.store_token,
            pin=secret(arguments.store_pin_file, "PIN of the token with the slot keys: "),
            shared=arguments.pkcs11_module == arguments.store_module,
        )
    )


def passphrase_of(arguments: argparse.Namespace) -> str:
    """The device's passphrase, from its file or asked for."""
    return secret(arguments.passphrase_file, "Passphrase for keys on this device: ")


def secret(path: Path | None, prompt: str) -> str:
    """The first line of a file, or what is typed without being shown."""
    if path is None:
        return getpass.getpass(prompt)
    try:
        lines = read(path).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise Malformed(f"The file {path.name} is not text.") from None
    if not lines or not lines[0]:
        raise Malformed(f"The file {path.name} is empty.")
    return lines[0]


def read(path: Path) -> bytes:
    """A small file's bytes; ``Malformed`` by name when it cannot be read or is too large."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise Malformed(f"The file {path.name} is larger than {MAX_FILE} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise Malformed(f"The file {path.name} cannot be read: {error.strerror}.") from None


def show(result: Mapping[str, Any]) -> None:
    """Print a result as one line of JSON."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, sort_keys=True) + "\n")
