"""The demonstration: five processes on one machine, and a tender played through them.

It stands outside the platform: everything it does goes over HTTP and WebSocket, with keys that lie
under ``OUT`` and never in ``DATA``.
"""
