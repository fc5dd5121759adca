"""A platform over HTTP that shows what a ``world.House`` holds; tests make it lie or fail.

It is somebody else's program as far as the kit is concerned: it knows the public interface only,
believes everything it is sent, and answers whatever ``answers`` says instead of the truth.
"""

from __future__ import annotations

import base64
import copy
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit.api import ApiClient
from bidding.kit.device import Submission
from bidding.kit.policy import Policy, Trustee
from bidding.kit.tender import FrozenBid, Signed
from bidding.kit.trustee import SlotKeys
from bidding.kit.watch import Watch
from signatures.domain import jcs, statements, tiles
from signatures.domain.checkpoint import cosign, sign_checkpoint
from tests.bidding.kit import world
from tests.bidding.kit.world import House

LOT_ID = uuid.UUID(world.LOT.removeprefix("lot:"))
#: A path's end and the answer instead: (status, headers, body), or None to drop the line.
Answer = tuple[int, dict[str, str], bytes] | None
Answers = Callable[["Request"], "Answer | bool"]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


signed = world.cached(world.signed)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def wire(signed: Signed) -> dict[str, Any]:
    return {
        "statement": b64(signed.data),
        "signature": b64(signed.signatures[0]) if signed.signatures else "",
        "signatures": [b64(each) for each in signed.signatures],
    }


def problem(status: int, code: str, detail: str = "No.") -> Answer:
    body = json.dumps({"code": code, "detail": detail, "status": status}).encode()
    return status, {"Content-Type": "application/problem+json"}, body


