"""What the archive remembers: its register of packages, and holds."""

from archive.models.hold import Hold
from archive.models.package import ArchivePackage

__all__ = ["ArchivePackage", "Hold"]
