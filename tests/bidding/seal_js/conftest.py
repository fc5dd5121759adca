"""The page's sealing modules under node, and a tenderer's key file."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.bidding.kit import world
from tests.javascript import Node, static

PASSWORD = "correct horse"


@pytest.fixture(scope="package")
def page(tmp_path_factory):
    root = static(tmp_path_factory.mktemp("static"))
    node = Node(Path(__file__).with_name("runner.mjs"), root, "--no-warnings")
    yield node
    node.close()


def key_file(name: str = "tenderer") -> bytes:
    key, certificate = world.pair(name)
    return pkcs12.serialize_key_and_certificates(
        name.encode(), key, certificate, None, BestAvailableEncryption(PASSWORD.encode())
    )
