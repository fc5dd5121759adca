"""How a lot is sealed: trustees' keys, policy, schedules, the frozen set, gates."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bidding.models.statements import StatementRow
from signatures.models import Entity
from trading.models import Lot, Organisation


class TrusteeKey(StatementRow):
    """The slot keys that a trustee offers for a round of a lot; its latest offer is in force.

    ``keys`` gives X25519 public keys by slot in hex.
    """

    urn_kind = "trustee-key"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="trustee_keys")
    round = models.PositiveSmallIntegerField(default=1)
    trustee = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    keys = models.JSONField()

    class Meta:
        verbose_name = _("trustee's keys")
        verbose_name_plural = _("trustees' keys")
        constraints = [
            models.UniqueConstraint(fields=["lot", "statement"], name="trustee_keys_once"),
        ]


class SealingPolicy(StatementRow):
    """The sealing policy of a lot's round; ``statement`` is P, which every envelope names.

    P is the statement's SHA-256. Rounds count from 1: most procedures seal once, those with final
    offers twice (``bidding.domain.sealed_rounds``). ``k`` of ``n`` shares open an envelope;
    ``gates`` gives each slot's rule as it stands in the policy; with fewer than ``min_bids`` bids
    nothing is ever opened.
    """

    urn_kind = "policy"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="sealing_policies")
    round = models.PositiveSmallIntegerField(default=1)
    k = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField()
    min_bids = models.PositiveIntegerField()
    gates = models.JSONField()

    class Meta:
        verbose_name = _("sealing policy")
        verbose_name_plural = _("sealing policies")
        constraints = [
            models.UniqueConstraint(fields=["lot", "round"], name="one_policy_a_round"),
        ]


class Schedule(StatementRow):
    """When a lot closes and its timed slots open; the highest ``seq`` governs.

    ``gates`` gives the times by slot as canonical timestamps; ``cosigned`` are further signatures
    under the statement, by their SHA-256 in the store.
    """

    urn_kind = "schedule"

    policy = models.ForeignKey(SealingPolicy, on_delete=models.PROTECT, related_name="schedules")
    seq = models.PositiveIntegerField()
    deadline = models.DateTimeField()
    gates = models.JSONField()
    cosigned = models.JSONField(default=list)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        constraints = [
            models.UniqueConstraint(fields=["policy", "seq"], name="schedules_count_up"),
        ]


class OwedTimes(models.Model):
    """Later times that a standstill made due: the lot's deadline lies past the signed schedule's.

    ``stops_at`` is when tenderers were, or are, kept from handing in, ``until`` the deadline that
    they were to have then; between the two lies the time that is made up. ``alarm_at`` is when
    somebody is told next that nothing was signed, null when there is no more to tell;
    ``settled_at`` when a later schedule was published.
    """

    policy = models.ForeignKey(SealingPolicy, on_delete=models.PROTECT, related_name="owed_times")
    stops_at = models.DateTimeField()
    until = models.DateTimeField()
    alarm_at = models.DateTimeField(null=True, db_index=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("later times that are owed")
        verbose_name_plural = _("later times that are owed")
        constraints = [
            models.UniqueConstraint(
                fields=["policy"],
                condition=models.Q(settled_at__isnull=True),
                name="later_times_are_owed_once",
            ),
        ]


class Freeze(Entity):
    """The set of bids as the deadline found it. ``root`` is RFC 9162 over ``bids``.

    ``bids`` are ``{bid, version, statement}`` sorted by bid: exactly what the tree is over.
    ``next_gate_at`` is when the next timed slot opens, null when none waits.
    """

    urn_kind = "freeze"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="freezes")
    policy = models.OneToOneField(SealingPolicy, on_delete=models.PROTECT, related_name="freeze")
    count = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    bids = models.JSONField()
    at = models.DateTimeField()
    next_gate_at = models.DateTimeField(null=True, db_index=True)
    leaf = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("frozen set of bids")
        verbose_name_plural = _("frozen sets of bids")


class Gate(Entity):
    """A slot's gate: proposed until everybody whom the policy names has signed, then open.

    ``statement`` is the SHA-256 of ``sunlit.gate/1`` in the store, ``bids`` the ids that it
    admits; ``result`` and ``result_leaf`` name what the slot waited for.
    """

    urn_kind = "gate"

    policy = models.ForeignKey(SealingPolicy, on_delete=models.PROTECT, related_name="openings")
    slot = models.PositiveSmallIntegerField()
    statement = models.CharField(max_length=64)
    bids = models.JSONField()
    result = models.CharField(max_length=64, blank=True)
    result_leaf = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField(null=True)
    leaf = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "slot", "statement"], name="gates_are_proposed_once"
            ),
            models.UniqueConstraint(
                fields=["policy", "slot"],
                condition=models.Q(opened_at__isnull=False),
                name="one_open_gate_a_slot",
            ),
        ]


class GateSignature(StatementRow):
    """One signature under a gate's statement, for one of the policy's roles."""

    urn_kind = "gate-signature"

    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="signatures")
    role = models.CharField(max_length=160)

    class Meta:
        verbose_name = _("signature under a gate")
        verbose_name_plural = _("signatures under gates")
        constraints = [
            models.UniqueConstraint(fields=["gate", "role"], name="one_gate_signature_a_role"),
        ]
