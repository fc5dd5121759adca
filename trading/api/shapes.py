"""What the interface takes in and gives out, as OpenAPI describes it.

Moments are RFC 3339 in UTC with microseconds, amounts and digests are texts, ids are UUIDs.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

Name = Annotated[str, Field(max_length=200)]
#: Base64 of a signed statement's bytes or of its CAdES signature.
Base64 = Annotated[str, Field(max_length=200_000)]


class In(Schema):
    """What comes in: a field that nobody knows is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid")


class Time(Schema):
    now: str
    zone: str


class Problem(Schema):
    type: str
    status: int
    code: str
    detail: str
    rule: str | None = None


class Person(Schema):
    id: UUID
    urn: str
    username: str
    full_name: str
    language: str
    memberships: list[MembershipOut]


class MembershipOut(Schema):
    organisation: UUID
    organisation_name: str
    role: str
    verified: bool


class PasswordIn(In):
    username: Annotated[str, Field(max_length=150)]
    password: Annotated[str, Field(max_length=1024)]


class ChallengeIn(In):
    purpose: Annotated[str, Field(max_length=40)] = "sunlit.login/1"


class ChallengeOut(Schema):
    purpose: str
    origin: str
    server_nonce: str
    expires_at: str


class ProofIn(In):
    statement: Base64
    signature: Base64


class CertificateIn(ProofIn):
    token: bool = False


class SignedIn(Schema):
    person: Person
    token: str | None = None
    expires_at: str | None = None


class CertificateOut(Schema):
    fingerprint: str
    leaves: list[int]


class OrganisationIn(In):
    name: Name
    credit_code: Annotated[str, Field(max_length=40)]
    kinds: list[Annotated[str, Field(max_length=24)]]
    region: Annotated[str, Field(max_length=40)] = ""


class OrganisationOut(Schema):
    id: UUID
    urn: str
    name: str
    credit_code: str
    kinds: list[str]
    region: str
    registered_at: str
    verified_at: str | None


class MembershipIn(In):
    person: UUID
    role: Annotated[str, Field(max_length=24)]
    mobile: Annotated[str, Field(max_length=20)] = ""


class PersonIn(In):
    username: Annotated[str, Field(max_length=150)]
    full_name: Annotated[str, Field(max_length=120)]
    password: Annotated[str, Field(max_length=1024)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    language: Annotated[str, Field(max_length=10)] = "zh-hans"


class FetchIn(In):
    organisation: UUID


class Done(Schema):
    """What an act came to: its result, and the leaves that it left in the ledger."""

    result: dict[str, Any]
    leaves: list[int]
    repeated: bool


class Page(Schema):
    """One page of a list; ``next`` is the cursor of the page after it, or null."""

    items: list[dict[str, Any]]
    next: str | None


class LotOut(Schema):
    id: UUID
    urn: str
    number: int
    title: str
    project: UUID
    project_code: str
    category: str
    stage: str
    stage_name: str
    stage_since: str
    state: str
    published_at: str | None
    procedure: dict[str, Any]
    dates: dict[str, str]
    estimate: str | None
    parameters: dict[str, Any]
    predecessor: str | None
    documents: list[DocumentOut]


class DocumentOut(Schema):
    id: UUID
    urn: str
    kind: str
    edition: int
    title: str
    sha256: str
    size: int
    media_type: str
    published_at: str


class ExhibitOut(Schema):
    id: UUID
    urn: str
    kind: str
    stage: str
    name: str
    sha256: str
    size: int
    media_type: str
    seal: dict[str, Any]
    facts: dict[str, Any]
    leaf: int | None
    filed_at: str


class ProjectOut(Schema):
    id: UUID
    urn: str
    code: str
    title: str
    category: str
    tenderee: str
    agency: str | None
    created_at: str
    lots: list[LotLine]


class LotLine(Schema):
    id: UUID
    number: int
    title: str
    stage: str
    state: str


for _shape in (Person, LotOut, ProjectOut, SignedIn):
    _shape.model_rebuild()
