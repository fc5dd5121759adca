"""Everybody's inbox: what was sent to one person, and the opening of it.

A message is opened by POST, because its first opening is an act whose leaf is evidence that it
arrived; to look at the list changes nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import NotFound, Refused
from trading.domain import messages
from trading.interfaces import cursors, message_links
from trading.models import Message
from trading.views.doors import signed_in


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """The reader's messages, newest first; ``show=new`` leaves out what was opened."""
    only_new = request.GET.get("show") == "new"
    rows = Message.objects.filter(user_id=request.user.pk).select_related(
        "organisation", "lot__project"
    )
    if only_new:
        rows = rows.filter(read_at__isnull=True)
    after = request.GET.get("after", "")
    page = cursors.page(rows, by="sent_at", after=after)
    kept = "show=new&" if only_new else ""
    context = {
        "rows": [_row(message) for message in page.items],
        "only_new": only_new,
        "first": not after,
        "first_address": "?show=new" if only_new else "?",
        "next_address": f"?{kept}after={page.next}" if page.next else "",
    }
    return render(request, "trading/inbox.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One message; its text is shown once it has been opened."""
    if request.method == "POST":
        try:
            dispatch(messages.ReadMessage(message=pk), actor=Actor.person(request.user))
        except Refused as refusal:
            # A double click, another tab: it stands open already.
            if refusal.code != "already-read":
                raise
        return HttpResponseRedirect(reverse("message", args=[pk]), status=303)
    message = (
        Message.objects.filter(pk=pk, user_id=request.user.pk)
        .select_related("organisation", "lot__project")
        .first()
    )
    if message is None:
        raise NotFound(_("There is no such message in your inbox."), code="no-such-message")
    context = {**_row(message), "link": message_links.of(message)}
    return render(request, "trading/message.html", context)


def _row(message: Message) -> dict[str, Any]:
    return {"message": message, "text": messages.text_for(message, get_language() or "")}
