"""A service that speaks S3, in this process and on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tests.bidding.server import free_port

BUCKET = "bodies"


@contextmanager
def service(*, port: int | None = None) -> Iterator[dict[str, str]]:
    """``settings.S3`` for a new bucket that keeps every version of what lies in it."""
    port = port or free_port()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        place = {
            "bucket": BUCKET, "endpoint": f"http://127.0.0.1:{port}", "region": "us-east-1",
            "prefix": "b/", "key": "key", "secret": "secret",
        }  # fmt: skip
        found = client(place)
        found.create_bucket(Bucket=BUCKET)
        found.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )
        yield place
    finally:
        server.stop()


def client(place: dict[str, str]) -> Any:
    """The service as its operator sees it."""
    return boto3.client(
        "s3",
        endpoint_url=place["endpoint"],
        region_name=place["region"],
        aws_access_key_id=place["key"],
        aws_secret_access_key=place["secret"],
    )


def versions(place: dict[str, str], prefix: str = "") -> list[str]:
    """All that is kept, by key, deleted or not."""
    answer = client(place).list_object_versions(Bucket=BUCKET, Prefix=prefix)
    return [one["Key"] for name in ("Versions", "DeleteMarkers") for one in answer.get(name, [])]
