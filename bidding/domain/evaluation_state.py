"""What the stream of an evaluation room adds up to: folded for each set of audiences."""

from __future__ import annotations

from collections.abc import Callable

from bidding.domain.room_kinds import Event, State
from signatures.domain import jcs


def initial() -> State:
    """An evaluation that has not begun."""
    return {
        "stage": "",
        "codes": [],
        "criteria": [],
        "members": [],
        "present": [],
        "votes": {},
        "chair": None,
        "scores": {},
        "complete": 0,
        "frozen": 0,
        "differs": [],
        "motions": {},
        "rejected": [],
        "result": None,
        "identities": {},
        "shares": {},
        "prices": {},
        "ranking": [],
        "appraisals": {},
        "dissents": [],
        "clarifications": [],
        "more_time": [],
        "extensions": [],
        "report": None,
    }


def reduce(state: State, event: Event) -> State:
    """The next state; kinds that it does not know leave it as it is."""
    step = _STEPS.get(event.kind)
    return state if step is None else {**state, **step(state, event)}


def _scored(state: State, event: Event) -> State:
    data = event.data
    row = {**state["scores"].get(data["bid"], {}), data["criterion"]: data["points"]}
    return {"scores": {**state["scores"], data["bid"]: row}}


def _voted(state: State, event: Event) -> State:
    return {"votes": {**state["votes"], event.actor: event.data["member"]}}


def _moved(state: State, event: Event) -> State:
    code = event.data["bid"]
    motion = {**state["motions"].get(code, {}), event.actor: event.data["reason"]}
    return {"motions": {**state["motions"], code: motion}}


def _shared(state: State, event: Event) -> State:
    bid = event.data["bid"]
    holders = [*state["shares"].get(bid, []), event.data["holder"]]
    return {"shares": {**state["shares"], bid: holders}}


def _asked(state: State, event: Event) -> State:
    made = {**event.data, "at": jcs.timestamp(event.at), "state": "open", "answer": ""}
    return {"clarifications": [*state["clarifications"], made]}


def _settled(**change: str) -> Callable[[State, Event], State]:
    """What an event says of a question, and what it makes of it."""

    def step(state: State, event: Event) -> State:
        wanted = event.data["clarification"]
        return {
            "clarifications": [
                {**each, **event.data, **change} if each["clarification"] == wanted else each
                for each in state["clarifications"]
            ]
        }

    return step


_STEPS: dict[str, Callable[[State, Event], State]] = {
    "stage": lambda state, event: {"stage": event.data["stage"]},
    "bids": lambda state, event: dict(event.data),
    "members": lambda state, event: {"members": event.data["members"]},
    "present": lambda state, event: {"present": [*state["present"], event.actor]},
    "vote": _voted,
    "chair": lambda state, event: {"chair": event.data["member"]},
    "scored": _scored,
    "progress": lambda state, event: {"complete": event.data["complete"]},
    "sheets": lambda state, event: {"frozen": event.data["frozen"]},
    "differs": lambda state, event: {"differs": event.data["cells"], "frozen": 0},
    "motion": _moved,
    "rejected": lambda state, event: {"rejected": [*state["rejected"], event.data]},
    "result": lambda state, event: {"result": event.data, "differs": []},
    "identities": lambda state, event: {"identities": event.data["bids"]},
    "share": _shared,
    "price": lambda state, event: {
        "prices": {**state["prices"], event.data["bid"]: event.data["facts"]}
    },
    "ranking": lambda state, event: {"ranking": event.data["ranking"]},
    "appraisal": lambda state, event: {
        "appraisals": {**state["appraisals"], event.data["bid"]: event.data}
    },
    "dissent": lambda state, event: {"dissents": [*state["dissents"], event.data]},
    "report": lambda state, event: {"report": event.data},
    "more-time": lambda state, event: {"more_time": [*state["more_time"], event.actor]},
    "extended": lambda state, event: {
        "more_time": [],
        "extensions": [*state["extensions"], {**event.data, "at": jcs.timestamp(event.at)}],
    },
    "clarification-asked": _asked,
    "clarification-answered": _settled(state="answered"),
    "clarification-lapsed": _settled(state="lapsed"),
    "clarification-moved": _settled(),
}
