"""The floor: the public procedure."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TradingConfig(AppConfig):
    name = "trading"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from signatures.domain import duties, signing_documents, trust_acts, verify
        from trading import checks  # noqa: F401  (registers system checks)
        from trading.domain import (
            acts,
            amendments,
            award,
            award_draw,
            award_panel,
            ballots,
            bill_acts,
            candidates,
            contract_publicity,
            contracts,
            deciding,
            documents,
            draw_verifier,
            drawing_duties,
            framework,
            framework_award,
            framework_orders,
            grievance_duties,
            grievance_filing,
            grievance_steps,
            grievances,
            guards,
            inspections_planning,
            invitations,
            memberships,
            message_texts,
            notices,
            performance,
            plan_acts,
            plans,
            preparing,
            prequalification,
            projects,
            questions,
            registry,
            reports,
            securities,
            security_asked,
            signatories,
            site_visits,
            suspensions,
            ticking,
        )
        from trading.interfaces import (
            bill_page,
            deciding_page,
            framework_page,
            grievance_desk,
            grievance_page,
            invitation_page,
            plan_desk,
            supervisor_desk,
            tenderee_desk,
            visit_page,
            ways,
        )
        from trading.interfaces.award_panels import register as register_award_pages
        from trading.interfaces.tenderer_desk import register as register_tenderer_desk

        for act in (
            acts.Advance,
            preparing.AmendLot,
            preparing.PlanDates,
            preparing.DraftNotice,
            preparing.StateEvaluation,
            preparing.AttachFile,
            preparing.DetachFile,
            bill_acts.ImportBill,
            bill_acts.RemoveBill,
            notices.PublishNotice,
            documents.PublishDocuments,
            documents.RecordDownload,
            projects.Assign,
            suspensions.Suspend,
            suspensions.Resume,
            suspensions.Terminate,
        ):
            registry.register_command(act.name, act)
        trust_acts.register_operator(memberships.is_operator)
        signing_documents.register_representation(signatories.represented)
        for room in (
            guards,
            plans,
            plan_acts,
            candidates,
            award,
            deciding,
            award_panel,
            ballots,
            award_draw,
            framework,
            framework_award,
            framework_orders,
            security_asked,
            contracts,
            contract_publicity,
            reports,
            amendments,
            performance,
            securities,
            questions,
            invitations,
            prequalification,
            site_visits,
            grievances,
            grievance_filing,
            grievance_steps,
            grievance_duties,
            drawing_duties,
            inspections_planning,
        ):
            room.register()
        for texts in (
            "trading", "draws", "inspections", "award", "questions", "amendments", "invitations",
            "visits", "deciding", "grievances", "framework", "plans", "prequalification",
        ):  # fmt: skip
            message_texts.register(Path(__file__).parent / "messages" / f"{texts}.toml")
        supervisor_desk.register()
        register_award_pages()
        invitation_page.register()
        visit_page.register()
        bill_page.register()
        deciding_page.register()
        framework_page.register()
        grievance_page.register()
        register_tenderer_desk()
        tenderee_desk.register()
        grievance_desk.register()
        plan_desk.register()
        ways.register()
        verify.register(draw_verifier.VERIFIER)
        duties.register("trading.due", every=1.0)(ticking.tick)
        post_migrate.connect(_seed_calendar, sender=self)


def _seed_calendar(using: str, **_: Any) -> None:
    """The days off and the make-up days of the years around the present."""
    from signatures.domain import clock, guard
    from trading.domain import calendar, security_terms

    if using != "default":
        return
    now = clock.process_time()
    with guard.writes("migration"):
        if calendar.seed(range(now.year - 3, now.year + 3)):
            security_terms.look_again(calendar.local_day(now))
