"""What dialogs about keys offer in a demonstration, and nowhere else."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from bidding.interfaces import own_files
from trading.models import Lot

register = template.Library()


@register.inclusion_tag("bidding/own_keys.html", takes_context=True)
def own_keys(context: dict[str, Any], lot: Lot) -> dict[str, Any]:
    """Beside a key file's field: the invented trustee's own file of this lot and its passphrase."""
    own = own_files.sign_in(context.get("user"), lot)
    if own is None:
        return {"own": None}
    return {"own": own, "address": reverse("own-keys", args=[lot.project.code, lot.number])}
