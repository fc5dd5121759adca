"""Bodies with a service that speaks S3: the uploads' own tests once more, and what may go wrong."""

from __future__ import annotations

import os
import uuid

import pytest

from bidding.domain import bodies, uploads
from bidding.domain.body_errors import Busy
from bidding.enums import VersionState
from bidding.kit.body import PART_SIZE
from bidding.models import BidVersion
from signatures.domain import guard
from signatures.domain.errors import NotFound, Refused
from tests.bidding.sealing import s3
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.test_uploads import *  # noqa: F403
from tests.bidding.sealing.test_uploads import parts, received, row, submission, url  # noqa: F401
from tests.bidding.sealing.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running():
    with s3.service() as place:
        yield place


@pytest.fixture(autouse=True)
def place(running, settings):
    settings.BODIES, settings.S3 = "s3", running
    return running


def filled(count: int, last: int = 17) -> tuple[uuid.UUID, bytes]:
    """A body of so many whole parts and a short one."""
    envelope, data = uuid.uuid4(), os.urandom(count * PART_SIZE + last)
    with bodies.writing(envelope) as body:
        for at in range(0, len(data), PART_SIZE):
            body.write(data[at : at + PART_SIZE], at)
        body.sync()
    return envelope, data


@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_what_was_written_is_read_in_order_and_is_as_long(count):
    envelope, data = filled(count)
    assert bodies.length(envelope) == len(data)
    with bodies.reading(envelope) as stream:
        assert stream.read() == data
    with bodies.reading(envelope) as stream:
        assert b"".join(iter(lambda: stream.read(777_777), b"")) == data


def test_part_is_written_again_in_place_of_what_a_cut_request_left():
    envelope, data = filled(2)
    other = os.urandom(PART_SIZE)
    with bodies.writing(envelope) as body:
        assert body.read(PART_SIZE, PART_SIZE) == data[PART_SIZE : 2 * PART_SIZE]
        assert body.read(PART_SIZE, 7 * PART_SIZE) == b""
        body.write(other, PART_SIZE)
        body.sync()
    with bodies.reading(envelope) as stream:
        assert stream.read() == data[:PART_SIZE] + other + data[2 * PART_SIZE :]


def test_erased_body_leaves_no_version_of_any_part(place):
    envelope, _data = filled(3)
    with bodies.writing(envelope) as body:
        body.write(b"again" * 1000, 0)
        body.sync()
    assert len(s3.versions(place, f"b/{envelope.hex}/")) == 5
    assert bodies.erase(envelope) is True
    assert s3.versions(place, f"b/{envelope.hex}/") == []
    assert bodies.erase(envelope) is False
    assert bodies.length(envelope) == 0
    with pytest.raises(NotFound), bodies.reading(envelope):
        pass


def test_one_erasing_leaves_other_envelopes_alone():
    (first, _), (second, data) = filled(1), filled(1)
    bodies.erase(first)
    with bodies.reading(second) as stream:
        assert stream.read() == data


def test_second_writer_on_the_same_machine_is_told_to_wait():
    envelope, _data = filled(1)
    with bodies.writing(envelope), pytest.raises(Busy), bodies.writing(envelope):
        pass


def test_service_frees_and_tells_no_room():
    assert bodies.free() is None


@pytest.mark.parametrize(
    "change", [{"bucket": "nobodys"}, {"endpoint": "http://127.0.0.1:9"}], ids=["bucket", "gone"]
)
def test_service_that_is_not_there_is_out_of_reach_and_nothing_counts(
    world: World, url, row, parts, settings, change  # noqa: F811
):
    settings.S3 = {**settings.S3, **change}
    with Unchanged():
        refusal(world.tenderers[0].patch(url, 0, parts[0]), 503, "storage-unreachable")
    assert received(row) == 0


def test_service_that_goes_in_the_middle_is_out_of_reach_and_goes_on(
    world: World, url, row, parts, settings  # noqa: F811
):
    person, here = world.tenderers[0], settings.S3
    with s3.service() as other:
        settings.S3 = other
        assert person.patch(url, 0, b"".join(parts[:2])).status_code == 204
    with Unchanged():
        refusal(person.patch(url, 2 * PART_SIZE, parts[2]), 503, "storage-unreachable")
    assert received(row) == 2 * PART_SIZE
    settings.S3 = here
    assert person.patch(url, 2 * PART_SIZE, parts[2]).status_code == 204


def test_writer_elsewhere_leaves_nothing_of_a_version_that_was_given_up(
    world: World, url, row, parts, place, settings, tmp_path  # noqa: F811
):
    """On another machine no lock keeps the erasing waiting: the version ends, and is erased,
    while its part is on the way."""
    here = settings.DATA

    class Cut:
        """The bytes of a part; the version is given up before the last of them."""

        def __init__(self) -> None:
            self.left = [parts[0][:-1], parts[0][-1:]]

        def read(self, size: int) -> bytes:
            if len(self.left) == 1:
                settings.DATA = here
                with guard.writes("test arrangement"):
                    BidVersion.objects.update(state=VersionState.ABANDONED)
                bodies.erase(row.pk)
            return self.left.pop(0) if self.left else b""

    settings.DATA = tmp_path
    with pytest.raises(Refused) as refused:
        uploads.receive(
            world.tenderers[0].user, row, offset=0, length=len(parts[0]), stream=Cut()
        )
    assert refused.value.code == "upload-ended"
    assert s3.versions(place, f"b/{row.pk.hex}/") == []


def test_part_begins_at_a_part():
    with bodies.writing(uuid.uuid4()) as body, pytest.raises(ValueError, match="multiple"):
        body.write(b"x", 1)
    assert bodies.length(uuid.uuid4()) == 0
