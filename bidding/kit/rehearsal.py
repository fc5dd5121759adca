"""The rehearsal: the whole path on a dummy bid, before it matters, and what would have failed.

On the tenderer's own device and certificate it signs in, proves the tender's policy, schedule and
trustees from the ledger, seals, checks and opens an envelope a slot under the policy's twin (the
same terms marked as a rehearsal, with trustees' keys made here and thrown away). Where the platform
has a rehearsal policy of its own, the dummy bid is also handed in there with every trustee.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from bidding.kit import dummy, looking, publishing, submitting
from bidding.kit.api import ApiClient
from bidding.kit.dummy import Dummy
from bidding.kit.errors import Refused, SunlitError
from bidding.kit.looking import Look
from bidding.kit.policy import Policy
from bidding.kit.trustee import SlotKeys
from bidding.kit.watch import Watch
from signatures.domain import jcs, statements
from signatures.domain.keys import Signer

HELD, FAILED, SKIPPED = "held", "failed", "skipped"
#: A device's clock further from the platform's than this has its statements refused.
SKEW = timedelta(minutes=5)
#: Reasons of a look that a tender which is still open for bids always has.
_NOT_YET = frozenset({"no-freeze", "no-timestamp"})
DUMMY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it held, would have failed or could not be tried, and why."""

    name: str
    state: str
    message: str
    code: str = ""


