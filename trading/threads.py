"""Requests are served by threads that stand, one request after another, each with its own
database connection.

Django's own handler begins a thread and opens a connection for each request, and waits for the
thread to end before the line may bring the next one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

#: Threads that are kept while nobody needs them; each keeps a database connection.
STANDING = 4


class Threads:
    """Threads for one request each; the one that was free last is taken first."""

    def __init__(self, standing: int = STANDING) -> None:
        self._standing = standing
        self._free: list[ThreadPoolExecutor] = []

    def take(self) -> ThreadPoolExecutor:
        """A thread that nobody else uses."""
        return self._free.pop() if self._free else ThreadPoolExecutor(1, "request")

    def give_back(self, thread: ThreadPoolExecutor) -> None:
        """It serves another request, or ends where enough others stand."""
        if len(self._free) < self._standing:
            self._free.append(thread)
        else:
            self.end(thread)

    def end(self, thread: ThreadPoolExecutor) -> None:
        """It ends once what it does is done, and its database connection with it: left to the
        collector it would stay open, and a crowd would use up all that the database has."""
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)


#: Of the loop that serves; only the loop's own thread takes and gives back.
_threads = Threads()


class StandingHandler(ASGIHandler):
    """Django's handler, save that its threads outlive a request."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        thread = _threads.take()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        except BaseException:
            # The view may still be at work in it: the thread ends with that.
            _threads.end(thread)
            raise
        _threads.give_back(thread)
