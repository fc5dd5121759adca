"""Where a trustee's slot keys live: in an encrypted file, or on a PKCS#11 token.

Either way one file a lot says what there is. For a token it holds no secret: which token, which
keys on it, and their public halves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bidding.kit import fields, vault, wraps
from bidding.kit.errors import KeyStoreError, Malformed
from bidding.kit.policy import slot_keys
from bidding.kit.token_keys import ID_SIZE, Token, TokenKey
from bidding.kit.trustee import SlotKeys, require_slots
from bidding.kit.vault import MAX_FILE
from signatures.domain import jcs

FORMAT = "sunlit.token-keys/1"
_WHAT = ("origin", "project", "lot", "round", "trustee", "rehearsal")
_FIELDS = ("format", "token", "serial", *_WHAT, "keys")


class KeyStore(Protocol):
    """A place for slot keys; ``path`` is the file in which it remembers one lot's."""

    def load(self, path: Path) -> SlotKeys:
        """The keys that ``make`` made; ``Malformed`` or ``KeyStoreError`` when they are not had."""

    def make(
        self,
        path: Path,
        *,
        origin: str,
        project: str,
        lot: str,
        trustee: str,
        slots: Iterable[int],
        rehearsal: bool = False,
        round_: int = 1,
    ) -> SlotKeys:
        """Fresh keys for a round of a lot, kept, and remembered in ``path``."""


@dataclass(frozen=True)
class FileStore:
    """Keys in a file, encrypted under a passphrase."""

    passphrase: str = field(repr=False)

    def load(self, path: Path) -> SlotKeys:
        if _format(path) == FORMAT:
            raise KeyStoreError(
                f"The keys that {path.name} names are on a token. Say which library and token"
                " hold them.",
                code="keys-on-token",
            )
        return SlotKeys.load(path, self.passphrase)

    def make(self, path: Path, *, round_: int = 1, **what: Any) -> SlotKeys:
        keys = SlotKeys.generate(**what)
        path.parent.mkdir(parents=True, exist_ok=True)
        keys.save(path, self.passphrase)
        return keys


@dataclass(frozen=True)
class TokenStore:
    """Keys on a token, made there."""

    token: Token

    def load(self, path: Path) -> SlotKeys:
        if _format(path) == vault.FORMAT:
            raise KeyStoreError(
                f"{path.name} holds this lot's keys itself; they are not on the token"
                f" '{self.token.label}'. Keep this lot with its passphrase.",
                code="keys-in-file",
            )
        value = jcs.require_fields(
            jcs.loads(path.read_bytes(), canonical=True, max_bytes=MAX_FILE),
            _FIELDS,
            where="The key store",
            error=Malformed,
        )
        if value["format"] != FORMAT:
            raise Malformed("The key store is of an unknown format.")
        serial = fields.text(value["serial"], 64, where="The token's serial number")
        what = {name: value[name] for name in _WHAT}
        keys = {
            slot: TokenKey(
                token=self.token, serial=serial, key_id=_key_id(what, slot), public=public
            )
            for slot, public in slot_keys(value["keys"], where="The public keys").items()
        }
        for key in keys.values():
            wraps.public_key(key.public)
            key.prove()
        return SlotKeys.described(value, keys)

    def make(
        self,
        path: Path,
        *,
        origin: str,
        project: str,
        lot: str,
        trustee: str,
        slots: Iterable[int],
        rehearsal: bool = False,
        round_: int = 1,
    ) -> SlotKeys:
        what = {
            "origin": origin,
            "project": project,
            "lot": lot,
            "round": round_,
            "trustee": trustee,
            "rehearsal": rehearsal,
        }
        made = {
            slot: self.token.generate(_key_id(what, slot), f"{lot} {round_}.{slot}")
            for slot in require_slots(slots)
        }
        serials = {key.serial for key in made.values()}
        if len(serials) != 1:
            raise KeyStoreError("The token was changed while keys were made.", code="other-token")
        plain = jcs.dumps(
            what
            | {
                "format": FORMAT,
                "token": self.token.label,
                "serial": serials.pop(),
                "keys": {str(slot): key.public.hex() for slot, key in made.items()},
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        vault.write_private(path, plain)
        return SlotKeys.described(what, made)


def _key_id(what: Mapping[str, Any], slot: int) -> bytes:
    """CKA_ID of a key: what it is for. So a process that was killed finds the key that it made, and
    a file that was altered names a key that is not there."""
    return hashlib.sha256(jcs.dumps({**what, "slot": slot})).digest()[:ID_SIZE]


def _format(path: Path) -> str:
    value = jcs.loads(path.read_bytes(), max_bytes=MAX_FILE)
    return str(value.get("format", "")) if isinstance(value, dict) else ""
