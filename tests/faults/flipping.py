"""One flipped bit in an archive package: the commands that its VERIFY.md names, run together."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: What VERIFY.md asks for beside verify.py itself; without one of them a flip could go unseen.
TOOLS = ("sha256sum", "qpdf", "pdfsig", "openssl")
#: Files that no manifest of the bag covers, because they may be renewed.
RENEWED = "evidence/"


def missing_tools() -> list[str]:
    return [name for name in TOOLS if shutil.which(name) is None]


@dataclass(frozen=True)
class Bit:
    """One bit of one file, by the file's path in the package."""

    path: str
    offset: int
    bit: int


def every_file(package: Path) -> list[str]:
    return sorted(
        each.relative_to(package).as_posix() for each in package.rglob("*") if each.is_file()
    )


def random_bits(package: Path, seed: int, in_each_file: int) -> Iterator[Bit]:
    """Bits at random in every file: none is left out because another is larger."""
    chance = random.Random(seed)
    for path in every_file(package):
        size = (package / path).stat().st_size
        for _ in range(in_each_file if size else 0):
            yield Bit(path=path, offset=chance.randrange(size), bit=chance.randrange(8))


@contextmanager
def flipped(package: Path, bit: Bit) -> Iterator[None]:
    """The package with this bit flipped, and as it was again afterwards."""
    target = package / bit.path
    whole = target.read_bytes()
    changed = bytearray(whole)
    changed[bit.offset] ^= 1 << bit.bit
    target.write_bytes(changed)
    try:
        yield
    finally:
        target.write_bytes(whole)


def all_bits(package: Path, path: str) -> Iterator[Bit]:
    for offset in range((package / path).stat().st_size):
        for bit in range(8):
            yield Bit(path=path, offset=offset, bit=bit)


@dataclass(frozen=True)
class Guide:
    """The checks that a package's VERIFY.md documents, as somebody follows them who has noted
    the package's digest and that of ``verify.py`` beforehand."""

    package: Path
    digest: str
    script_digest: str
    commands: tuple[str, ...]

    @classmethod
    def of(cls, package: Path, digest: str) -> Guide:
        text = (package / "verify/VERIFY.md").read_text(encoding="utf-8")
        lines = [
            line
            for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
            if not re.search(r"curl|DIGEST|KEY|bagit", line)
        ]
        assert set(TOOLS) <= {line.split()[0] for line in lines}
        script = (package / "verify/verify.py").read_bytes()
        return cls(
            package=package,
            digest=digest,
            script_digest=hashlib.sha256(script).hexdigest(),
            # The cheapest first: most flips need no more.
            commands=tuple(sorted(lines, key=lambda line: not line.startswith("sha256sum"))),
        )

    def failing(self) -> str | None:
        """The first check that does not hold, or None when the package passes them all."""
        for line in self.commands:
            said = self._run(["bash", "-o", "pipefail", "-c", line])
            if said is None or not self._expected(line, said):
                return line
        expect = [sys.executable, "-I", "-S", "verify/verify.py", "--expect", self.digest]
        return None if self._run(expect) is not None else "verify.py --expect"

    def _expected(self, line: str, said: str) -> bool:
        """What VERIFY.md says that a reader must see in the output."""
        if line == "sha256sum tagmanifest-sha256.txt":
            return said.split()[0] == self.digest
        if line == "sha256sum verify/verify.py":
            return said.split()[0] == self.script_digest
        if line.startswith("openssl ts -verify"):
            return "Verification: OK" in said
        if line.startswith("pdfsig"):
            return "Signature is Valid." in said and "Total document signed" in said
        return True

    def _run(self, command: list[str]) -> str | None:
        """What a command says, or None when it fails."""
        done = subprocess.run(
            command, cwd=self.package, capture_output=True, text=True, errors="replace", check=False
        )
        return done.stdout + done.stderr if done.returncode == 0 else None
