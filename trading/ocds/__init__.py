"""Every published lot in the Open Contracting Data Standard (OCDS 1.1): releases and records.

Built from what the public may see of a lot's dossier and from the public ledger, nothing else
(docs/decisions/0010-ocds.md).
"""
