"""A sibling: the secret and the live."""

from pathlib import Path

from django.apps import AppConfig


class BiddingConfig(AppConfig):
    name = "bidding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bidding.domain import (
            auction_commands,
            bodies,
            evaluation_commands,
            examination,
            guarantees,
            hall_commands,
            qualifying,
            room_acts,
            sealing_commands,
        )
        from bidding.interfaces import (
            bid_panel,
            clarification_page,
            committee_page,
            evaluation_panel,
            evaluator_desk,
            examination_page,
            floor_entry_page,
            guarantee_page,
            guarantor_desk,
            hall_panel,
            more_time_page,
            outage_lines,
            sealing_page,
            times_owed_lines,
        )
        from signatures.domain import availability
        from trading.domain import message_texts, registry

        for texts in (
            "clarifications", "confirmations", "evaluation", "floor", "guarantees", "times",
        ):
            message_texts.register(Path(__file__).parent / "messages" / f"{texts}.toml")
        availability.register_probe("bodies", bodies.probe)
        sealing_commands.register()
        hall_commands.register()
        auction_commands.register()
        evaluation_commands.register()
        examination.register()
        qualifying.register()
        bid_panel.register()
        sealing_page.register()
        times_owed_lines.register()
        outage_lines.register()
        clarification_page.register()
        examination_page.register()
        more_time_page.register()
        committee_page.register()
        guarantee_page.register()
        guarantor_desk.register()
        registry.register_panel("opening", "bidding/opening_panel.html", hall_panel.panel, order=50)
        registry.register_panel(
            "evaluation", "bidding/evaluation_panel.html", evaluation_panel.panel, order=60
        )
        registry.register_panel(
            "floor", "bidding/floor_panel.html", floor_entry_page.panel, order=55
        )
        for command in (
            "apply-for-floor", "record-deposit", "decide-application", "return-deposit",
        ):
            registry.register_way(f"bidding.{command}", floor_entry_page.entry)
        for command in ("ask", "open-reserve", "fail-reserve", "confirm-sale"):
            registry.register_way(f"bidding.{command}", floor_entry_page.address)
        registry.register_way("bidding.declare-conflict", evaluation_panel.declaration_address)
        for command in (
            "freeze-scores", "compute-scores", "ask-clarification", "ask-more-time", "sign-report",
        ):
            registry.register_way(f"bidding.{command}", evaluation_panel.address)
        evaluator_desk.register()
        registry.register_due("rooms", room_acts.due)
        registry.register_due("bidding.guarantees", guarantees.due)