def plain(value: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


@dataclass
class Stage:
    """One lot on one platform. ``instead`` may answer a request otherwise (False: as usual)."""

    origin: str = ""
    house: House | None = None
    policy: Policy | None = None
    submissions: list[Submission] = field(default_factory=list)
    opening: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    seal: str = "platform"
    shown: dict[str, Any] = field(default_factory=dict)
    #: What the platform says of the duty besides lot and organisation.
    duty: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, SlotKeys] = field(default_factory=dict)
    published: list[tuple[str, Signed]] = field(default_factory=list)
    shares: list[Any] = field(default_factory=list)
    complaints: list[Any] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    clients: list[ApiClient] = field(default_factory=list)
    instead: Answers = lambda _request: False
    now: datetime = world.OPENING + timedelta(minutes=2)

    def client(self, name: str = "supervisor", *, patience: float = 3.0) -> ApiClient:
        client = ApiClient(
            self.origin, signer=world.signer(name), clock=lambda: self.now, patience=patience
        )
        self.clients.append(client)
        return client

    def copy(self) -> Stage:
        """The same lot, to be changed by one test."""
        made = replace(
            self,
            house=copy.deepcopy(self.house),
            submissions=list(self.submissions),
            shown=dict(self.shown),
            published=list(self.published),
            keys=dict(self.keys),
        )
        made.shares, made.complaints, made.requests, made.clients = [], [], [], []
        return made

    def close(self) -> None:
        for client in self.clients:
            client.close()

    def watch(self, **more: Any) -> Watch:
        return Watch(lot=world.LOT, **more)

    def trustee_keys(self, name: str) -> SlotKeys:
        if name not in self.keys:
            self.keys[name] = SlotKeys.generate(
                origin=self.origin,
                project=world.PROJECT,
                lot=world.LOT,
                trustee=f"org:{name}",
                slots=[1, 4],
            )
        return self.keys[name]

    def a_policy(self, **changes: Any) -> Policy:
        return replace(
            world.a_policy(),
            origin=self.origin,
            trustees=tuple(
                Trustee(f"org:{name}", world.fingerprint(name), self.trustee_keys(name).public)
                for name in world.TRUSTEES
            ),
            **changes,
        )

    def opened(self, folder: Any, *, bids: int = 3, **changes: Any) -> House:
        """The lot up to the gate of slot 1, everything in good order."""
        self.policy = self.a_policy(**changes)
        self.submissions = [
            world.sealed_bid(self.policy, folder / str(n), name=f"tenderer-{n}")[0]
            for n in range(bids)
        ]
        house = House(
            policy=self.policy, bids=[world.frozen_bid(each) for each in self.submissions]
        )
        house.publish_policy()
        house.publish_schedule(world.a_schedule(self.policy))
        house.hidden(world.T0)
        house.freeze()
        house.open_gate()
        self.house = house
        return house

    # --- answers ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        instead = self.instead(request)
        if instead is not False:
            return instead  # type: ignore[return-value]
        path = request.path.split("?")[0]
        for end, method in self._routes().items():
            if path.endswith(end) or end.endswith("/") and end in path:
                return method(request)
        return problem(404, "not-found")

    def _routes(self) -> dict[str, Callable[[Request], Answer]]:
        return {
            "/session/challenge": lambda _: plain(
                {"origin": self.origin, "server_nonce": "00" * 32}
            ),
            "/session/certificate": lambda _: plain({"token": "t", "person": {"full_name": "x"}}),
            "/api/v1/time": lambda _: plain({"now": jcs.timestamp(self.now)}),
            "/sealing/duties": lambda _: plain(
                {"lots": [{"lot": str(LOT_ID), "organisation": "org:supervisor", **self.duty}]}
            ),
            "/sealing": self._sealing,
            "/frozen": self._frozen,
            "/shares": lambda request: self._take(self.shares, request),
            "/complaints": lambda request: self._take(self.complaints, request),
            "/trustee-keys": self._keys,
            "/ledger/checkpoint": lambda _: self._text(self._note()),
            "/ledger/key": lambda _: self._text(f"{world.a_policy().log}\n"),
            "/ledger/tile/entries/": self._tile,
        }

    def _text(self, text: str) -> Answer:
        return 200, {"Content-Type": "text/plain"}, text.encode()

    def _take(self, box: list[Any], request: Request) -> Answer:
        box.append(request.json)
        return plain({"result": {}, "leaves": [], "repeated": False}, 201)

    def _keys(self, request: Request) -> Answer:
        data = base64.b64decode(request.json["statement"])
        signed = Signed(data, (base64.b64decode(request.json["signature"]),))
        self.published.append((jcs.loads(data)["trustee"], signed))
        return plain({"trustee": ""}, 201)

    def opening_statement(self, *, name: str = "opening", by: str | None = None) -> Signed:
        data = statements.build(
            "sunlit.platform-key/1",
            origin=self.origin,
            at=world.T0,
            key=self.opening.public_key().public_bytes_raw().hex(),
            name=name,
        )
        return signed(data, by or self.seal)

    def _sealing(self, _request: Request) -> Answer:
        policy = self.policy
        house = self.house
        return plain(
            {
                "origin": self.origin,
                "project": world.PROJECT,
                "lot": world.LOT,
                "centre": world.CENTRE,
                "slots": [1, 4],
                "trustees": [f"org:{name}" for name in world.TRUSTEES],
                "log": world.a_policy().log,
                "witnesses": list(world.a_policy().witnesses),
                "authorities": [
                    {"certificate": each.certificate.hex(), "operator": each.operator}
                    for each in world.a_policy().authorities
                ],
                "opening_service": wire(self.opening_statement()),
                "trustee_keys": [
                    {"trustee": trustee, **wire(signed)} for trustee, signed in self.published
                ],
                "policy": None
                if policy is None
                else wire(signed(policy.encode(), "tenderee")),
                "schedules": [] if house is None else [wire(each) for each in house.objects],
                "gates": [],
                "freeze": {} if house is not None and house.frozen else None,
                **self.shown,
            }
        )

    def _note(self) -> str:
        house = self.house
        if house is None:
            return ""
        note = sign_checkpoint(house.checkpoint, house.log)
        if house.witness is not None:
            note = cosign(note, house.witness, at=int(house.note_at.timestamp()))
        return note

    def _frozen(self, _request: Request) -> Answer:
        house = self.house
        if house is None or not house.frozen:
            return problem(404, "not-frozen")
        text = house.checkpoint.text.encode()
        return plain(
            {
                "note": self._note(),
                "token": b64(world.token(text, house.token_at, house.token_by)),
                "bids": [self._bid(each, house.frozen) for each in self.submissions],
                **self.shown.get("frozen", {}),
            }
        )

    def _bid(self, submission: Submission, _frozen: list[FrozenBid]) -> dict[str, Any]:
        bid = submission.bid
        return {
            "bid": str(bid.bid),
            "version": bid.version,
            "state": "frozen",
            **wire(Signed(submission.statement, (submission.signature,))),
            "envelopes": [
                {
                    "slot": each.head.header.slot,
                    "head": b64(each.head.encode()),
                    "opened": False,
                    "shares": [],
                }
                for each in submission.envelopes
            ],
        }

    def _tile(self, request: Request) -> Answer:
        assert self.house is not None
        tile = tiles.parse_tile_path(request.path.removeprefix("/ledger/"))
        start = tile.index * tiles.WIDTH
        rows = self.house.leaves[start : start + tile.width]
        if len(rows) < tile.width:
            return problem(404, "not-found")
        return 200, {"Content-Type": "application/octet-stream"}, tiles.entry_bundle(rows)


@dataclass
class Theatre:
    """One port for many stages, one after another, so that what was sealed for it serves all."""

    origin: str
    stage: Stage


@contextmanager
def theatre() -> Iterator[Theatre]:
    """A port of this machine, behind which ``stage`` may be exchanged."""
    house = Theatre("", Stage())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = house.stage.answer(Request(self.command, self.path, dict(self.headers), body))
            if answer is None:
                self.close_connection = True
                return
            status, headers, data = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_POST = do_HEAD = do_PATCH = do_DELETE = _serve

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    house.origin = f"http://127.0.0.1:{server.server_address[1]}"
    house.stage.origin = house.origin
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
