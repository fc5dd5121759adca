"""The content store: a file is its SHA-256.

``put`` streams a file in, syncs it and gives its digest; nothing is ever changed in place. Rows
and ledger entries hold digests only, so a file is always put before the act that speaks of it.
"""

from signatures.store.content import Stored, delete, exists, open_stored, path, put, read, size

__all__ = ["Stored", "delete", "exists", "open_stored", "path", "put", "read", "size"]
