"""The sealing policy of a lot: published once, public, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bidding.domain import sealed_rounds, statement_rows, trustees
from bidding.kit import tender
from bidding.kit.policy import PURPOSE, Policy
from bidding.models import SealingPolicy
from signatures import store
from signatures.domain import platform
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from signatures.models import User, UserCertificate
from trading import access
from trading.domain.acts import LotAct, find_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole, OrganisationKind
from trading.models import Lot, Organisation

#: The role under which a policy names the platform's own seal.
PLATFORM = "platform"


def find(lot: Lot) -> SealingPolicy | None:
    """The policy of the lot's round, if it stands."""
    return sealed_rounds.policy(lot)


def get(lot: Lot) -> SealingPolicy:
    """The lot's policy; raises :class:`NotFound`."""
    row = find(lot)
    if row is None:
        raise NotFound(
            _("This lot has no sealing policy yet; nothing can be sealed."), code="no-policy"
        )
    return row


@lru_cache(maxsize=64)
def parsed(digest: str) -> Policy:
    """The policy with this P, as the kit reads it."""
    return Policy.parse(store.read(digest), origin=platform.origin())


def prepare(person: User, lot: UUID, signed: Signed) -> PublishPolicy:
    """The command that publishes this policy; checks all that needs no lock."""
    policy = Policy.parse(signed.statement, origin=platform.origin())
    accepted = accept(person, signed, purpose=PURPOSE)
    where = find_lot(lot)
    _check(policy, where)
    return PublishPolicy(
        lot=lot,
        policy=accepted,
        k=policy.k,
        n=policy.n,
        min_bids=policy.min_bids,
        gates={str(one["slot"]): one["gate"] for one in accepted.value["slots"]},
        trustees=tuple(
            TrusteeTaken(
                trustee=each.id,
                certificate=each.certificate.hex(),
                keys={str(slot): key.hex() for slot, key in each.keys.items()},
            )
            for each in policy.trustees
        ),
        signers={
            role: tuple(one.hex() for one in certificates)
            for role, certificates in policy.signers.items()
        },
    )


def _check(policy: Policy, lot: Lot) -> None:
    """What must hold of a policy whoever publishes it."""
    if policy.rehearsal:
        raise Refused(_("This is a rehearsal's policy."), code="rehearsal")
    if (policy.lot, policy.project) != (lot.urn, lot.project.urn):
        raise Malformed(_("This policy was made for another lot."), code="wrong-lot")
    if policy.log != platform.log_verifier().vkey:
        raise Malformed(_("The policy names another log than this platform's."), code="wrong-log")
    unknown = sorted(set(policy.witnesses) - set(settings.WITNESSES))
    if unknown:
        raise Malformed(
            _("No cosignatures of the witness %(key)s are kept here.") % {"key": unknown[0]},
            code="unknown-witness",
        )
    if not set(policy.signers.get(PLATFORM, ())) <= {platform.seal().certificate_digest}:
        raise Malformed(
            _("The policy names another seal than this platform's."), code="wrong-seal"
        )
    kind, _colon, identifier = policy.centre.partition(":")
    centre = Organisation.objects.filter(pk=identifier).first() if kind == "org" else None
    if centre is None or OrganisationKind.CENTRE.value not in centre.kinds:
        raise Malformed(_("The policy names a centre that is none."), code="wrong-centre")
    wanted = sealed_rounds.slots(lot)
    if tuple(sorted(one.slot for one in policy.slots)) != wanted:
        raise Refused(
            _("What is handed in here are the slots %(slots)s; the policy must name these.")
            % {"slots": ", ".join(map(str, wanted))},
            code="wrong-slots",
        )
    figure = sealed_rounds.least(lot)
    if figure is not None and not figure.holds(policy.min_bids):
        raise Refused(
            _("With fewer than %(least)d bids nothing may be opened; the policy says %(said)d.")
            % {"least": figure.least or 0, "said": policy.min_bids},
            code="too-few-bidders",
            rule=figure.article,
        )


@dataclass(frozen=True, kw_only=True)
class TrusteeTaken:
    """A trustee as the policy names it: URN, certificate, keys by slot, all in hex."""

    trustee: str
    certificate: str
    keys: dict[str, str]


@command("bidding.publish-policy")
@dataclass(frozen=True, kw_only=True)
class PublishPolicy(LotAct):
    """The tenderee publishes the sealing policy. Bids name it by P; it holds no times."""

    public: ClassVar[bool] = True

    policy: Accepted
    k: int
    n: int
    min_bids: int
    gates: dict[str, Any]
    trustees: tuple[TrusteeTaken, ...]
    signers: dict[str, tuple[str, ...]]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.policy.require_bound(scene.actor)
        if find(lot) is not None:
            raise Refused(
                _("The sealing policy stands already and is never changed."), code="policy-stands"
            )
        self._check_trustees(lot)
        self._check_signers(lot, scene)
        row = SealingPolicy.objects.create(
            lot=lot,
            round=sealed_rounds.number(lot),
            k=self.k,
            n=self.n,
            min_bids=self.min_bids,
            gates=self.gates,
            **statement_rows.columns(self.policy, scene),
        )
        digests = self.policy.digests("policy")
        entry = scene.enter(
            subject=lot.urn,
            act=tender.ACT_POLICY,
            digests=digests,
            context={
                "policy": self.policy.statement,
                "k": self.k,
                "n": self.n,
                "min_bids": self.min_bids,
                "slots": self.gates,
                "trustees": [each.trustee for each in self.trustees],
            },
        )
        statement_rows.place(entry, row)
        return {"policy": row.statement, "k": self.k, "n": self.n}

    def _check_trustees(self, lot: Lot) -> None:
        """The keys are the ones that each trustee signed for, under the certificate it used."""
        offered = trustees.latest(lot)
        for each in self.trustees:
            row = offered.get(each.trustee)
            if row is None or not trustees.is_trustee(row.trustee, lot):
                raise Refused(
                    _("%(trustee)s has published no keys for this lot as its trustee.")
                    % {"trustee": each.trustee},
                    code="no-trustee-key",
                )
            if (row.certificate, row.keys) != (each.certificate, each.keys):
                raise Refused(
                    _("The policy names other keys or another certificate for %(trustee)s than"
                      " it published.") % {"trustee": each.trustee},
                    code="foreign-keys",
                )

    def _check_signers(self, lot: Lot, scene: Scene) -> None:
        """Who is to sign for a role holds that role, by a certificate that is bound here."""
        for role, certificates in self.signers.items():
            if role == PLATFORM:
                continue
            if role not in LotRole.values:
                raise Malformed(
                    _("There is no role “%(role)s” that could sign.") % {"role": role},
                    code="bad-role",
                )
            for fingerprint in certificates:
                bound = UserCertificate.objects.filter(
                    fingerprint=fingerprint, withdrawn_at__isnull=True
                ).select_related("user").first()
                if bound is None or role not in access.roles_of(bound.user, lot, scene.now):
                    raise Refused(
                        _("The certificate %(certificate)s is nobody's who is %(role)s of this"
                          " lot.") % {"certificate": fingerprint[:16], "role": role},
                        code="unknown-signer",
                    )
