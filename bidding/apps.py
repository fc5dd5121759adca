"""A sibling: the secret and the live."""

from django.apps import AppConfig


class BiddingConfig(AppConfig):
    name = "bidding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bidding.domain import (
            evaluation_commands,
            hall_commands,
            room_acts,
            sealing_commands,
        )
        from bidding.interfaces import hall_panel
        from trading.domain import registry

        sealing_commands.register()
        hall_commands.register()
        evaluation_commands.register()
        registry.register_panel("opening", "bidding/opening_panel.html", hall_panel.panel, order=50)
        registry.register_due("rooms", room_acts.due)
