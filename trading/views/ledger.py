"""The ledger for people: its state, its last entries, one entry with its proof."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain import checkpoints, jcs, ledger, log
from signatures.domain.errors import Malformed, NotFound
from signatures.models import Checkpoint

SIZE = 30


@dataclass(frozen=True)
class Leaf:
    """One entry as everybody may see it; a hidden one shows its commitment and its minute."""

    index: int
    at: str
    hidden: bool
    act: str
    subject: str
    actor: str
    digests: dict[str, str]
    context: dict[str, Any]
    commitment: str
    leaf_hash: str
    text: str

    @classmethod
    def of(cls, index: int, data: bytes) -> Leaf:
        value = jcs.loads(data)
        entry = value.get("entry", {})
        return cls(
            index=index,
            at=value["at"],
            hidden="entry" not in value,
            act=entry.get("act", ""),
            subject=entry.get("subject", ""),
            actor=entry.get("actor", ""),
            digests=entry.get("digests", {}),
            context=entry.get("context", {}),
            commitment=value.get("c", ""),
            leaf_hash=ledger.leaf_hash(data).hex(),
            text=json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True),
        )


@require_safe
def explorer(request: HttpRequest) -> HttpResponse:
    """The newest entries, or those before ``?before=``; ``?entry=`` goes to one."""
    size = log.size()
    wanted = request.GET.get("entry", "").strip()
    refusal = None
    if wanted:
        try:
            index = _index(wanted)
            log.entry(index)
        except (Malformed, NotFound):
            refusal = NotFound(
                _("There is no entry “%(entry)s”. Entries are numbered from 0 to %(last)d.")
                % {"entry": wanted[:40], "last": max(size - 1, 0)}
            )
        else:
            return entry(request, index)
    end = min(_index(request.GET["before"]), size) if request.GET.get("before") else size
    start = max(0, end - SIZE)
    leaves = [Leaf.of(start + offset, data) for offset, data in enumerate(log.entries(start, end))]
    context = {
        "leaves": leaves[::-1],
        "size": size,
        "older": start if start > 0 else None,
        "newest": end == size,
        "checkpoints": list(Checkpoint.objects.order_by("-size")[:5]),
        "wanted": wanted,
        "refusal": refusal,
    }
    return render(request, "signatures/ledger.html", context, status=404 if refusal else 200)


@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry, and how its place in the ledger is proven."""
    try:
        data = log.entry(index)
    except NotFound:
        raise NotFound(
            _("The ledger has no entry %(index)d.") % {"index": index}, code="no-such-entry"
        ) from None
    checkpoint = checkpoints.covering(index)
    proof = log.inclusion_proof(index, checkpoint.size) if checkpoint else []
    context = {
        "leaf": Leaf.of(index, data),
        "before": max(index - 1, 0),
        "after": index + 1,
        "covering": checkpoint,
        "proof": [step.hex() for step in proof],
        "proven": checkpoint is not None
        and ledger.verify_inclusion(
            index, checkpoint.size, ledger.leaf_hash(data), proof, bytes(checkpoint.root)
        ),
    }
    return render(request, "signatures/ledger_entry.html", context)


def _index(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Malformed(_("Entries are numbered in digits."), code="bad-index")
    return int(text)
