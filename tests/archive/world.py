"""A platform with its lab, a terminated lot with a full dossier, and its archivist."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from reportlab.pdfgen import canvas

from archive.domain import acts
from archive.interfaces import building
from archive.interfaces.building import Built
from signatures import store
from signatures.domain import (
    checkpoints,
    clock,
    guard,
    platform,
    services,
    signing,
    statements,
    trust_store,
)
from signatures.domain.act import Act, Actor, Outcome, Scene, command, dispatch
from signatures.domain.keys import Signer
from signatures.domain.trust_acts import PinListSigner, take_in
from signatures.models import ClockOffset, User
from signatures.paper.document import Heading, Paragraph, Record, Words
from signatures.paper.engine import render
from tests.factories import floor
from tests.signatures.labs import shared
from trading.domain import dossier
from trading.domain.documents import PublishDocuments
from trading.domain.notices import PublishNotice, evaluation_digest
from trading.domain.suspensions import Terminate
from trading.models import Exhibit, Lot

START = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
FOUNDER = Actor.process("founder")
CODE = "91370100MA0000018T"


@command("test.file-exhibits")
@dataclass(frozen=True, kw_only=True)
class FileExhibits(Act):
    """Files what a test has put into the store."""

    lot: str
    rows: tuple[tuple, ...]

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict:
        lot = Lot.objects.get(pk=self.lot)
        for kind, name, digest, size, media_type, facts, audience, seal in self.rows:
            dossier.file(
                scene, lot=lot, kind=kind, name=name, digest=digest, size=size,
                media_type=media_type, facts=dict(facts), audience=audience, seal=dict(seal),
            )
        return {}


def move_clock(to: datetime) -> None:
    behind = int((to - clock.look().real).total_seconds())
    with guard.writes("test arrangement"):
        ClockOffset.objects.update_or_create(pk=1, defaults={"seconds": behind})


def found(folder: Path) -> None:
    """Keys, seal and trust lists of a platform in this test's own folder."""
    settings.DATA = folder
    settings.STORE = folder / "store"
    settings.KEYS = folder / "keys"
    settings.LAB = shared().folder
    for name in (platform.LOG_KEY, platform.RECEIPT_KEY):
        platform.make(name)
    seal = shared().region("east").issue(
        "公共资源交易中心", organisation="公共资源交易中心", credit_code=CODE, usage="platform"
    )
    platform.install_seal(seal.pkcs12("pw"), "pw")
    move_clock(START)
    platform.certify_receipt_key(clock.now())
    for name in ("east", "west"):
        region = shared().region(name)
        pin = PinListSigner(
            territory=region.territory, certificate=region.list_signer.asn1.dump()
        )
        dispatch(pin, actor=FOUNDER)
        take_in(region.trust_list(clock.now()), territory=region.territory, actor=FOUNDER)


@cache
def paper(title: str) -> bytes:
    """A PDF/A record, the same bytes each time."""
    record = Record(
        title=Words(title, "A record"),
        number="JL-1",
        blocks=[Heading("一"), Paragraph("内容。")],
    )
    return render(record, created=START, document_id=shared_id(title)).data


def shared_id(text: str):
    from uuid import NAMESPACE_URL, uuid5

    return uuid5(NAMESPACE_URL, text)


def sealed_paper(title: str) -> bytes:
    return signing.seal_pdf(
        paper(title), signer=platform.seal(), at=clock.now(),
        timestamper=services.timestamper(), policy=trust_store.policy(now=clock.now()),
    )


def western() -> Signer:
    """A bidder's certificate of the other region."""
    issued = shared().region("west").issue(
        "远山路桥", organisation="远山路桥工程有限公司", credit_code=CODE, key_type="rsa"
    )
    return Signer.from_key(issued.key, issued.certificate, issued.chain)


def plain_pdf(text: str = "a bidder's own PDF") -> bytes:
    """What comes from outside: no PDF/A, an unembedded font."""
    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=True)
    page.drawString(72, 700, text)
    page.showPage()
    page.save()
    return out.getvalue()


