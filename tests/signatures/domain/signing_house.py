"""A record that three sign, opened by an act of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from signatures.domain import signing_sessions
from signatures.domain.act import Act, Actor, Result, Scene, command, dispatch
from signatures.domain.errors import Refused
from signatures.domain.signing_sessions import Plan, Signatory
from signatures.models import SigningDocument, User
from signatures.paper.document import (
    Paragraph,
    Record,
    SignatureArea,
    SignatureAreas,
    Words,
)
from signatures.paper.engine import render
from tests.factories import floor
from tests.factories.signing import Platform
from trading.domain import signatories
from trading.models import Organisation

PURPOSE = "test-record"
SUBJECT = f"lot:{uuid4()}"


@dataclass
class Concluded:
    """What the completion saw; ``refuse`` makes it say no."""

    seen: list[str] = field(default_factory=list)
    refuse: bool = False

    def __call__(self, scene: Scene, document: SigningDocument) -> None:
        if self.refuse:
            raise Refused("The lot is suspended.", code="not-running")
        scene.enter(subject=document.subject, act="test.concluded")
        self.seen.append(document.digest)


concluded = Concluded()
signing_sessions.on_complete(PURPOSE, concluded)


@command("test.open-document")
@dataclass(frozen=True, kw_only=True)
class Open(Act):
    """Opens a laid-out record for signing."""

    plan: Plan

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> Result:
        document = signing_sessions.open_document(
            scene, plan=self.plan, purpose=PURPOSE, title="会议记录", subject=SUBJECT
        )
        return {"document": str(document.pk)}


@dataclass
class House:
    """A buyer and a builder, each with a person and the organisation's certificate; a witness."""

    platform: Platform
    buyer: User
    builder: User
    witness: User
    buying: Organisation
    building: Organisation

    def open(self, *, optional_witness: bool = False) -> UUID:
        rendered = render(
            Record(
                title=Words("会议记录", "Record"),
                number="T-1",
                blocks=(
                    Paragraph("内容"),
                    SignatureAreas(
                        (
                            SignatureArea("Buyer", Words("甲方"), self.buying.name, seal=True),
                            SignatureArea("Builder", Words("乙方"), self.building.name, seal=True),
                        )
                    ),
                    SignatureAreas(
                        (
                            SignatureArea("Witness", Words("见证人"), self.witness.full_name),
                            SignatureArea("Seal", Words("平台"), "阳光交易平台", seal=True),
                        )
                    ),
                ),
            ),
            created=datetime(2026, 3, 10, tzinfo=UTC),
            document_id=uuid4(),
        )
        plan = signing_sessions.lay_out(
            rendered,
            (
                signatories.of_organisation(self.buying, "Buyer"),
                signatories.of_organisation(self.building, "Builder"),
                Signatory(
                    field="Witness",
                    signer=self.witness.urn,
                    holder=self.witness.full_name,
                    required=not optional_witness,
                ),
            ),
        )
        outcome = dispatch(Open(plan=plan), actor=Actor.process("test"))
        return UUID(outcome.result["document"])


def house(platform: Platform) -> House:
    buying = floor.organisation("东岳市政工程建设管理中心", "tenderee")
    building = floor.organisation("西川建工集团有限公司", "tenderer")
    made = House(
        platform=platform,
        buyer=floor.person("王芳", buying),
        builder=floor.person("陈蜀", building),
        witness=floor.person("郑严"),
        buying=buying,
        building=building,
    )
    platform.equip(made.buyer, buying)
    platform.equip(made.builder, building, region="west", key_type="rsa")
    platform.equip(made.witness)
    concluded.seen.clear()
    concluded.refuse = False
    return made


def rows(document: UUID) -> dict[str, Any]:
    """What can change by signing, to show that nothing did."""
    row = SigningDocument.objects.get(pk=document)
    return {
        "digest": row.digest,
        "revision": row.revision,
        "state": row.state,
        "signed": [
            one.name for one in row.fields.order_by("position") if one.signed_at is not None
        ],
    }
