"""Calling the signing library's coroutines from synchronous code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_reserved: list[asyncio.AbstractEventLoop] = []


def reserve() -> None:
    """Make this process's one event loop now, for a sandbox that forbids sockets afterwards."""
    if not _reserved:
        _reserved.append(asyncio.new_event_loop())


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of the signing library to its end from synchronous code.

    A thread of its own is used where this one already runs an event loop, so that commands,
    tasks and the kit's asynchronous client may all call the same synchronous functions.
    """
    if _reserved:
        return _reserved[0].run_until_complete(coroutine)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(coroutine))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]
