"""The platform's public interface, as the kit and any other program speaks it.

One client is one signed-in certificate. Every write carries an idempotency key, so a call that got
no answer is simply made again: a dropped line, a restarted server or a second start of the kit do
nothing twice.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from signatures.domain import jcs, statements
from signatures.domain.errors import (
    Conflict,
    Denied,
    Malformed,
    NotFound,
    Refused,
    SunlitError,
    Unavailable,
)
from signatures.domain.keys import Signer

LOGIN = "sunlit.login/1"
BINDING = "sunlit.binding/1"
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
#: Seconds for which a call without an answer is made again before the person is told.
PATIENCE = 60.0
_PAUSE = 0.2

_KINDS: Mapping[int, type[SunlitError]] = {
    400: Malformed,
    403: Denied,
    404: NotFound,
    409: Refused,
}

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """The device's own time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Signed:
    """A statement's bytes and its detached signature, as they travel."""

    statement: bytes
    signature: bytes

    def as_json(self) -> dict[str, str]:
        return {
            "statement": base64.b64encode(self.statement).decode(),
            "signature": base64.b64encode(self.signature).decode(),
        }


@dataclass
class ApiClient:
    """A connection to one platform.

    ``origin`` is its address and what statements are signed for; ``clock`` the device's time, which
    in a demonstration is the platform's moved one.
    """

    origin: str
    signer: Signer | None = None
    clock: Clock = real_clock
    patience: float = PATIENCE
    language: str = "zh-hans"
    _http: httpx.Client = field(init=False)
    _token: str = ""
    _signing_in: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        parts = urlsplit(self.origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise Malformed(f"{self.origin!r} is not a platform's address, such as https://host.")
        self.origin = self.origin.rstrip("/")
        self._http = httpx.Client(
            base_url=self.origin, timeout=TIMEOUT, headers={"Accept-Language": self.language}
        )

    def close(self) -> None:
        self._http.close()

    # --- statements -----------------------------------------------------------------------------

    def sign(self, purpose: str, **fields: Any) -> Signed:
        """A statement for this platform, at this device's time, by this client's certificate."""
        return self.sign_bytes(
            statements.build(purpose, origin=self.origin, at=self.clock(), **fields)
        )

    def sign_bytes(self, statement: bytes) -> Signed:
        """A statement that is written already, signed by this client's certificate."""
        if self.signer is None:
            raise Malformed("This client has no certificate to sign with.", code="no-certificate")
        return Signed(statement=statement, signature=statements.sign(statement, self.signer))

    # --- signing in -----------------------------------------------------------------------------

    def sign_in(self) -> dict[str, Any]:
        """Sign in by certificate; returns the person."""
        answer = self._answer_challenge(LOGIN, "/api/v1/session/certificate", {"token": True})
        self._token = answer["token"]
        person: dict[str, Any] = answer["person"]
        return person

    def session_cookies(self) -> dict[str, str]:
        """The cookies of a session of its own, as a browser has them; rooms ask for one."""
        visitor = ApiClient(
            self.origin,
            signer=self.signer,
            clock=self.clock,
            patience=self.patience,
            language=self.language,
        )
        try:
            visitor._answer_challenge(LOGIN, "/api/v1/session/certificate", {})
            return {cookie.name: cookie.value or "" for cookie in visitor._http.cookies.jar}
        finally:
            visitor.close()

    def sign_in_with_password(self, username: str, password: str) -> dict[str, Any]:
        """Sign in by password; returns the person."""
        answer = self.post(
            "/api/v1/session/password",
            {"username": username, "password": password},
            anonymous=True,
        )
        self._token = answer["token"]
        person: dict[str, Any] = answer["person"]
        return person

    def bind(self) -> str:
        """Bind this client's certificate to the signed-in person; returns its fingerprint."""
        answer = self._answer_challenge(BINDING, "/api/v1/session/certificates", {})
        return str(answer["fingerprint"])

    def _answer_challenge(self, purpose: str, path: str, more: dict[str, Any]) -> dict[str, Any]:
        """Ask for a challenge and answer it; a line that drops between begins again."""
        until = time.monotonic() + self.patience
        while True:
            challenge = self.post("/api/v1/session/challenge", {"purpose": purpose})
            if challenge["origin"] != self.origin:
                raise Refused(
                    f"The platform calls itself {challenge['origin']}; you asked {self.origin}. "
                    "Nothing was signed.",
                    code="wrong-origin",
                )
            signed = self.sign(
                purpose,
                server_nonce=challenge["server_nonce"],
                client_nonce=secrets.token_hex(32),
            )
            try:
                answer: dict[str, Any] = self.post(
                    path, signed.as_json() | more, once=True, anonymous=purpose == LOGIN
                )
            except Unavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
                continue
            return answer

    # --- calls ----------------------------------------------------------------------------------

    def get(self, path: str, **query: Any) -> Any:
        """Read; JSON where the answer is JSON, else bytes."""
        return self._decoded(self.send("GET", path, params=query or None))

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        once: bool = False,
        anonymous: bool = False,
    ) -> Any:
        """Write under an idempotency key; ``once`` makes the call a single time."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        content = json.dumps(body or {}).encode()
        headers["Content-Type"] = "application/json"
        return self._decoded(
            self.send(
                "POST", path, content=content, headers=headers, once=once, anonymous=anonymous
            )
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
        anonymous: bool = False,
        expected: Collection[int] = (),
        **arguments: Any,
    ) -> httpx.Response:
        """One call, made again while the platform does not answer; raises its refusals as errors.

        A token that no longer holds is renewed once by signing in again; ``expected`` statuses
        are given back to the caller instead of being raised.
        """
        until = time.monotonic() + self.patience
        renewed = False
        while True:
            sent = dict(headers or {})
            token = "" if anonymous else self._token
            if token:
                sent["Authorization"] = f"Bearer {token}"
            try:
                answer = self._http.request(method, path, headers=sent, **arguments)
            except httpx.TransportError as error:
                if once or time.monotonic() > until:
                    raise Unavailable(
                        f"{self.origin} did not answer: {error}. Try again.", code="no-answer"
                    ) from error
                time.sleep(_PAUSE)
                continue
            if answer.status_code == 401 and token and not renewed:
                renewed = True
                self._renew(token)
                continue
            if answer.status_code in expected:
                return answer
            if answer.status_code in (502, 503, 504) and not once and time.monotonic() < until:
                time.sleep(_PAUSE)
                continue
            if answer.status_code >= 400:
                raise _refusal(answer)
            return answer

    def _renew(self, token: str) -> None:
        """Sign in again, unless another thread has done so since ``token`` was sent."""
        with self._signing_in:
            if self._token == token:
                self._token = ""
                self.sign_in()

    @staticmethod
    def _decoded(answer: httpx.Response) -> Any:
        if "json" not in answer.headers.get("content-type", ""):
            return answer.content
        try:
            return answer.json()
        except ValueError:
            raise Unavailable(
                f"{answer.request.url.path} was answered with something that is not JSON.",
                code="bad-answer",
            ) from None


class DemonstrationClock:
    """A demonstration's moved clock, for devices that take part in one; never for a real tender."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.Client(timeout=5.0)

    def __call__(self) -> datetime:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._http.get(self._url)
                answer.raise_for_status()
                return jcs.parse_timestamp(answer.json()["now"])
            except httpx.HTTPError as error:
                if time.monotonic() > until:
                    raise Unavailable(f"The demonstration's clock is silent: {error}.") from error
                time.sleep(_PAUSE)

    def close(self) -> None:
        self._http.close()


def _refusal(answer: httpx.Response) -> SunlitError:
    """The platform's own words, as the error that it raised there."""
    try:
        problem = answer.json()
        code, detail = str(problem["code"]), str(problem["detail"])
        rule = problem.get("rule")
    except (ValueError, KeyError, TypeError):
        return Unavailable(
            f"{answer.request.method} {answer.request.url.path} was answered with "
            f"{answer.status_code}.",
            code="bad-answer",
        )
    if answer.status_code == 409 and code == "idempotency-key-reused":
        return Conflict(detail, code=code)
    kind = _KINDS.get(answer.status_code, Unavailable if answer.status_code >= 500 else Refused)
    mistakes = problem.get("mistakes") or []
    if mistakes:
        detail += " " + " ".join(f"{each['where']}: {each['what']}." for each in mistakes)
    return kind(detail, code=code, rule=rule)
