"""Another process on the same database, told line by line what to do.

Each line on its input is a JSON object, each answered by one on its output:
``{"room": kind}`` makes a room, ``{"session": username}`` a person who is signed in, ``{"say":
text, "room": uuid, "times": n}`` commits events and answers with the machine's monotonic time, in
seconds, right after the commit.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import Any

import django

django.setup()

from signatures.domain.act import Actor, dispatch  # noqa: E402
from signatures.models import User  # noqa: E402
from tests.bidding import hall  # noqa: E402


def answer(order: dict[str, Any]) -> dict[str, Any]:
    if "say" in order:
        actor = Actor.person(User.objects.get(username="supervisor-outside"))
        act = hall.Say(
            room=uuid.UUID(order["room"]), text=order["say"], times=order.get("times", 1)
        )
        dispatch(act, actor=actor)
        return {"at": time.monotonic()}
    if "room" in order:
        return {"room": str(hall.make_room(order["room"]).pk)}
    return {"session": hall.sign_in(hall.make_user(order["session"]))}


print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
