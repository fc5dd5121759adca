"""The place itself: laid out once, then only served; and the file that says who signs in how.

``DATA/demonstration.json`` is both: how far the laying out came, and the sign-ins. The platform's
demonstration page reads it; passwords stand in no table.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import headless
from demo.actors import Actor, assemble
from demo.living import people
from demo.living.timeline import Timeline
from demo.platform import Platform, write_secret
from signatures.domain.errors import Refused

FILE = "demonstration.json"
#: Where what an interrupted laying out left is set aside, within ``data``.
INTERRUPTED = "interrupted"
BEGUN, READY = "begun", "ready"
OPERATOR_PART = "operator"

#: All that a platform and its devices keep in ``data``.
KEPT = (
    "clock.lock", "devices", "keys", "lab", "logs", "port", "quarantine", "secret-key", "static",
    "store", "sunlit.sqlite3", "sunlit.sqlite3-shm", "sunlit.sqlite3-wal", "uploads", FILE,
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The living place in a data folder."""

    data: Path
    out: Path

    @property
    def file(self) -> Path:
        return self.data / FILE

    @property
    def is_new(self) -> bool:
        """Whether nothing was founded here yet."""
        return not (self.data / "lab").exists() and not self.file.exists()

    @property
    def is_ready(self) -> bool:
        """Whether it was laid out to its end."""
        return self.state.get("state") == READY

    @property
    def state(self) -> dict[str, Any]:
        """What the file says; empty where this is no living place."""
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise Refused(f"{self.file} is damaged: {error}. Give another DATA.") from error
        return found if isinstance(found, dict) else {}

    def begin(self) -> None:
        """Note that the first start has begun, before anything else is written here."""
        self._write(BEGUN, chapter="founding")

    def lay_out(self, platform: Platform) -> None:
        """Play every tender to its stage; takes minutes, and is done once."""
        self._write(BEGUN, chapter="assembling")
        sys.stdout.write("First start: the tenders are played now, which takes a few minutes.\n")
        sys.stdout.write("Organisations and people are registered, each with a certificate … ")
        sys.stdout.flush()
        began = time.monotonic()
        troupe = assemble(platform, people.ROLES, people.COMPANIES)
        sys.stdout.write(f"{time.monotonic() - began:.1f} s\n")
        try:
            timeline = Timeline(
                platform, troupe, lambda chapter: self._write(BEGUN, chapter=chapter)
            )
            timeline.play()
            self.finish(timeline)
        finally:
            troupe.leave()

    def finish(self, timeline: Timeline) -> None:
        """Note that everything was played, how everybody signs in, and where a visitor begins."""
        self._write(READY, people=_sign_ins(timeline), route=timeline.route())

    def set_aside(self) -> Path | None:
        """Clear what an interrupted laying out left; where it was put, or None if there is none.

        Half a tender cannot be played on: its actors' devices ended with the process. Raises
        :class:`Refused` where the rows lie in a database of their own, which nobody empties.
        """
        state = self.state
        if state.get("state") != BEGUN:
            return None
        if os.environ.get("SUNLIT_DATABASE_URL"):
            raise Refused(
                f"The laying out was interrupted at “{state.get('chapter')}”. Empty the database"
                f" that SUNLIT_DATABASE_URL names and the folder {self.data}, then start again.",
                code="interrupted",
            )
        target = self.data / INTERRUPTED / secrets.token_hex(4)
        target.mkdir(parents=True)
        headless.set_aside(self.out)
        # The file goes last: whoever is interrupted here sets aside once more.
        for name in KEPT:
            if (self.data / name).exists():
                (self.data / name).rename(target / name)
        sys.stdout.write(
            f"The first start was interrupted at “{state.get('chapter')}”. What it left is in"
            f" {target}, which you may delete; everything begins anew.\n"
        )
        return target

    def _write(self, state: str, **fields: Any) -> None:
        text = json.dumps({"state": state, **fields}, ensure_ascii=False, indent=1)
        write_secret(self.file, text + "\n")


def greet(platform: Platform, place: Place) -> None:
    """Say where the platform is and how each role signs in; wake the centre's keeper."""
    out = platform.out / "actors" / "keeper"
    if (out / "certificate.p12").exists():
        platform.start_keeper(out / "certificate.p12", out / "passphrase")
    lines = [f"Sunlit Trading 阳光交易 is at {platform.origin}"]
    found = place.state.get("people", [])
    if found:
        lines.append(f"Begin at {platform.origin}/demonstration/  A sign-in for each role:")
    else:
        lines.append(
            f"  operator: user name {platform.operator},"
            f" password in {platform.operator_password_file}"
        )
    shown: set[str] = set()
    for each in found:
        if each["part"] not in shown:
            shown.add(each["part"])
            lines.append(f"  {each['part']:<11} {each['username']:<13} {each['password']}")
    lines.append("Interrupt (Ctrl-C) stops everything.")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _sign_ins(timeline: Timeline) -> list[dict[str, Any]]:
    """A sign-in for each person; files are named by their paths, as a signing dialog needs them."""
    platform = timeline.troupe.platform
    operator = {
        "part": OPERATOR_PART,
        "username": platform.operator,
        "password": platform.operator_password_file.read_text(encoding="utf-8"),
    }
    people_ = [each for each in people.ROLES if each.key not in people.UNATTENDED]
    return [operator, *(_sign_in(timeline.troupe[each.key], timeline) for each in people_)]


def _sign_in(actor: Actor, timeline: Timeline) -> dict[str, Any]:
    keys = {
        run.tender.title: run.folder(actor) / "trustee" / "keys.json" for run in timeline.sealed()
    }
    return {
        "part": people.part_of(actor.role),
        "username": actor.username,
        "password": actor.password_file.read_text(encoding="utf-8"),
        "certificate": str(actor.certificate_file),
        "passphrase": actor.passphrase_file.read_text(encoding="utf-8"),
        "trustee": {title: str(path) for title, path in keys.items() if path.exists()},
    }
