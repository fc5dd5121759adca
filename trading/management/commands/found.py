"""Found a platform: keys, the centre, its first operator. Running it twice is safe."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from signatures.domain import clock, log, platform
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import SunlitError
from signatures.domain.moving import StartClock
from signatures.domain.trust_duty import believe_lab
from signatures.lab.lab import Lab
from signatures.models import User
from trading.domain.organisations import GrantMembership, RegisterOrganisation, VerifyOrganisation
from trading.domain.people import RegisterPerson, hashed_password
from trading.enums import MemberRole, OrganisationKind
from trading.models import Membership, Organisation

FOUNDER = Actor.process("founder")
_KEYS = (platform.LOG_KEY, platform.RECEIPT_KEY, platform.OPENING_KEY, platform.DRAW_KEY)


class Command(BaseCommand):
    help = "Found the platform: keys, the trading centre, its first operator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--centre", required=True, help="the trading centre's full name")
        parser.add_argument("--credit-code", required=True)
        parser.add_argument("--region", default="")
        parser.add_argument("--operator", default="operator", help="user name")
        parser.add_argument("--operator-name", default="Operator")
        parser.add_argument(
            "--password-file", help="holds the operator's first password; never an argument"
        )
        parser.add_argument("--seal", help="PKCS#12 file of the platform's seal")
        parser.add_argument("--seal-passphrase-file")
        parser.add_argument(
            "--demonstration", action="store_true", help="laboratory authorities, clock in the past"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["demonstration"]:
                self._start_in_the_past()
            for name in _KEYS:
                platform.make(name)
            self._seal(options)
            platform.certify_receipt_key(clock.now())
            self._centre(options)
            if options["demonstration"]:
                believe_lab(Lab.open(settings.LAB), actor=FOUNDER)
        except SunlitError as error:
            raise CommandError(str(error)) from error

    def _start_in_the_past(self) -> None:
        if settings.PRODUCTION:
            raise CommandError("A demonstration is never founded in production.")
        if log.size() == 0:
            dispatch(StartClock(), actor=FOUNDER)
        Lab.ensure(settings.LAB, now=clock.now())

    def _seal(self, options: dict[str, Any]) -> None:
        if platform.has_seal():
            return
        if options["seal"]:
            with open(options["seal"], "rb") as stream:  # noqa: PTH123 - a path from the shell
                pkcs12 = stream.read()
            platform.install_seal(pkcs12, _line(options["seal_passphrase_file"]))
            return
        if not options["demonstration"]:
            raise CommandError("Give the platform's seal: --seal and --seal-passphrase-file.")
        issued = Lab.open(settings.LAB).region("east").issue(
            options["centre"],
            organisation=options["centre"],
            credit_code=options["credit_code"],
            usage="platform",
        )
        passphrase = secrets.token_urlsafe(24)
        platform.install_seal(issued.pkcs12(passphrase), passphrase)

    def _centre(self, options: dict[str, Any]) -> None:
        code = options["credit_code"]
        centre = Organisation.objects.filter(credit_code=code).first()
        if centre is None:
            dispatch(
                RegisterOrganisation(
                    legal_name=options["centre"],
                    credit_code=code,
                    kinds=(OrganisationKind.CENTRE.value,),
                    region=options["region"],
                ),
                actor=FOUNDER,
            )
            centre = Organisation.objects.get(credit_code=code)
        if centre.verified_at is None:
            dispatch(VerifyOrganisation(organisation=centre.pk), actor=FOUNDER)
        operator = User.objects.filter(username=options["operator"]).first()
        if operator is None:
            secret = _line(options["password_file"]) if options["password_file"] else ""
            dispatch(
                RegisterPerson(
                    username=options["operator"],
                    full_name=options["operator_name"],
                    password_hash=hashed_password(secret, username=options["operator"]),
                ),
                actor=FOUNDER,
            )
            operator = User.objects.get(username=options["operator"])
        if not Membership.objects.filter(user=operator, organisation=centre).exists():
            dispatch(
                GrantMembership(
                    organisation=centre.pk, person=operator.pk, role=MemberRole.MANAGER.value
                ),
                actor=FOUNDER,
            )
        self.stdout.write(f"{centre.name} {centre.urn}")


def _line(path: str) -> str:
    with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - a path from the shell
        return stream.read().strip()
