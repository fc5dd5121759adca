"""X25519 keys that are made in a PKCS#11 token and never leave it.

The token does the one Diffie-Hellman step of an opening (CKM_ECDH1_DERIVE); the private half is
sensitive and not extractable, so a copy of the keeper's disk opens nothing. Each use opens a
session of its own and ends it: a token may be pulled out and put back between two uses.

Measured with SoftHSM 2.6.1: X25519 keys come from CKM_EC_EDWARDS_KEY_PAIR_GEN with the curve's OID,
and derive as they should.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from asn1crypto.core import ObjectIdentifier
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from bidding.kit.errors import KeyStoreError
from signatures.domain.keys import describe

#: id-X25519, RFC 8410.
_X25519 = ObjectIdentifier("1.3.101.110").dump()
#: CKA_ID of a key: as many bytes as a SHA-1 key identifier, which every token takes.
ID_SIZE = 20


@dataclass
class Token:
    """One token: the path of its library, its label, its PIN.

    ``shared`` says that another part of this process uses the same library (a signing key on it):
    then the library is never started anew under it. Errors are ``KeyStoreError``.
    """

    module: str
    label: str
    pin: str = field(repr=False)
    shared: bool = False
    _refused: KeyStoreError | None = field(default=None, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @contextmanager
    def session(self, *, serial: str | None = None, write: bool = False) -> Iterator[Any]:
        """A session with the user logged in, ended afterwards.

        ``serial`` is that of the token which is meant. A PIN that was refused is not tried again:
        tokens lock themselves after a few wrong ones.
        """
        import pkcs11

        with self._lock:
            if self._refused is not None:
                raise KeyStoreError(self._refused.message, code=self._refused.code)
            try:
                session = self._login(serial, write)
            except KeyStoreError:
                raise
            except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
                self._refused = KeyStoreError(
                    f"The PIN of the token '{self.label}' is wrong. It is not tried again, so that"
                    " the token does not lock itself: put the right one into the PIN file and"
                    " start again.",
                    code="wrong-pin",
                )
                raise self._refused from None
            except pkcs11.PinLocked:
                self._refused = KeyStoreError(
                    f"The token '{self.label}' is locked after wrong PINs. Unlock it with its"
                    " security officer's PIN and start again.",
                    code="pin-locked",
                )
                raise self._refused from None
            except Exception as error:
                raise self._failed(error) from error
            try:
                yield session
            except KeyStoreError:
                raise
            except pkcs11.PKCS11Error as error:
                raise self._failed(error) from error
            finally:
                _close(session)

    def generate(self, key_id: bytes, name: str) -> TokenKey:
        """The key under this CKA_ID, made in the token if it is not there yet.

        A process that was killed between making a key and remembering it finds it again.
        """
        import pkcs11
        from pkcs11 import Attribute, KeyType, Mechanism

        with self.session(write=True) as session:
            serial = _serial(session.token)
            if not _objects(session, key_id, private=True):
                if Mechanism.EC_EDWARDS_KEY_PAIR_GEN not in session.token.slot.get_mechanisms():
                    raise _no_x25519(self.label)
                for stale in _objects(session, key_id, private=False):
                    stale.destroy()  # Its other half is gone; two would not be told apart.
                curve = session.create_domain_parameters(
                    KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _X25519}, local=True
                )
                try:
                    curve.generate_keypair(
                        mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                        id=key_id,
                        label=name,
                        store=True,
                        public_template={Attribute.VERIFY: False},
                        private_template={
                            Attribute.DERIVE: True,
                            Attribute.SIGN: False,
                            Attribute.SENSITIVE: True,
                            Attribute.EXTRACTABLE: False,
                        },
                    )
                except pkcs11.PKCS11Error as error:
                    raise _no_x25519(self.label) from error
            private = _one(_objects(session, key_id, private=True), self.label)
            _require_kept(private, self.label)
            public = _one(_objects(session, key_id, private=False), self.label)
            point = _point(public[Attribute.EC_POINT], self.label)
        key = TokenKey(token=self, serial=serial, key_id=key_id, public=point)
        key.prove()
        return key

    def _login(self, serial: str | None, write: bool) -> Any:
        import pkcs11

        try:
            return self._open(self._find(serial), write)
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked):
            raise
        except (pkcs11.PKCS11Error, KeyStoreError):
            if self.shared:
                raise
        # Many libraries see only what was in when they were started.
        with suppress(pkcs11.PKCS11Error):
            pkcs11.lib(self.module).reinitialize()
        return self._open(self._find(serial), write)

    def _find(self, serial: str | None) -> Any:
        import pkcs11

        library = pkcs11.lib(self.module)
        found: list[Any] = []
        with suppress(pkcs11.PKCS11Error):
            found = list(library.get_tokens(token_label=self.label))
        if not found:
            raise KeyStoreError(
                f"The token '{self.label}' is not there. Put it in; the keys are on it alone.",
                code="token-gone",
            )
        meant = [each for each in found if serial is None or _serial(each) == serial]
        if not meant:
            raise KeyStoreError(
                f"The token '{self.label}' has the serial number {_serial(found[0])}; the keys are"
                f" on the one with {serial}. Put that one in.",
                code="other-token",
            )
        if len(meant) > 1:
            raise KeyStoreError(
                f"There are {len(meant)} tokens called '{self.label}'. Leave one in.",
                code="other-token",
            )
        return meant[0]

    def _open(self, token: Any, write: bool) -> Any:
        import pkcs11

        try:
            return token.open(user_pin=self.pin, rw=write)
        except pkcs11.UserAlreadyLoggedIn:
            # A login holds for the whole process; a second session needs none.
            return token.open(rw=write)

    def _failed(self, error: BaseException) -> KeyStoreError:
        return KeyStoreError(
            f"The token '{self.label}' cannot be used: {describe(error)}. Check that it is in and"
            " that its library is the right one.",
            code="token-failed",
        )


@dataclass(frozen=True)
class TokenKey:
    """One X25519 key on a token; it does what ``X25519PrivateKey`` does for an opening.

    ``serial`` is its token's, ``key_id`` its CKA_ID there, ``public`` its public half, 32 bytes.
    """

    token: Token
    serial: str
    key_id: bytes
    public: bytes

    def public_key(self) -> X25519PublicKey:
        """The public half, as it was remembered; ``prove`` says that the token has the other."""
        return X25519PublicKey.from_public_bytes(self.public)

    def exchange(self, peer_public_key: X25519PublicKey) -> bytes:
        """The agreed secret, 32 bytes. ``KeyStoreError`` when token or key are not there."""
        from pkcs11 import KDF, Attribute, KeyType, Mechanism

        with self.token.session(serial=self.serial) as session:
            private = _one(_objects(session, self.key_id, private=True), self.token.label)
            agreed = private.derive_key(
                KeyType.GENERIC_SECRET,
                256,
                mechanism=Mechanism.ECDH1_DERIVE,
                mechanism_param=(KDF.NULL, None, peer_public_key.public_bytes_raw()),
                template={
                    Attribute.TOKEN: False,
                    Attribute.SENSITIVE: False,
                    Attribute.EXTRACTABLE: True,
                },
            )
            return bytes(agreed[Attribute.VALUE])

    def prove(self) -> None:
        """Raise ``KeyStoreError`` unless the token holds the private half of ``public``."""
        probe = X25519PrivateKey.generate()
        if not hmac.compare_digest(
            self.exchange(probe.public_key()), probe.exchange(self.public_key())
        ):
            raise KeyStoreError(
                f"The key on the token '{self.token.label}' is not the one that was published."
                " Ask for the key that belongs to this lot.",
                code="foreign-key",
            )


def _objects(session: Any, key_id: bytes, *, private: bool) -> list[Any]:
    from pkcs11 import Attribute, ObjectClass

    kind = ObjectClass.PRIVATE_KEY if private else ObjectClass.PUBLIC_KEY
    return list(session.get_objects({Attribute.CLASS: kind, Attribute.ID: key_id}))


def _one(found: list[Any], label: str) -> Any:
    if len(found) != 1:
        what = "no key" if not found else f"{len(found)} keys"
        raise KeyStoreError(
            f"The token '{label}' holds {what} where one belongs to this lot. A key that was"
            " deleted cannot be made again: the other trustees' shares must do.",
            code="key-gone",
        )
    return found[0]


def _require_kept(private: Any, label: str) -> None:
    """A token that hands its keys out, or was given this one, is no key store."""
    from pkcs11 import Attribute

    kept = private[Attribute.NEVER_EXTRACTABLE] and private[Attribute.ALWAYS_SENSITIVE]
    if not (kept and private[Attribute.LOCAL]):
        raise KeyStoreError(
            f"The key on the token '{label}' was not made inside it or can be taken out of it."
            " Delete it, or use another token.",
            code="key-not-kept",
        )


def _point(encoded: Any, label: str) -> bytes:
    """CKA_EC_POINT: a DER octet string in PKCS#11 2.40, bare in 3.0."""
    data = bytes(encoded)
    bare = data.removeprefix(b"\x04\x20") if len(data) == 34 else data
    if len(bare) != 32:
        raise _no_x25519(label)
    return bare


def _serial(token: Any) -> str:
    value = token.serial
    return (value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)).strip()


def _close(session: Any) -> None:
    import pkcs11

    # Where the token is gone its sessions are, too.
    with suppress(pkcs11.PKCS11Error):
        session.close()


def _no_x25519(label: str) -> KeyStoreError:
    return KeyStoreError(
        f"The token '{label}' cannot make X25519 keys. Use another token, or keep the keys in an"
        " encrypted file.",
        code="no-x25519",
    )
