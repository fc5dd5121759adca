"""What static files are served with."""

from __future__ import annotations

from collections.abc import MutableMapping

#: A worker obeys the policy of its own script, not that of the page that began it. In workers
#: WebAssembly may run: the hash of a file of several GiB. In pages it may not.
SCRIPT_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self';"
    " worker-src 'self'"
)


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """For WhiteNoise: the policy of a file at ``path``, served at ``url``."""
    if url.endswith((".js", ".mjs")):
        headers["Content-Security-Policy"] = SCRIPT_POLICY
