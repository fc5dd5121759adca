"""Many clients who act for many tenderers: people, tokens, and bids that lack their last bytes.

Bids are rows put into place by hand; what is sent over HTTP is the last part of each, checked,
synced and receipted like every other.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException

from bidding.kit.body import part_leaf
from bidding.models import Bid, BidVersion, Envelope
from signatures.domain import guard
from signatures.models import User
from tests.bidding.sealing import rows
from tests.factories import floor
from tests.factories.floor import LONG_AGO, START, House
from trading.domain import credit_code, tokens
from trading.models import Assignment, Membership, Organisation

SIZE = 1000


@dataclass(frozen=True)
class Client:
    """Somebody with a token who acts for several tenderers."""

    user: User
    token: str
    organisations: tuple[Organisation, ...]


@dataclass(frozen=True)
class Lacking:
    """A bid whose last part is still on the device: the submission is complete once it is taken."""

    client: Client
    bid: uuid.UUID
    envelope: uuid.UUID
    data: bytes


@dataclass(frozen=True)
class Answer:
    """What the platform said: its status, the receipt's address or the refusal's code."""

    status: int
    receipt: str = ""
    code: str = ""


def clients(count: int, each: int) -> list[Client]:
    """So many people, each of whom acts for so many tenderers."""
    with guard.writes("test arrangement"):
        organisations = Organisation.objects.bulk_create(
            Organisation(
                name=f"投标人{number}",
                credit_code=credit_code.make(f"91370200MA{number:07d}"),
                kinds=["tenderer"],
                region="east",
                registered_at=LONG_AGO,
                verified_at=LONG_AGO,
            )
            for number in range(count * each)
        )
    found = []
    for number in range(count):
        user = floor.person(f"client{number}")
        mine = tuple(organisations[number * each : (number + 1) * each])
        with guard.writes("test arrangement"):
            Membership.objects.bulk_create(
                Membership(user=user, organisation=one, role="clerk", since=LONG_AGO)
                for one in mine
            )
        found.append(Client(user=user, token=tokens.issue(user).text, organisations=mine))
    return found


def lacking(house: House, crowd: list[Client]) -> list[list[Lacking]]:
    """One bid for every tenderer on this lot; by client."""
    with guard.writes("test arrangement"):
        Assignment.objects.bulk_create(
            Assignment(lot=house.lot, role="tenderer", organisation=one, since=LONG_AGO)
            for client in crowd
            for one in client.organisations
        )
        found = [_lacking(house, client) for client in crowd]
        every = [(one, rows_) for each in found for one, rows_ in each]
        for number, model in enumerate((Bid, BidVersion, Envelope)):
            model.objects.bulk_create(made[number] for _one, made in every)
    return [[one for one, _rows in each] for each in found]


def _lacking(
    house: House, client: Client
) -> list[tuple[Lacking, tuple[Bid, BidVersion, Envelope]]]:
    made = []
    for organisation in client.organisations:
        data = os.urandom(SIZE)
        bid = Bid(lot=house.lot, tenderer=organisation, since=START + timedelta(hours=1))
        version = BidVersion(bid=bid, number=1, state="receiving", **rows.statement())
        envelope = Envelope(
            version=version, slot=1, head=b"", leaves=part_leaf(data), size=SIZE, received=0
        )
        made.append(
            (Lacking(client, bid.pk, envelope.pk, data), (bid, version, envelope))
        )
    return made


class Wire:
    """One client's connection; made again when it drops."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._line: HTTPConnection | None = None
        #: How often a call got no answer, or one that asks to try again.
        self.again = 0

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None

    def hand_in(self, one: Lacking) -> Answer:
        """Send the last part; again as long as there is no answer."""
        for _attempt in range(100):
            status, headers, body = self.call(
                "PATCH",
                f"/api/v1/uploads/{one.envelope}",
                one.client.token,
                body=one.data,
                **{
                    "Content-Type": "application/offset+octet-stream",
                    "Upload-Offset": "0",
                    "Tus-Resumable": "1.0.0",
                },
            )
            if status == 204:
                return Answer(status, receipt=headers["sunlit-receipt"])
            if status and status < 500:
                return Answer(status, code=json.loads(body)["code"])
            self.again += 1
        raise RuntimeError(f"The last part was answered with {status} a hundred times.")

    def call(
        self, method: str, path: str, token: str = "", *, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in small letters) and body; status 0 where the line dropped."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            if self._line is None:
                self._line = HTTPConnection("127.0.0.1", self.port, timeout=120)
            self._line.request(method, path, body or None, headers)
            answer = self._line.getresponse()
            found = {name.lower(): text for name, text in answer.headers.items()}
            return answer.status, found, answer.read()
        except (OSError, HTTPException):
            self.close()
            return 0, {}, b""
