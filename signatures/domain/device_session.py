"""The signer's side of signing together: for the kit, scripted actors and anybody's own program.

The key stays on the device. It is shown and keeps the document as it stands, checks that what the
platform prepared for its signature begins with exactly those bytes, computes the digest itself and
builds the signature itself. Knows neither Django nor the network: ``api`` does the calls.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from signatures.domain import device
from signatures.domain.errors import Malformed, Refused
from signatures.domain.keys import Signer

MOVED_ON = "document-moved-on"
#: How often a signer may be overtaken by co-signers before giving up.
ATTEMPTS = 20

#: Shows a person what they are about to sign: title, purpose, and the prepared PDF.
Show = Callable[[str, str, bytes], None]


class Api(Protocol):
    """Calls to the platform as one person: JSON in, JSON or bytes out, refusals raised."""

    def get(self, path: str) -> Any: ...

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any: ...


def sign_session(
    api: Api, document: str, field: str, signer: Signer, *, show: Show | None = None
) -> dict[str, Any]:
    """Sign in one place of a document, again where a co-signer was faster.

    Returns the platform's answer ``{"document", "revision", "sha256", "state"}``. Raises its
    refusals, and :class:`Malformed` where what it prepared is not what it showed.
    """
    session = api.post(f"/api/v1/signing/{document}/sessions", {"field": field})
    address = f"/api/v1/signing/{document}/sessions/{session['session']}"
    certificate = base64.b64encode(signer.certificate.dump()).decode()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            line = api.get(f"/api/v1/signing/{document}")
            shown = _content(api, session["content"], line["sha256"])
            prepared = api.post(f"{address}/prepare", {"certificate": certificate})
            _require_same(shown, prepared)
            if show is not None:
                show(session["title"], session["purpose"], prepared)
            signature = device.sign_pdf(prepared, signer)
            answer: dict[str, Any] = api.post(
                f"{address}/embed", {"cms": base64.b64encode(signature).decode()}
            )
        except Refused as refusal:
            if refusal.code != MOVED_ON or attempt == ATTEMPTS:
                raise
            continue
        return answer
    raise AssertionError("unreachable")


def _content(api: Api, address: str, sha256: str) -> bytes:
    data = api.get(address)
    if not isinstance(data, bytes):
        raise Malformed("The platform did not send the document.", code="bad-answer")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Refused("The document changed while it was read.", code=MOVED_ON)
    return data


def _require_same(shown: bytes, prepared: Any) -> None:
    """The prepared bytes are those that were shown, with an update after them."""
    if not isinstance(prepared, bytes):
        raise Malformed("The platform did not send what is to be signed.", code="bad-answer")
    if not prepared.startswith(shown):
        raise Refused("A revision came in between.", code=MOVED_ON)
