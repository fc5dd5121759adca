"""A line between clients and a server that counts an upload's bytes and stops at a given one."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_PIECE = 64 * 1024
_OFFSET = re.compile(rb"^upload-offset:\s*(\d+)\r$", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:\s*(\d+)\r$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Cut:
    """The line was cut when this much of the body had gone on to the server (offsets in bytes).

    ``waiting`` were then still in the two kernels' queues: the server had received the rest.
    """

    at: int
    waiting: int


@dataclass
class Line:
    """Forwards ``port`` to ``target``. At each offset of ``points`` in the bodies sent to
    ``watched`` it holds the rest back, calls ``hold``, looks what was not read, calls ``cut`` and
    drops the connection."""

    port: int
    target: int
    points: list[int]
    hold: Callable[[], None]
    cut: Callable[[], None]
    watched: bytes = b""
    cuts: list[Cut] = field(default_factory=list)
    #: (offset, bytes that went on) of every request to ``watched``.
    requests: list[tuple[int, int]] = field(default_factory=list)
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=60)
            except OSError:
                return
            with server:
                back = threading.Thread(target=_copied, args=(server, client), daemon=True)
                back.start()
                try:
                    _Forward(self, client, server).run()
                except OSError:
                    pass
                finally:
                    _shut(server)
                    _shut(client)
                    back.join(timeout=10)


@dataclass
class _Forward:
    """One connection's way to the server, request by request."""

    line: Line
    client: socket.socket
    server: socket.socket
    held: bytearray = field(default_factory=bytearray)

    def run(self) -> None:
        while self._more_until(b"\r\n\r\n"):
            end = self.held.index(b"\r\n\r\n") + 4
            head = bytes(self.held[:end])
            del self.held[:end]
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            self.server.sendall(head)
            watched = head.startswith(b"PATCH") and self.line.watched in head.split(b"\r\n")[0]
            offset = int(_OFFSET.search(head)[1]) if watched else 0  # type: ignore[index]
            if self._body(length, offset if watched and self.line.watched else None):
                return

    def _body(self, length: int, offset: int | None) -> bool:
        """Send a body on; whether the line was cut in it."""
        line, gone = self.line, 0
        if offset is not None:
            line.requests.append((offset, 0))
        while gone < length:
            if not self.held and not self._more():
                return True
            most = length - gone
            point = line.points[0] if offset is not None and line.points else None
            if point is not None and offset is not None:
                most = min(most, max(point - offset - gone, 0))
            piece = bytes(self.held[:most])
            self.server.sendall(piece)
            del self.held[:most]
            gone += len(piece)
            if offset is None:
                continue
            line.requests[-1] = (offset, gone)
            if point is not None and offset + gone >= point:
                line.points.pop(0)
                line.hold()
                line.cuts.append(Cut(at=offset + gone, waiting=_waiting(self.server)))
                line.cut()
                return True
        return False

    def _more(self) -> bool:
        piece = self.client.recv(_PIECE)
        self.held += piece
        return bool(piece)

    def _more_until(self, mark: bytes) -> bool:
        while mark not in self.held:
            if not self._more():
                return False
        return True


def _waiting(sent: socket.socket) -> int:
    """Bytes of this connection that its other end has not read yet (Linux: proc_net_tcp(5))."""
    mine, theirs = (f"0100007F:{at[1]:04X}" for at in (sent.getsockname(), sent.getpeername()))
    found = 0
    for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _number, local, remote, _state, queues, *_rest = row.split()
        sending, receiving = (int(each, 16) for each in queues.split(":"))
        if (local, remote) == (mine, theirs):
            found += sending
        elif (local, remote) == (theirs, mine):
            found += receiving
    return found


def _copied(origin: socket.socket, target: socket.socket) -> None:
    try:
        while piece := origin.recv(_PIECE):
            target.sendall(piece)
    except OSError:
        pass
    # What the other end would never be told otherwise.
    _shut(target)


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
