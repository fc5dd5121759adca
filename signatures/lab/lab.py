"""The lab: certificate authorities of two regions in a folder, for demonstrations and tests.

``Lab.create`` makes everything once; ``Lab.open`` finds it again in any process, byte for byte:
an ECDSA certificate that is signed anew has another digest and drops out of every trust list.
Nothing here reads a clock.
"""

from __future__ import annotations

import secrets
import shutil
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from asn1crypto import x509 as asn1_x509

from signatures.domain.errors import Conflict, Malformed, NotFound
from signatures.lab import records
from signatures.lab.profiles import PROFILES
from signatures.lab.region import Region

FORMAT = 1


class Lab:
    """Both regions; open one with :meth:`open`, make one with :meth:`create` or :meth:`ensure`."""

    def __init__(self, *, folder: Path, port: int, created: datetime) -> None:
        self.folder = folder
        self.port = port
        self.created = created
        self.base_url = f"http://127.0.0.1:{port}"
        self.regions: Mapping[str, Region] = MappingProxyType(
            {
                profile.name: Region(
                    folder=folder / profile.name, profile=profile, base_url=self.base_url
                )
                for profile in PROFILES
            }
        )

    @classmethod
    def create(cls, folder: Path | str, *, now: datetime, port: int | None = None) -> Lab:
        """Make a lab in ``folder``, whose certificates are valid around ``now``.

        End entities' certificates cover from three years before ``now`` to fourteen after it.
        ``port`` is where the lab will be served on 127.0.0.1; it stands in certificates and cannot
        change. Without it a port that is free at this moment is taken. Raises ``Conflict`` where
        there is a lab already.
        """
        target = Path(folder)
        if (target / "lab.json").exists():
            raise Conflict(f"There is a lab in {target.name} already.", code="lab-exists")
        if now.tzinfo is None:
            raise Malformed("The lab needs moments with their time zone.", code="naive-time")
        created = now.astimezone(UTC).replace(microsecond=0)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and moved there whole, so that nobody ever opens half a lab.
        draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            lab = cls(folder=draft, port=port or _free_port(), created=created)
            for region in lab.regions.values():
                region.create(now=created)
            records.write_json(
                draft / "lab.json",
                {"format": FORMAT, "port": lab.port, "created": created.isoformat()},
            )
            if target.is_dir() and not any(target.iterdir()):
                target.rmdir()
            draft.rename(target)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise Conflict(
                f"The lab cannot be made in {target.name}: {error.strerror}.", code="lab-exists"
            ) from error
        return cls.open(target)

    @classmethod
    def open(cls, folder: Path | str) -> Lab:
        """The lab that lies in ``folder``; raises ``NotFound`` where there is none."""
        target = Path(folder)
        record = records.read_json(target / "lab.json")
        if record.get("format") != FORMAT:
            raise Malformed("This lab was made by another version; make it anew.")
        return cls(
            folder=target,
            port=int(record["port"]),
            created=datetime.fromisoformat(record["created"]),
        )

    @classmethod
    def ensure(cls, folder: Path | str, *, now: datetime, port: int | None = None) -> Lab:
        """The lab in ``folder``, made first where there is none; safe in several processes."""
        try:
            return cls.open(folder)
        except NotFound:
            pass
        try:
            return cls.create(folder, now=now, port=port)
        except Conflict:
            return cls.open(folder)

    def region(self, name: str) -> Region:
        """The region named ``east`` or ``west``."""
        try:
            return self.regions[name]
        except KeyError as error:
            raise NotFound(f"The lab has no region {name!r}.", code="unknown-region") from error

    def revoke(
        self, certificate: asn1_x509.Certificate, at: datetime, reason: str = "unspecified"
    ) -> None:
        """Revoke a certificate, whichever region issued it, from ``at`` on."""
        for region in self.regions.values():
            if region.has_issued(certificate):
                region.revoke(certificate, at, reason)
                return
        raise NotFound("No region of the lab issued this certificate.", code="not-issued-here")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