@dataclass
class Rehearsal:
    """A rehearsal for one lot; ``run`` gives its steps, of which none is ever raised.

    ``size`` is that of the dummy file of each slot in bytes; ``show`` is told each step.
    """

    api: ApiClient
    lot: uuid.UUID
    size: int = DUMMY
    show: Callable[[Step], None] | None = None
    steps: list[Step] = field(default_factory=list)

    def run(self) -> tuple[Step, ...]:
        """Every step in turn; later ones are skipped where an earlier one is their ground."""
        self._try("certificate", self._certificate)
        if not self._try("sign-in", self._sign_in):
            return tuple(self.steps)
        self._try("clock", self._clock)
        found: list[Look] = []
        if self._try("policy", lambda: self._policy(found)):
            policy = found[0].policy
            assert policy is not None
            self._try("trustees", lambda: self._trustees(found[0], policy))
            self._try("schedule", lambda: self._schedule(found[0]))
            folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
            try:
                self._on_device(policy, folder)
                self._on_platform(found[0], folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        return tuple(self.steps)

    def _try(self, name: str, step: Callable[[], str]) -> bool:
        try:
            self._note(Step(name, HELD, step()))
        except SunlitError as error:
            self._note(Step(name, FAILED, str(error), error.code))
            return False
        except OSError as error:
            self._note(Step(name, FAILED, f"{error.strerror or error}.", "device"))
            return False
        return True

    def _note(self, step: Step) -> None:
        self.steps.append(step)
        if self.show is not None:
            self.show(step)

    def _signer(self) -> Signer:
        if self.api.signer is None:
            raise Refused("There is no certificate to sign with.", code="no-certificate")
        return self.api.signer

    def _certificate(self) -> str:
        certificate = self._signer().certificate
        now = self.api.clock()
        if not certificate.not_valid_before <= now <= certificate.not_valid_after:
            raise Refused(
                f"The certificate is valid from {certificate.not_valid_before:%Y-%m-%d} to"
                f" {certificate.not_valid_after:%Y-%m-%d} only.",
                code="certificate-expired",
            )
        name = statements.common_name(certificate)
        return f"{name}, valid until {certificate.not_valid_after:%Y-%m-%d}."

    def _sign_in(self) -> str:
        person = self.api.sign_in()
        return f"Signed in as {person.get('full_name', '')}."

    def _clock(self) -> str:
        answer = self.api.get("/api/v1/time")
        official = jcs.parse_timestamp(answer["now"] if isinstance(answer, dict) else "")
        skew = abs(self.api.clock() - official)
        if skew > SKEW:
            raise Refused(
                f"This computer's clock is {skew} from the official time. Set it.", code="skew"
            )
        return f"Within {skew.total_seconds():.1f} s of the official time."

    def _policy(self, found: list[Look]) -> str:
        seen = looking.look(self.api, self.lot, Watch(lot=f"lot:{self.lot}"))
        for reason in seen.reasons:
            if reason.code not in _NOT_YET:
                raise Refused(reason.message, code=reason.code)
        if seen.policy is None or seen.view is None:
            raise Refused("This lot has no sealing policy yet.", code="no-policy")
        found.append(seen)
        policy = seen.policy
        return (
            f"{policy.k} of {policy.n} trustees open; the policy stands in a ledger of"
            f" {seen.view.follower.size if seen.view.follower else 0} entries, cosigned."
        )

    def _trustees(self, found: Look, policy: Policy) -> str:
        for trustee in policy.trustees:
            certificate = publishing.certificate_of(self.api, found.sealing, trustee.id)
            if certificate != trustee.certificate:
                raise Refused(
                    f"The policy names another certificate for {trustee.id} than the one that"
                    " signed its keys.",
                    code="foreign-keys",
                )
        looking.opening_key(found.sealing, policy, Watch(lot=policy.lot))
        return "Every trustee signed its keys, and the seal signed the opening service's."

    def _schedule(self, found: Look) -> str:
        schedule = None if found.view is None else found.view.schedule
        if schedule is None:
            raise Refused("The ledger holds no schedule for this tender.", code="no-schedule")
        left = schedule.deadline - self.api.clock()
        if left <= timedelta(0):
            raise Refused("The deadline has passed.", code="too-late")
        return f"Bids are taken until {jcs.timestamp(schedule.deadline)}."

    def _on_device(self, policy: Policy, folder: Path) -> None:
        """Seal under the twin and open every slot again."""
        made: list[tuple[Dummy, tuple[SlotKeys, ...]]] = []
        if not self._try("seal", lambda: self._seal(policy, folder, made)):
            return
        sealed, holders = made[0]
        for rule in policy.slots:
            self._try(f"open-slot-{rule.slot}", partial(_open, sealed, holders, rule.slot, folder))

    def _seal(
        self, policy: Policy, folder: Path, made: list[tuple[Dummy, tuple[SlotKeys, ...]]]
    ) -> str:
        twin, holders = dummy.twin(policy)
        started = time.monotonic()
        sealed = dummy.seal(
            twin, folder, signer=self._signer(), at=self.api.clock(), size=self.size
        )
        made.append((sealed, holders))
        return f"{sealed.size} bytes sealed and signed in {time.monotonic() - started:.1f} s."

    def _on_platform(self, found: Look, folder: Path) -> None:
        """Hand a dummy bid in where the platform has a rehearsal policy."""
        policies = [
            Policy.parse(each.data, origin=self.api.origin) for each in found.sealing.policies
        ]
        for policy in policies:
            if policy.rehearsal:
                self._try("upload", partial(self._submit, policy, folder))
                return
        message = "The platform has no rehearsal policy for this lot; nothing was uploaded."
        self._note(Step("upload", SKIPPED, message, "no-rehearsal"))

    def _submit(self, policy: Policy, folder: Path) -> str:
        sealed = dummy.seal(
            policy, folder, signer=self._signer(), at=self.api.clock(), size=self.size
        )
        done = submitting.submit(
            self.api, sealed.submission, lot=self.lot, secrets=sealed.secrets, policy=policy
        )
        return f"Handed in as {done.bid}; {len(done.receipts)} receipts hold."


def _open(sealed: Dummy, holders: tuple[SlotKeys, ...], slot: int, folder: Path) -> str:
    policy = sealed.policy
    files = dummy.open_again(sealed, holders, slot, folder)
    return f"{policy.k} of {policy.n} shares open it ({files} file), one less does not."
