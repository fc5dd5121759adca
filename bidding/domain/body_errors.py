"""What may be wrong with the storage of bodies, wherever it is."""

from __future__ import annotations

from django.utils.translation import gettext as _

from signatures.domain.errors import Conflict, NotFound, Unavailable

#: Transfers that one tenderer may have under way at the same moment.
AT_ONCE = 3


class DiskFull(Unavailable):
    """There is no room for more; what is there stays, and the upload may go on later."""

    default_code = "disk-full"


class TooManyUploads(Unavailable):
    """The tenderer has as many transfers under way as it may."""

    default_code = "too-many-uploads"


class Busy(Conflict):
    """Another transfer of the same envelope is under way."""

    default_code = "upload-busy"


def full() -> DiskFull:
    """The storage has no room."""
    return DiskFull(_("There is no room for more just now. What was taken in stays; try later."))


def unreachable() -> DiskFull:
    """The storage does not answer, or not as it should."""
    return DiskFull(
        _("Storage is out of reach just now. What was taken in stays; try later."),
        code="storage-unreachable",
    )


def busy() -> Busy:
    """One writer at a time."""
    return Busy(_("Another upload of this envelope is under way. Ask for its offset and go on."))


def missing() -> NotFound:
    """What the database counts as received is not there."""
    return NotFound(_("The envelope's body is not in storage."), code="body-missing")
