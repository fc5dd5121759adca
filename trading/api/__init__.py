"""The programming interface under ``/api/v1/``.

Upper apps are named by string only: whoever has an ``api.py`` with a ``router`` is mounted, with
addresses of its own choosing below ``/api/v1/``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ninja import NinjaAPI

from trading.api import problems

#: Apps whose ``api.router`` is mounted when it is there.
APPS = ("signatures", "bidding", "archive")


def build() -> NinjaAPI:
    """The whole interface; called once, when addresses are first resolved."""
    from trading.api import (
        amendments,
        award,
        bills,
        candidates,
        contracts,
        credit,
        deciding,
        documents,
        draws,
        framework,
        grievances,
        inspections,
        invitations,
        lots,
        ocds,
        organisations,
        performance,
        plans,
        procedures,
        projects,
        questions,
        receipts,
        session,
        signing,
        tendering,
        time,
        visits,
    )

    api = NinjaAPI(
        title="Sunlit Trading",
        version="1",
        description=__doc__ or "",
        urls_namespace="api",
        docs_url=None,
    )
    problems.install(api)
    api.add_router("/time", time.router)
    api.add_router("/session", session.router)
    api.add_router("/organisations", organisations.router)
    api.add_router("/credit-decisions", credit.router)
    api.add_router("/projects", projects.router)
    api.add_router("/lots", lots.router)
    api.add_router("/draws", draws.router)
    api.add_router("/procedures", procedures.router)
    api.add_router("/ocds", ocds.router)
    api.add_router("/inspections", inspections.router)
    api.add_router("/receipts", receipts.router)
    api.add_router("/signing", signing.router)
    api.add_router("", documents.router)
    api.add_router("", tendering.router)
    for room in (
        plans, candidates, award, contracts, questions, amendments, invitations, visits, deciding,
        performance, grievances, framework, bills,
    ):  # fmt: skip
        api.add_router("", room.router)
    for app in APPS:
        if find_spec(f"{app}.api") is not None:
            api.add_router("", import_module(f"{app}.api").router)
    return api
