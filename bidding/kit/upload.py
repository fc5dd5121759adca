"""Uploading one envelope's body: tus 1.0 in parts, made again from the files as they are needed.

The platform says how far it got (HEAD) and the body is made again from there (``envelope.parts``),
so nothing but the sealed submission is kept on the device. After a dropped line, a full disk, an
answer that makes no sense or another day the same question is asked first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import httpx

from bidding.kit import envelope
from bidding.kit.api import ApiClient
from bidding.kit.body import PART_SIZE
from bidding.kit.device import EnvelopeState
from bidding.kit.envelope import Part, Secret
from bidding.kit.errors import EnvelopeError, Refused
from bidding.kit.pace import Pace
from signatures.domain.errors import NotFound, Unavailable

TUS = "1.0.0"
#: How often one and the same PATCH may arrive damaged before the line is given up.
_DAMAGED = 5
_SOON, _LATER = 0.1, 3.0
#: 409 another offset, 413 too much at once, 460 checksum, 5xx and 507 ask again.
_EXPECTED = (409, 413, 460, 500, 502, 503, 504, 507)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one envelope is: bytes that the platform has, of all."""

    slot: int
    sent: int
    size: int


Shown = Callable[[Progress], None]


class _Again(Exception):
    """The platform must be asked where it stands; ``why`` is told if it stays like that."""

    def __init__(self, why: str, *, code: str = "no-answer") -> None:
        super().__init__(why)
        self.error = Unavailable(why, code=code)


@dataclass
class Upload:
    """One envelope on its way to ``url``.

    ``patience`` is for how many seconds no progress is borne; ``stop`` ends it between two parts.
    """

    api: ApiClient
    url: str
    state: EnvelopeState
    secret: Secret
    patience: float
    show: Shown | None = None
    stop: threading.Event | None = None
    pace: Pace = field(default_factory=Pace)

    def run(self) -> None:
        """Send what the platform lacks; returns when it has every byte.

        Raises ``EnvelopeError`` ``content-changed`` (the files are no longer what was sealed),
        ``Refused`` what the platform refuses for good, ``Unavailable`` when patience ends.
        """
        until = time.monotonic() + self.patience
        furthest, pause, damaged = -1, _SOON, 0
        while True:
            try:
                for offset in self._go_on():
                    if offset > furthest:
                        furthest, pause, damaged = offset, _SOON, 0
                        until = time.monotonic() + self.patience
                    self._tell(offset)
                    if offset == self.size and self._offset() == self.size:
                        return
                raise _Again("The platform lost what it had taken.", code="lost-bytes")
            except _Again as again:
                damaged += again.error.code == "damaged-on-the-way"
                if time.monotonic() > until or damaged >= _DAMAGED:
                    raise again.error from None
                self._wait(pause)
                pause = min(2 * pause, _LATER)

    @property
    def size(self) -> int:
        """The body's bytes."""
        return self.state.sealed.commitment.size

    @property
    def slot(self) -> int:
        return self.state.head.header.slot

    def _offset(self) -> int:
        """Where the platform stands; always the start of a part, or the end."""
        answer = self._call("HEAD", {})
        if answer.status_code in (403, 404, 410):
            raise self._gone()
        if answer.status_code not in (200, 204):
            raise _again(answer)
        length, offset = (_number(answer, name) for name in ("Upload-Length", "Upload-Offset"))
        if length != self.size:
            raise Refused(
                f"The platform expects {length} bytes for slot {self.slot}; {self.size} were"
                " signed. Nothing is sent.",
                code="wrong-length",
            )
        if offset > self.size or (offset % PART_SIZE and offset != self.size):
            raise Refused(
                f"The platform says that it has {offset} of {self.size} bytes for slot"
                f" {self.slot}, which is no whole number of parts. Nothing is sent.",
                code="wrong-offset",
            )
        return offset

    def _go_on(self) -> Iterator[int]:
        """Ask where the platform stands and send from there; its offset before and after each."""
        offset = self._offset()
        yield offset
        if offset == self.size:
            return
        with self.state.plaintext() as source:
            parts = envelope.parts(
                self.state.head,
                self.secret,
                self.state.sealed,
                source,
                first=offset // PART_SIZE,
            )
            while batch := self._batch(parts):
                if self.stop is not None and self.stop.is_set():
                    raise Unavailable("The upload was stopped.", code="stopped")
                yield self._patch(batch)

    def _batch(self, parts: Iterator[Part]) -> list[Part]:
        return list(islice(parts, self.pace.parts))

    def _patch(self, batch: list[Part]) -> int:
        start, data = batch[0].offset, b"".join(part.data for part in batch)
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(start),
        }
        began = time.monotonic()
        try:
            answer = self._call("PATCH", headers, content=data)
        except _Again:
            self.pace.failed()
            raise
        if answer.status_code == 413 and not self.pace.refused(len(data)):
            raise _too_large()
        if answer.status_code not in (200, 204):
            raise _again(answer)
        offset = _number(answer, "Upload-Offset")
        if offset != start + len(data):
            raise _Again(
                f"The platform says {offset} after a part that ends at {start + len(data)}.",
                code="wrong-offset",
            )
        self.pace.took(len(data), time.monotonic() - began)
        return offset

    def _call(
        self, method: str, headers: dict[str, str], *, content: bytes | None = None
    ) -> httpx.Response:
        try:
            return self.api.send(
                method,
                self.url,
                headers={"Tus-Resumable": TUS, **headers},
                once=True,
                # The answer to a HEAD has no body, so its status is all that it says.
                expected=_EXPECTED if method == "PATCH" else (*_EXPECTED, 403, 404, 410),
                content=content,
            )
        except NotFound:
            raise self._gone() from None
        except Unavailable as error:
            raise _Again(str(error), code=error.code) from None

    def _gone(self) -> Refused:
        return Refused(
            f"The platform has no upload for slot {self.slot} any more: the version was withdrawn"
            " or replaced, or the deadline has passed.",
            code="upload-gone",
        )

    def _tell(self, offset: int) -> None:
        if self.show is not None:
            self.show(Progress(slot=self.slot, sent=offset, size=self.size))

    def _wait(self, seconds: float) -> None:
        if self.stop is not None:
            self.stop.wait(seconds)
        else:
            time.sleep(seconds)


def _again(answer: httpx.Response) -> _Again:
    """An answer after which the platform is asked where it stands."""
    status = answer.status_code
    if status == 507:
        return _Again(
            "The platform's disk is full. What was sent is kept; start the upload again later.",
            code="platform-full",
        )
    if status == 460:
        return _Again(
            "A part arrived damaged, again and again. Check the line or the proxy on the way.",
            code="damaged-on-the-way",
        )
    if status == 409 and (error := _final(answer)) is not None:
        raise error
    return _Again(f"The platform answered the upload with {status}.", code="bad-answer")


def _final(answer: httpx.Response) -> EnvelopeError | Refused | None:
    """A 409 that is no matter of offsets: a rule of the tender says no, for good."""
    try:
        problem = answer.json()
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return None
    if "offset" in code or code == "upload-busy":
        return None
    return Refused(detail, code=code, rule=problem.get("rule"))


def _too_large() -> Refused:
    return Refused(
        "Not even 1 MiB at once comes through to the platform. Ask who runs the line or the proxy"
        " on the way.",
        code="too-large",
    )


def _number(answer: httpx.Response, name: str) -> int:
    text = answer.headers.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise _Again(f"The platform's answer has no {name}.", code="bad-answer")
    return int(text)
