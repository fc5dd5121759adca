"""What a holder's browser says in words: its checks before it releases anything, and why not.

The codes are those of ``bidding.kit.opening`` and of the page's own modules; each check stands for
the codes under which it fails.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Check:
    """One check: what holds when it holds, and the codes that say that it does not."""

    name: str
    title: Promise
    codes: str


CHECKS = (
    Check(
        "policy",
        _("The sealing policy is the one that your keys were made for, signed and in the ledger"),
        "wrong-policy no-policy policy-pending foreign-keys foreign-file wrong-lot",
    ),
    Check(
        "ledger",
        _("The ledger was read whole up to the checkpoint and gives its root; nothing that this"
          " browser saw before has changed"),
        "wrong-log stale-checkpoint incomplete-leaves forked-checkpoint bad-checkpoint"
        " bad-signature wrong-origin not-canonical no-checkpoint old-browser",
    ),
    Check("witness", _("A witness that the policy names has cosigned it"), "no-witness"),
    Check(
        "timestamp",
        _("An authority that the centre does not run has timestamped it"),
        "bad-timestamp no-timestamp",
    ),
    Check(
        "freeze",
        _("The bids were frozen once, after the deadline, and enough of them; the set that is"
          " shown is that set"),
        "no-freeze two-freezes early-freeze too-few-bids wrong-set no-schedule bad-schedule"
        " missing-statement",
    ),
)

WORDS: dict[str, Promise] = {
    "wrong-policy": _("The platform shows another sealing policy than before, or one that does not"
                      " stand in the ledger. Tell the supervisor."),
    "no-policy": _("No sealing policy stands yet."),
    "foreign-keys": _("The policy names other keys for you than the ones in this file. Do not"
                      " release anything; tell the supervisor."),
    "foreign-file": _("This file was made for another tender. Choose the one of this lot."),
    "other-certificate": _("The policy names another certificate for you than this one. Choose the"
                           " certificate with which your keys were published."),
    "wrong-lot": _("The platform answered for another lot. Load the page again."),
    "wrong-log": _("The checkpoint is of another log. Tell the supervisor."),
    "stale-checkpoint": _("The platform shows an older ledger than this browser saw before. Tell"
                          " the supervisor if it stays so."),
    "incomplete-leaves": _("The platform keeps back entries of the ledger. Try again; tell the"
                           " supervisor if it stays so."),
    "forked-checkpoint": _("The ledger was altered since this browser last looked, or you are shown"
                           " another one. Release nothing and tell the supervisor."),
    "bad-checkpoint": _("The checkpoint cannot be read. Tell the supervisor."),
    "bad-signature": _("A signature under the checkpoint is false. Tell the supervisor."),
    "no-checkpoint": _("No checkpoint with a timestamp and a cosignature covers the frozen set yet."
                       " It comes within a minute; try again."),
    "no-witness": _("No witness that the policy names has cosigned the checkpoint yet. Try again"
                    " in a minute."),
    "bad-timestamp": _("The timestamp does not hold. Tell the supervisor."),
    "no-timestamp": _("The checkpoint has no timestamp yet. Try again in a minute."),
    "no-freeze": _("The set of bids has not been frozen yet."),
    "two-freezes": _("The set of bids was frozen more than once. Release nothing and tell the"
                     " supervisor."),
    "early-freeze": _("The bids were frozen before the deadline. Release nothing and tell the"
                      " supervisor."),
    "too-few-bids": _("Fewer bids came than the policy asks for; nothing may be opened."),
    "wrong-set": _("The set of bids that is shown is not the one that was frozen. Release nothing"
                   " and tell the supervisor."),
    "no-schedule": _("The ledger holds no schedule for this lot."),
    "bad-schedule": _("A schedule in the ledger must not stand there. Tell the supervisor."),
    "missing-statement": _("A statement behind an entry of the ledger was not shown. Try again."),
    "not-signed": _("A statement is not signed by those whom the policy names. Tell the"
                    " supervisor."),
    "no-gate": _("Its gate is not open yet."),
    "two-gates": _("The slot has more than one gate. Tell the supervisor."),
    "bad-gate": _("The slot's gate does not fit this opening. Tell the supervisor."),
    "early-gate": _("The gate was opened before its time. Tell the supervisor."),
    "bid-not-admitted": _("The gate does not admit this bid."),
    "bid-not-frozen": _("The bid is not in the frozen set. Tell the supervisor."),
    "bid-refused": _("The envelope is not the one that the tenderer signed. Tell the supervisor."),
    "foreign-envelope": _("The envelope belongs to another tender. Tell the supervisor."),
    "foreign-kit": _("This recovery kit belongs to another bid or another version of it."),
    "early-timestamp": _("The checkpoint's timestamp is from before the opening time. A newer one"
                         " comes within a minute; try again."),
    "early-cosignature": _("The witness's cosignature is from before the opening time. A newer one"
                           " comes within a minute; try again."),
    "early-clock": _("The clock of this device stands before the opening time. Set it right."),
    "wrong-seal": _("Another seal than before vouches for the opening service. Release nothing and"
                    " tell the supervisor."),
    "wrong-key": _("The platform shows the key of another service. Tell the supervisor."),
    "wrong-head": _("The platform shows another envelope's head. Tell the supervisor."),
    "wrong-passphrase": _("The file does not open with this passphrase. Nothing was sent."),
    "malformed": _("This file is no key file of a trustee and no recovery kit, or it is damaged."),
    "wrong-password": _("The certificate file does not open with this password. Nothing was"
                        " sent."),
    "unusable": _("This file holds no certificate and key that can sign here. Choose another."),
    "old-browser": _("This browser is too old for these checks. Use a current one, or the"
                     " command-line kit."),
    "bad-answer": _("The platform's answer cannot be read here. Load the page again; tell the"
                    " supervisor if it stays so."),
    "choose-file": _("Choose the file."),
    "fill-in": _("Fill this in."),
    "no-answer": _("The platform does not answer. Check the line and try again; what was released"
                   " stays released."),
    "unknown": _("It was not done. Try again; if it stays so, tell the trading centre."),
}
