"""A house for the page's worker: static files under the platform's security policy, and uploads
that can be made to fail. The platform's own uploads have their own tests; this one must misbehave.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from trading.static_files import SCRIPT_POLICY

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self';"
    " base-uri 'none'; form-action 'self'"
)
PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Sealing</title>
<input type="file" id="files" multiple><script type="module" src="/page.js"></script></html>"""
SCRIPT = b"""import { Sealer } from "/static/bidding/js/seal/sealer.js";
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (data) => btoa(Array.from(data, (b) => String.fromCharCode(b)).join(""));
window.sealer = new Sealer();
window.progress = [];
window.run = async (command, argument) => {
  const files = [...document.getElementById("files").files];
  const chosen = (names) =>
    files.filter((file) => names.includes(file.name))
      .map((blob) => ({ name: blob.name, type: "application/pdf", blob }));
  if (argument?.documents) {
    argument.documents = argument.documents.map(([slot, names]) => [slot, chosen(names)]);
  }
  for (const name of ["policy", "keyFile"]) {
    if (argument?.[name]) argument[name] = bytes(argument[name]);
  }
  try {
    const value = await window.sealer.call(command, argument, (each) => window.progress.push(each));
    if (value instanceof Uint8Array) return { value: text(value) };
    if (value?.statement) {
      value.statement = text(value.statement);
      value.signature = text(value.signature);
      for (const each of value.envelopes) {
        each.head = text(each.head);
        each.leaves = text(each.leaves);
      }
    }
    return { value };
  } catch (error) {
    return { error: { code: error.code, fault: error.fault, message: error.message } };
  }
};
window.ready = true;
"""
TYPES = {".js": "text/javascript", ".json": "application/json", ".txt": "text/plain"}


@dataclass
class House:
    """Where it is, what was uploaded, and what goes wrong next (statuses to answer, 0: hang up)."""

    origin: str
    uploads: dict[str, bytearray] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    troubles: list[int] = field(default_factory=list)
    patches: int = 0
    stop_after: int | None = None
    entered: threading.Event = field(default_factory=threading.Event)

    def expect(self, name: str, size: int) -> str:
        """An upload of so many bytes; its address."""
        self.uploads[name], self.sizes[name] = bytearray(), size
        return f"/uploads/{name}"


@contextmanager
def house(static: Path) -> Iterator[House]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            return None

        def answer(
            self, status: int, body: bytes = b"", policy: str = POLICY, **headers: str
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Security-Policy", policy)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/":
                return self.answer(200, PAGE, Content_Type="text/html")
            if self.path == "/page.js":
                return self.answer(200, SCRIPT, Content_Type="text/javascript")
            path = static / self.path.removeprefix("/static/")
            if not path.is_file():
                return self.answer(404)
            kind = TYPES.get(path.suffix, "application/octet-stream")
            return self.answer(200, path.read_bytes(), SCRIPT_POLICY, Content_Type=kind)

        def do_HEAD(self) -> None:
            name = self.path.removeprefix("/uploads/")
            if name not in place.uploads:
                return self.answer(404)
            return self.stand(200, name)

        def stand(self, status: int, name: str) -> None:
            offset, length = len(place.uploads[name]), place.sizes[name]
            self.answer(status, Upload_Offset=str(offset), Upload_Length=str(length))

        def do_PATCH(self) -> None:
            name = self.path.removeprefix("/uploads/")
            data = self.rfile.read(int(self.headers["Content-Length"]))
            place.patches += 1
            place.entered.set()
            if place.stop_after is not None and place.patches > place.stop_after:
                place.troubles.append(503)
            if place.troubles:
                status = place.troubles.pop(0)
                if status == 0:
                    self.close_connection = True
                    return None
                return self.answer(status)
            if int(self.headers["Upload-Offset"]) != len(place.uploads[name]):
                return self.answer(409)
            place.uploads[name] += data
            return self.stand(204, name)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = House(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
