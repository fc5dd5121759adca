"""An invited tender: invitations, what comes back, and that nobody else gets the documents."""

from __future__ import annotations

from demo import actors, cast
from demo.actors import Actor
from demo.run import Run
from signatures.domain.errors import SunlitError

REASON = "近期承接任务已满，无法按期投入项目班子，谨致谢意。"


def play(run: Run) -> None:
    """Every tenderer of the tender is invited and accepts; one more refuses and says why.

    Where there is one supplier alone, nobody else is asked.
    """
    needed = run.variant.least
    asked = list(run.tenderers) if needed == 1 else [*run.tenderers, refuser(run)]
    with run.step(f"Invitations go to {len(asked)}; each knows of its own"):
        sent = {key: _invite(run, run[key]) for key in asked}
        for key in sent:
            _knows_own_alone(run, run[key], sent[key])
    with run.step(f"With {needed - 1} that have accepted the documents are not on offer yet"):
        early = list(run.tenderers)[: needed - 1]
        for key in early:
            _answer(run, run[key], sent[key], accept=True)
        _documents_wait(run)
    with run.step("Whoever bids accepts; any other refuses with its reason"):
        for key in asked:
            if key not in early:
                _answer(run, run[key], sent[key], accept=key in run.tenderers)


def refused(run: Run) -> None:
    """The documents are not for who refused, nor for who was not invited."""
    with run.step("Who refused and who was not invited are refused the documents"):
        outsider = actors.join(run.troupe, cast.OUTSIDER, cast.OUTSIDE)
        for actor in (run[refuser(run)], outsider):
            code = _code(
                actor,
                f"/api/v1/documents/{run.facts['document']}/downloads",
                {"organisation": actor.organisation},
            )
            run.require(code == "not-invited", f"a fetch without invitation came to {code!r}")
        listed = outsider.client.get(f"/api/v1/lots/{run.lot}/invitations")
        run.require(listed == [], "somebody outside learns who is invited")


def refuser(run: Run) -> str:
    """A tenderer of the cast that does not bid here."""
    return next(key for key in cast.TENDERERS if key not in run.tenderers)


def _invite(run: Run, actor: Actor) -> str:
    answer = run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/invitations", {"organisation": actor.organisation}
    )
    return str(answer["result"]["invitation"])


def _knows_own_alone(run: Run, actor: Actor, invitation: str) -> None:
    rows = actor.client.get(f"/api/v1/lots/{run.lot}/invitations")
    run.require(
        [row["id"] for row in rows] == [invitation], "an invitee knows of another invitation"
    )


def _answer(run: Run, actor: Actor, invitation: str, *, accept: bool) -> None:
    actor.client.post(
        f"/api/v1/lots/{run.lot}/invitations/{invitation}/answer",
        {"accept": accept, "reason": "" if accept else REASON},
    )


def _documents_wait(run: Run) -> None:
    code = _code(
        run["tenderee"],
        f"/api/v1/lots/{run.lot}/documents",
        {"title": f"{run.tender.title}招标文件"},
    )
    run.require(code == "invitations-accepted", f"documents before three accepted came to {code!r}")


def _code(actor: Actor, path: str, body: dict[str, str]) -> str:
    """The code with which a call is refused; empty where it was not."""
    try:
        actor.client.post(path, body)
    except SunlitError as error:
        return error.code
    return ""