@dataclass
class House:
    """The lot, its people, and what was filed."""

    floor: floor.House
    archivist: User

    @property
    def lot(self) -> Lot:
        return Lot.objects.select_related("project__tenderee").get(pk=self.floor.lot.pk)

    def act(self, act: Act, by: User | None = None) -> Outcome:
        return dispatch(act, actor=Actor.person(by or self.archivist))

    def file(self, *rows: tuple) -> None:
        """Rows of (kind, name, bytes, media type, facts, audience[, signature])."""
        kept = []
        for kind, name, data, media_type, facts, audience, *signature in rows:
            one = store.put(data)
            seal = [("signature", store.put(each).sha256) for each in signature]
            kept.append(
                (kind, name, one.sha256, one.size, media_type, tuple(facts.items()), audience,
                 tuple(seal))
            )  # fmt: skip
        dispatch(FileExhibits(lot=str(self.lot.pk), rows=tuple(kept)), actor=FOUNDER)

    def exhibits(self) -> list[Exhibit]:
        return list(Exhibit.objects.filter(lot=self.lot).order_by("filed_at", "leaf"))

    def request(self) -> int:
        """Ask for the package; the leaf of the request."""
        outcome = self.act(acts.BuildPackage(lot=self.lot.pk))
        return outcome.leaves[-1]

    def build(self) -> Built:
        return building.build(self.lot, version=1, after=self.request())


DATES = {
    "documents-until": START + timedelta(days=6, hours=7, minutes=30),
    "deadline": START + timedelta(days=21),
}

HOSTILE = "../../etc/passwd\u202egpj.exe"


def house(*, exhibits: bool = True) -> House:
    """A published lot with a dozen exhibits that was then terminated."""
    base = floor.house()
    archivist = floor.person("钱静")
    base.lot.refresh_from_db()
    floor.assignment(base.lot, "archivist", user=archivist)
    made = House(base, archivist)
    buyer = Actor.person(base.buyer)
    notice = store.put(sealed_paper("招标公告"))
    dispatch(
        PublishNotice(
            lot=base.lot.pk, title="滨河路改造工程招标公告", digest=notice.sha256,
            size=notice.size, dates=DATES,
        ),
        actor=buyer,
    )
    document = store.put(sealed_paper("招标文件"))
    dispatch(
        PublishDocuments(
            lot=base.lot.pk, title="滨河路改造工程招标文件", digest=document.sha256,
            size=document.size, evaluation=evaluation_digest(base.lot),
        ),
        actor=buyer,
    )
    if exhibits:
        manifest = statements.build(
            "sunlit.manifest/1", origin=platform.origin(), at=clock.now(), files="3"
        )
        bidder = (base.tenderer.urn, "archivist", "supervisor")
        made.file(*(
            ("clarification", "澄清一.pdf", paper("澄清一"), "application/pdf", {}, ["public"]),
            ("bid-document", "技术标.pdf", plain_pdf(), "application/pdf", {}, bidder),
            ("bid-document", "技术标.pdf", plain_pdf("another"), "application/pdf", {}, bidder),
            ("bid-document", HOSTILE, b"# readme\n", "text/plain", {}, bidder),
            ("opening-sheet", "sheet.json", b'{"days":300}', "application/json", {}, bidder),
            ("trace", "trace.json", json.dumps({"client": "x"}).encode(), "application/json", {},
             ["supervisor"]),
            ("objection", "异议书.pdf", paper("异议书"), "application/pdf", {}, ["supervisor"]),
            ("answer", "答复\u202e.pdf", sealed_paper("答复"), "application/pdf", {},
             ["supervisor"]),
            ("draw-record", "抽取记录.json", b'{"drawn":{}}', "application/json", {}, ["public"]),
            ("recording", "开标录音", b"\x00\x01binary", "audio/x-unknown", {}, ["supervisor"]),
            ("bid-manifest", "manifest-1.json", manifest, "application/json", {}, bidder,
             statements.sign(manifest, western())),
        ))  # fmt: skip
    dispatch(Terminate(lot=base.lot.pk, reason="项目取消"), actor=buyer)
    checkpoints.make(clock.platform)
    return made
