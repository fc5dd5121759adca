"""A sibling: the secret and the live."""

from django.apps import AppConfig


class BiddingConfig(AppConfig):
    name = "bidding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bidding.domain import hall_commands, sealing_commands

        sealing_commands.register()
        hall_commands.register()
