"""The actors: each with a certificate in a folder of its own, speaking only to the public API."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bidding.kit.api import ApiClient, DemonstrationClock
from demo import cast
from demo.cast import Company, Role
from demo.platform import CENTRE, CENTRE_CODE, Platform, write_secret
from signatures.domain.errors import SunlitError
from signatures.domain.keys import load_pkcs12

#: People who sign in at the same moment; more would only queue at two cores.
AT_ONCE = 4


@dataclass
class Actor:
    """One person who acts: their role, their folder, their connection."""

    role: Role
    folder: Path
    client: ApiClient
    username: str = ""
    person: str = ""
    organisation: str = ""

    @property
    def urn(self) -> str:
        return f"user:{self.person}"

    @property
    def org_urn(self) -> str:
        return f"org:{self.organisation}"

    @property
    def certificate_file(self) -> Path:
        return self.folder / "certificate.p12"

    @property
    def passphrase_file(self) -> Path:
        return self.folder / "passphrase"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def certificate(self) -> Any:
        if self.client.signer is None:
            raise RuntimeError(f"{self.role.key} has no certificate yet")
        return self.client.signer.certificate


@dataclass
class Troupe:
    """All actors of a run, by their keys."""

    platform: Platform
    clock: DemonstrationClock
    operator: ApiClient
    actors: dict[str, Actor] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Actor:
        return self.actors[key]

    def company(self, key: str) -> Company:
        """One of the organisations of this troupe, or the centre."""
        return self.companies[key] if key in self.companies else cast.company(key)

    def org_urn(self, key: str) -> str:
        return f"org:{self.organisations[key]}"

    def leave(self) -> None:
        """Everybody hangs up."""
        for client in (self.operator, *(actor.client for actor in self.actors.values())):
            client.close()
        self.clock.close()


def assemble(
    platform: Platform, roles: Iterable[Role], companies: Iterable[Company] = cast.COMPANIES
) -> Troupe:
    """Register organisations and people at the operator's desk, and bind their certificates."""
    clock = DemonstrationClock(platform.clock_url)
    operator = ApiClient(platform.origin, clock=clock)
    operator.sign_in_with_password(
        platform.operator, platform.operator_password_file.read_text()
    )
    troupe = Troupe(platform=platform, clock=clock, operator=operator)
    troupe.organisations["centre"] = _organisation(operator, CENTRE_CODE)
    for each in companies:
        _found(troupe, each)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for actor in pool.map(lambda role: _enrol(troupe, role), roles):
            troupe.actors[actor.role.key] = actor
    return troupe


def join(troupe: Troupe, company: Company, role: Role) -> Actor:
    """Somebody further and their organisation, while a run is on; the same one another time."""
    if role.key not in troupe.actors:
        _found(troupe, company)
        troupe.actors[role.key] = _enrol(troupe, role)
    return troupe.actors[role.key]


def enlist(troupe: Troupe, role: Role) -> Actor:
    """Somebody further who acts for nobody, while a run is on; the same one another time."""
    if role.key not in troupe.actors:
        troupe.actors[role.key] = _enrol(troupe, role)
    return troupe.actors[role.key]


def _found(troupe: Troupe, company: Company) -> None:
    troupe.companies[company.key] = company
    troupe.organisations[company.key] = _register(troupe.operator, company)


def _register(operator: ApiClient, company: Company) -> str:
    try:
        answer = operator.post(
            "/api/v1/organisations",
            {
                "name": company.name,
                "credit_code": company.code,
                "kinds": list(company.kinds),
                "region": company.region,
            },
        )
        identifier = str(answer["result"]["organisation"])
    except SunlitError as error:
        if error.code != "credit-code-taken":
            raise
        identifier = _organisation(operator, company.code)
    try:
        operator.post(f"/api/v1/organisations/{identifier}/verification")
    except SunlitError as error:
        if error.code != "already-verified":
            raise
    return identifier


def _organisation(operator: ApiClient, code: str) -> str:
    page = operator.get("/api/v1/organisations", credit_code=code)
    return str(page["items"][0]["id"])


def _enrol(troupe: Troupe, role: Role) -> Actor:
    """A person: registered by the operator, member where they belong, certificate bound."""
    platform = troupe.platform
    folder = platform.out / "actors" / role.key
    actor = Actor(
        role=role,
        folder=folder,
        client=ApiClient(platform.origin, clock=troupe.operator.clock),
        organisation=troupe.organisations.get(role.company, ""),
    )
    _make_certificate(troupe, role, actor)
    actor.client.signer = load_pkcs12(
        actor.certificate_file.read_bytes(), actor.passphrase_file.read_text()
    )
    password = secrets.token_urlsafe(18)
    username, actor.person = _register_person(troupe.operator, role, password)
    actor.username = username
    write_secret(actor.password_file, password)
    if actor.organisation:
        troupe.operator.post(
            f"/api/v1/organisations/{actor.organisation}/memberships",
            {"person": actor.person, "role": "manager" if role.seal else "clerk"},
        )
    actor.client.sign_in_with_password(username, password)
    actor.client.bind()
    actor.client.sign_in()
    return actor


def _register_person(operator: ApiClient, role: Role, password: str) -> tuple[str, str]:
    """User name and identifier; where an earlier tender's cast has the name, one beside it."""
    username = role.key
    while True:
        try:
            answer = operator.post(
                "/api/v1/organisations/people",
                {"username": username, "full_name": role.name, "password": password},
            )
            return username, str(answer["result"]["person"])
        except SunlitError as error:
            if error.code != "username-taken":
                raise
            username = f"{role.key}-{secrets.token_hex(3)}"


def _make_certificate(troupe: Troupe, role: Role, actor: Actor) -> None:
    """From the authority of the person's own region, into the person's own folder."""
    if actor.certificate_file.exists():
        return
    region = troupe.platform.lab.region(role.region)
    if role.seal:
        owner = troupe.company(role.company)
        code = CENTRE_CODE if role.company == "centre" else owner.code
        name = CENTRE if role.company == "centre" else owner.name
        issued = region.issue(
            name, organisation=name, credit_code=code, usage="seal", key_type=role.key_type
        )
    else:
        issued = region.issue(role.name, person_id=role.key, usage="person")
    passphrase = secrets.token_urlsafe(18)
    actor.folder.mkdir(parents=True, exist_ok=True)
    write_secret(actor.passphrase_file, passphrase)
    actor.certificate_file.touch(mode=0o600)
    actor.certificate_file.write_bytes(issued.pkcs12(passphrase))
