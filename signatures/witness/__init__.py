"""A witness: somebody else's process that follows a ledger and cosigns what is consistent.

Runs anywhere, without Django: ``python -m signatures.witness --help``.
"""
