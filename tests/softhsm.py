"""A real PKCS#11 token for tests: SoftHSM2 over a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
import pytest

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4321"


@contextmanager
def tokens(folder: Path) -> Iterator[Path]:
    """The library started over ``folder``; the place of its tokens, of which there are none yet.

    The library reads its configuration when it is started, so it is ended again afterwards.
    """
    if not MODULE.exists() or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed (Debian package softhsm2)")
    place = folder / "tokens"
    place.mkdir(parents=True, exist_ok=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {place}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        start()
        yield place
        pkcs11.lib(str(MODULE)).finalize()
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def start() -> None:
    """Start the library anew: it sees the tokens that lie there now."""
    pkcs11.lib(str(MODULE)).reinitialize()


def make(label: str, pin: str = PIN) -> None:
    """A new token with this label, as its officer makes it with the token's own tool."""
    util("--init-token", "--free", "--label", label, "--so-pin", pin, "--pin", pin)
    start()


def util(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def serial(label: str) -> str:
    (token,) = pkcs11.lib(str(MODULE)).get_tokens(token_label=label)
    return token.serial.decode().strip()
