"""Untrusted files: judged by name, size and type, and read only by children that can be lost."""

from signatures.sandbox.errors import SandboxCrash, SandboxMemory, SandboxTimeout
from signatures.sandbox.runner import MIB, run

__all__ = ["MIB", "SandboxCrash", "SandboxMemory", "SandboxTimeout", "run"]
