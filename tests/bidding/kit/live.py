"""A real platform on a port of this machine, over the test's own database, and its people.

The server is a process of its own, so it can be killed; what clock process, witness and worker
would do is done by the test in its own time.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from bidding.kit.api import ApiClient
from bidding.kit.device import Submission
from bidding.kit.sealing import Document, seal_bid
from signatures.domain import clock
from tests.bidding import server
from tests.bidding.sealing import people
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.people import Person
from tests.bidding.sealing.world import World

ROOT = Path(__file__).resolve().parents[3]
PASSPHRASE = worlds.PASSPHRASE
MIB = 1024 * 1024


@dataclass
class Live:
    """The world behind a real server; ``client`` is somebody's own program."""

    world: World
    folder: Path
    port: int
    server: server.Server | None = None
    clients: list[ApiClient] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def lot(self) -> Any:
        return self.world.lot

    @property
    def listens(self) -> int:
        """The server's own port, where something stands between it and its clients."""
        return self.port

    def start(self) -> None:
        self.server = server.start(
            "trading.asgi:application",
            port=self.listens,
            env=server.environment(
                SUNLIT_LAB=str(settings.LAB),
                SUNLIT_ORIGIN=self.origin,
                SUNLIT_WITNESSES=",".join(settings.WITNESSES),
            ),
        )

    def kill(self) -> None:
        """kill -9, by its own pid."""
        assert self.server is not None
        self.server.kill()

    def client(self, person: Person, *, patience: float = 30.0) -> ApiClient:
        client = ApiClient(self.origin, signer=person.key, clock=clock.now, patience=patience)
        client.sign_in()
        self.clients.append(client)
        return client

    def files(self, name: str, *, technical: int = 1000) -> dict[int, list[Document]]:
        folder = self.folder / "devices" / name
        folder.mkdir(parents=True)
        contents = {
            1: ("sheet.json", b'{"duration_days":120,"manager":"Li Qiang"}'),
            2: ("qualification.pdf", b"%PDF-1.7 qualification"),
            3: ("technical.bin", bytes(range(256)) * (technical // 256 + 1)),
            4: ("price.json", b'{"currency":"CNY","price":"4800000.00"}'),
        }
        documents = {}
        for slot, (file, content) in contents.items():
            path = folder / file
            path.write_bytes(content)
            documents[slot] = [Document(path=path, type="application/octet-stream")]
        return documents

    def sealed(self, person: Person, name: str, **options: Any) -> tuple[Submission, Path]:
        """A bid sealed into a folder, as the command line does it."""
        assert self.world.policy is not None
        submission, kit = seal_bid(
            self.world.policy,
            self.files(name, **options),
            signer=person.key,
            bid=uuid.uuid4(),
            version=1,
            at=clock.now(),
            passphrase=PASSPHRASE,
        )
        folder = self.folder / "sealed" / name
        folder.mkdir(parents=True)
        submission.save(folder / "submission.json")
        kit.save(folder / "recovery-kit.json", PASSPHRASE)
        (folder / "policy.json").write_bytes(self.world.policy.encode())
        return submission, folder

    def device(self, person: Person, folder: Path, region: str) -> list[str]:
        """The options by which the command line finds this person's certificate and platform."""
        issued = people.issued(
            next(each for each in (person.key.certificate.subject.native["common_name"],)),
            region,
            "rsa" if person.key.certificate.public_key.algorithm == "rsa" else "ec",
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "key.p12").write_bytes(issued.pkcs12(PASSPHRASE))
        (folder / "pass").write_text(PASSPHRASE)
        return [
            "--origin", self.origin,
            "--certificate", str(folder / "key.p12"),
            "--p12-passphrase-file", str(folder / "pass"),
            "--demonstration-clock", f"{self.origin}/demonstration/clock",
        ]  # fmt: skip


@contextmanager
def standing(world_of: Any, folder: Path, kind: type[Live] = Live) -> Iterator[Live]:
    """A server for the length of a test. ``world_of`` builds the world once the port is known."""
    port = server.free_port()
    settings.ORIGIN = f"http://127.0.0.1:{port}"
    live = kind(world=world_of(folder), folder=folder, port=port)
    live.start()
    try:
        yield live
    finally:
        for client in live.clients:
            client.close()
        if live.server is not None and live.server.process.poll() is None:
            live.kill()
        connection.close()


def kit(*arguments: str, wait: float = 60.0) -> subprocess.CompletedProcess[str]:
    """The kit's command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bidding.kit", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=wait,
        check=False,
    )
