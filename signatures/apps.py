"""The ground: proof and its foundations."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SignaturesConfig(AppConfig):
    name = "signatures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.models import update_last_login
        from django.contrib.auth.signals import user_logged_in

        from signatures import checks  # noqa: F401  (registers system checks)
        from signatures.domain import (  # noqa: F401  (commands, duties)
            availability,
            duty_list,
            guard,
            moving,
            trust_duty,
            trust_store,
            verify,
        )

        # Signing in is an act of its own; Django's quiet write beside it would have no record.
        user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")
        guard.install()
        verify.register_source(trust_store.source)
        post_migrate.connect(_lay_foundations, sender=self)


def _lay_foundations(using: str, **_: Any) -> None:
    """The one ledger and the one clock exist from the first migration on."""
    from signatures.domain import guard
    from signatures.models import ClockOffset, LedgerHead

    with guard.writes("migration"):
        LedgerHead.objects.using(using).get_or_create(pk=1)
        ClockOffset.objects.using(using).get_or_create(pk=1)
