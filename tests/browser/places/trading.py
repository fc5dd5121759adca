"""The public procedure's pages."""

from __future__ import annotations

from tests.browser.places.place import Place, others

#: Figures of desks that are not a supervisor's.
OTHERS = ("offered", "packages")

PLACES = {
    "projects": (
        Place(empty=True),
        Place(query="?q=%E6%BB%A8%E6%B2%B3%E8%B7%AF", label="found"),
        Place(query="?q=zzz", label="nothing-fits"),
    ),
    "project": (
        Place(lambda stage: (stage.project,), label="open"),
        Place(lambda stage: (stage.candidates,), label="candidates"),
        Place(lambda stage: (stage.suspended,), label="suspended"),
        Place(lambda stage: (stage.framework,), label="framework"),
        Place(lambda stage: (stage.deciding,), label="deciding"),
        Place(lambda stage: (stage.prequalified,), label="prequalified"),
        Place(lambda stage: (stage.ended,), label="terminated"),
        Place(lambda stage: ("GC-1999-0001",), statuses=others(404), label="unknown"),
    ),
    "lot": (Place(lambda stage: (stage.project, 1)),),
    "result": (
        Place(lambda stage: (stage.project, 1), label="nothing-yet"),
        Place(lambda stage: (stage.awarded, 1), label="awarded"),
    ),
    "contract": (
        Place(lambda stage: (stage.project, 1), label="nothing-yet"),
        Place(lambda stage: (stage.awarded, 1), label="draft"),
    ),
    "editions": (Place(lambda stage: (stage.project, 1)),),
    "bill": (Place(lambda stage: (stage.billed, 1)),),
    "questions": (
        Place(
            lambda stage: (stage.project, 1),
            statuses=others(403, "tenderee", "tenderer", "supervisor", "inspector"),
        ),
    ),
    "invitations": (Place(lambda stage: (stage.project, 1), statuses=others(404)),),
    "site-visits": (Place(lambda stage: (stage.project, 1)),),
    "decision": (
        Place(lambda stage: (stage.project, 1), statuses=others(404), label="none"),
        Place(lambda stage: (stage.deciding, 1), label="voting"),
    ),
    "framework": (
        Place(lambda stage: (stage.project, 1), statuses=others(404), label="none"),
        Place(lambda stage: (stage.framework, 1), label="orders"),
    ),
    "performance": (
        Place(
            lambda stage: (stage.awarded, 1),
            statuses=others(403, "tenderee", "supervisor", "inspector"),
        ),
    ),
    "objections": (Place(lambda stage: (stage.project, 1)),),
    "complaints": (Place(lambda stage: (stage.project, 1)),),
    "lot-procedure": (Place(lambda stage: (stage.project, 1)),),
    "procedures": (Place(empty=True),),
    "procedure": (
        Place(lambda stage: ("construction",), empty=True),
        Place(lambda stage: ("procurement",), label="based-on"),
        Place(lambda stage: ("nothing",), statuses=others(404), label="unknown"),
    ),
    "procedure-changes": (
        Place(lambda stage: ("procurement", "construction"), label="other"),
        Place(lambda stage: ("construction", "construction"), label="same"),
    ),
    "certificates": (Place(statuses={"public": 403}, empty=True),),
    "inbox": (
        Place(statuses={"public": 403}, empty=True),
        Place(query="?show=new", statuses={"public": 403}, label="new"),
    ),
    "message": (
        Place(lambda stage: (stage.message,), statuses={**others(404, "tenderee"), "public": 403}),
    ),
    "draws": (Place(empty=True), Place(query="?open=1", label="open")),
    "draw": (
        Place(lambda stage: (stage.draw,), label="concluded"),
        Place(lambda stage: (stage.open_draw,), label="open"),
    ),
    "desk": (
        Place(
            statuses={
                **others(403, "supervisor", "inspector", "tenderee", "tenderer", "archivist"),
                # Led to their own.
                "operator": 302,
            },
            empty=True,
        ),
    ),
    "desk-figure": tuple(
        Place(
            lambda stage, name=name: (name,),
            statuses={
                **others(403, "supervisor", "inspector"),
                "tenderee": 200 if name == "suspended" else 404,
                "tenderer": 200 if name == "offered" else 404,
                "archivist": 200 if name == "packages" else 404,
                **({"supervisor": 404, "inspector": 404} if name in OTHERS else {}),
            },
            label=name,
        )
        for name in ("running", "suspended", "inspections", "draws", *OTHERS)
    ),
    "credit-decisions": (Place(empty=True),),
    "credit-decisions-desk": (Place(statuses=others(403, "supervisor", "inspector")),),
    "credit-decision": (Place(lambda stage: (stage.decision,)),),
    "inspections": (Place(empty=True),),
    "inspection": (Place(lambda stage: (stage.inspection,)),),
    "inspection-item": (
        Place(
            lambda stage: (stage.inspection, "notice.media"),
            statuses=others(403, "inspector"),
        ),
    ),
    "inspection-step": (
        Place(
            lambda stage: (stage.inspection, "delivery"), statuses=others(403), label="too-early"
        ),
    ),
    "operator-person": (Place(lambda stage: (stage.person,), statuses=others(403, "operator")),),
    "operator-organisation": (
        Place(lambda stage: (stage.organisation,), statuses=others(403, "operator")),
    ),
    "document-read": (
        Place(lambda stage: (stage.paper,), ready=".textLayer span", label="paper"),
        Place(
            lambda stage: (stage.tender_document,),
            statuses=others(404, "tenderee", "tenderer", "supervisor", "inspector"),
            label="not-fetched",
        ),
    ),
    "exhibit-read": (Place(lambda stage: (stage.data_exhibit,), label="no-pages"),),
    "receipt": (Place(lambda stage: (stage.receipt,), statuses=others(404, "tenderer")),),
}

NO_PAGES = {
    "own-certificate": "a file",
    "language": "goes back to the page it came from",
    "sign-out": "goes to the front page",
    "document": "a file",
    "exhibit": "a file",
    "receipt-file": "a file",
    "receipt-pdf": "a file",
    "draw-bundle": "a file",
    "draw-input": "a file",
}
