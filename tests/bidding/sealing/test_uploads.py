"""Resumable uploads: only the committed bytes, in order, once; tus as its clients expect it."""

from __future__ import annotations

import io
import uuid
from base64 import b64encode
from contextlib import ExitStack

import pytest
from django.test import Client

from bidding.domain import bodies, bodies_on_disk, uploads
from bidding.models import Bid, BidVersion, Envelope, UploadTrace
from signatures.domain import clock, guard
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.sealing import people
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.people import checksum
from tests.bidding.sealing.world import DEADLINE, MIB, World, body_parts

pytestmark = pytest.mark.django_db

#: Slot 3 then has ten parts and a short one.
BIG = bytes(range(256)) * (10 * MIB // 256) + b"the end"


@pytest.fixture(scope="module")
def submission(standing: World):
    return standing.seal(standing.tenderers[0], technical=BIG)[0]


@pytest.fixture(scope="module")
def parts(submission) -> list[bytes]:
    return [part.data for part in body_parts(submission, 3)]


@pytest.fixture
def url(world: World, submission) -> str:
    answer = world.register(world.tenderers[0], submission).json()
    return next(one["url"] for one in answer["uploads"] if one["slot"] == 3)


@pytest.fixture
def row(url: str) -> Envelope:
    return Envelope.objects.get(pk=url.rpartition("/")[2])


def left_over(envelope: uuid.UUID, data: bytes) -> None:
    """As a request leaves it that is cut before it counts."""
    with bodies.writing(envelope) as body:
        for at in range(0, len(data), MIB):
            body.write(data[at : at + MIB], at)
        body.sync()


def received(row: Envelope) -> int:
    return Envelope.objects.get(pk=row.pk).received


# --- in order ------------------------------------------------------------------------------------


def test_upload_resumes_from_where_it_stands(world: World, url, row, parts):
    person = world.tenderers[0]
    first = b"".join(parts[:8])
    answer = person.patch(url, 0, first, Upload_Checksum=checksum(first))
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(8 * MIB))
    head = person.tus("HEAD", url)
    assert (head["Upload-Offset"], head["Upload-Length"]) == (str(8 * MIB), str(row.size))
    assert head["Cache-Control"] == "no-store"
    rest = b"".join(parts[8:])
    assert person.patch(url, 8 * MIB, rest).status_code == 204
    assert (received(row), head["Tus-Resumable"]) == (row.size, "1.0.0")
    with bodies.reading(row.pk) as stream:
        assert stream.read() == b"".join(parts)


def test_last_part_of_the_last_envelope_names_the_receipt(world: World, submission):
    person = world.tenderers[0]
    answer = world.register(person, submission).json()
    for upload in answer["uploads"]:
        for batch in worlds.batches(submission, upload["slot"]):
            done = person.patch(
                upload["url"], batch[0].offset, b"".join(part.data for part in batch)
            )
    receipt = person.get(done["Sunlit-Receipt"].removeprefix("/api/v1/"))
    assert receipt.json()["receipt"]["entry"]["act"] == "bidding.complete-version"


def test_options_says_what_is_supported_to_anybody(world: World, url):
    answer = Client().options(url)
    assert (answer.status_code, answer["Tus-Version"], answer["Tus-Extension"]) == (
        204, "1.0.0", "checksum,termination"
    )
    assert (answer["Tus-Max-Size"], answer["Tus-Checksum-Algorithm"]) == (
        str(4 * 1024**3), "sha256"
    )


def test_bytes_left_over_from_a_crash_are_written_again(world: World, url, row, parts):
    left_over(row.pk, b"\xff" * (3 * MIB))
    person = world.tenderers[0]
    assert person.tus("HEAD", url)["Upload-Offset"] == "0"
    assert person.patch(url, 0, parts[0]).status_code == 204
    with bodies.reading(row.pk) as stream:
        assert stream.read(MIB) == parts[0]


def test_trace_keeps_pseudonyms_only(world: World, url, row, parts):
    world.tenderers[0].patch(url, 0, parts[0], Sunlit_Client="kit 1", Sunlit_Device="laptop")
    trace = UploadTrace.objects.get(envelope=row, parts=1)
    assert (trace.size, trace.client, len(trace.network), len(trace.device)) == (
        MIB, "kit 1", 32, 32
    )
    assert "127.0.0.1" not in trace.network


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [MIB, 2 * MIB])
def test_offset_that_is_not_the_uploads_own_is_a_conflict(world: World, url, row, parts, offset):
    data = parts[offset // MIB]
    with Unchanged():
        refusal(world.tenderers[0].patch(url, offset, data), 409, "offset-mismatch")
    assert received(row) == 0


def test_same_part_twice_is_a_conflict_and_counts_once(world: World, url, row, parts):
    person = world.tenderers[0]
    assert person.patch(url, 0, parts[0]).status_code == 204
    with Unchanged():
        refusal(person.patch(url, 0, parts[0]), 409, "offset-mismatch")
    assert received(row) == MIB


def test_wrong_part_is_refused_and_never_counts(world: World, url, row, parts):
    person = world.tenderers[0]
    with Unchanged():
        refusal(person.patch(url, 0, parts[1]), 460, "wrong-part")
        refusal(person.patch(url, 0, parts[0] + parts[0]), 460, "wrong-part")
    assert received(row) == 0


def test_one_flipped_bit_is_refused(world: World, url, row, parts):
    data = bytearray(parts[0])
    data[4321] ^= 1
    with Unchanged():
        refusal(world.tenderers[0].patch(url, 0, bytes(data)), 460, "wrong-part")


def test_wrong_checksum_is_refused(world: World, url, row, parts):
    with Unchanged():
        answer = world.tenderers[0].patch(url, 0, parts[0], Upload_Checksum=checksum(parts[1]))
        refusal(answer, 460, "checksum-mismatch")
    assert received(row) == 0


@pytest.mark.parametrize(
    "header",
    ["md5 " + b64encode(bytes(16)).decode(), "sha256", "sha256 ###", "sha256 AAAA", "sha1 AAAA"],
)
def test_checksum_of_another_form_is_malformed(world: World, url, row, parts, header):
    with Unchanged():
        answer = world.tenderers[0].patch(url, 0, parts[0], Upload_Checksum=header)
        refusal(answer, 400, "bad-checksum")


def test_broken_parts_are_malformed(world: World, url, row, parts):
    person = world.tenderers[0]
    with Unchanged():
        refusal(person.patch(url, 0, parts[0][:-1]), 400, "broken-part")
        refusal(person.patch(url, 17, parts[0]), 409, "offset-mismatch")
    assert received(row) == 0


def test_more_than_a_request_may_bring_or_than_the_envelope_is_too_large(
    world: World, url, row, parts, settings
):
    assert settings.UPLOAD_PART_BYTES == 32 * MIB
    settings.UPLOAD_PART_BYTES = 8 * MIB
    person = world.tenderers[0]
    with Unchanged():
        refusal(person.patch(url, 0, b"".join(parts[:9])), 413, "too-large")
        refusal(person.patch(url, 10 * MIB, parts[10] + b"x"), 413, "too-large")


@pytest.mark.parametrize("value", ["", "-1", "1.0", "٣", "9" * 16])
def test_offset_that_is_no_number_is_malformed(world: World, url, parts, value):
    with Unchanged():
        answer = world.tenderers[0].tus("PATCH", url, parts[0], Upload_Offset=value)
        refusal(answer, 400, "bad-header")


def test_other_versions_of_tus_get_412_with_the_one_that_is_spoken(world: World, url):
    answer = world.tenderers[0].tus("HEAD", url, Tus_Resumable="0.2.2")
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


def test_another_content_type_is_refused(world: World, url, parts):
    person = world.tenderers[0]
    headers = {**person.headers, "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    answer = person.client.generic(
        "PATCH", url, parts[0], content_type="application/octet-stream", headers=headers
    )
    refusal(answer, 415, "wrong-media-type")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_other_methods_are_refused(world: World, url, method):
    refusal(world.tenderers[0].tus(method, url), 405, "method-not-allowed")


def test_others_and_nobody_get_at_no_upload(world: World, url, row, parts):
    with Unchanged():
        assert world.tenderers[1].tus("HEAD", url).status_code == 404
        refusal(world.tenderers[1].patch(url, 0, parts[0]), 404, "no-such-upload")
        refusal(world.tenderee.tus("DELETE", url), 404, "no-such-upload")
        answer = Client().generic(
            "PATCH", url, parts[0], content_type="application/offset+octet-stream",
            headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
        )
        refusal(answer, 401, "sign-in-first")
        refusal(world.tenderers[0].patch(f"{url[:-36]}{uuid.uuid4()}", 0, parts[0]), 404,
                "no-such-upload")
    assert not bodies_on_disk.path(row.pk).exists()


def test_session_cookie_without_csrf_token_is_refused(world: World, url, parts):
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        world.tenderers[0].user, backend="django.contrib.auth.backends.ModelBackend"
    )
    answer = client.generic(
        "PATCH", url, parts[0], content_type="application/offset+octet-stream",
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
    )
    assert answer.status_code == 403


def test_withdrawn_bid_takes_no_part(world: World, url, row, parts):
    person = world.tenderers[0]
    bid = Bid.objects.get()
    person.post(
        world.path(f"bids/{bid.pk}/withdraw"), worlds.withdrawal(world, person, bid.pk)
    )
    with Unchanged():
        refusal(person.patch(url, 0, parts[0]), 410, "upload-ended")
    assert person.tus("HEAD", url).status_code == 410


def test_part_at_the_deadline_is_too_late(world: World, url, row, parts):
    people.move_clock(DEADLINE)
    with Unchanged():
        refusal(world.tenderers[0].patch(url, 0, parts[0]), 409, "too-late")
    assert received(row) == 0


def test_fourth_transfer_at_once_waits(world: World, url, row, parts):
    tenderer = row.version.bid.tenderer_id
    with bodies.transfer(tenderer), bodies.transfer(tenderer), bodies.transfer(tenderer):
        with Unchanged():
            answer = world.tenderers[0].patch(url, 0, parts[0])
            refusal(answer, 503, "too-many-uploads")
            assert answer["Retry-After"] == "1"
    assert world.tenderers[0].patch(url, 0, parts[0]).status_code == 204


def test_two_transfers_of_one_envelope_are_told_apart(world: World, url, row, parts):
    with bodies.writing(row.pk), Unchanged():
        refusal(world.tenderers[0].patch(url, 0, parts[0]), 409, "upload-busy")


def test_complete_version_is_not_given_up(world: World, submission):
    person = world.tenderers[0]
    answer = world.register(person, submission).json()
    world.upload(person, submission, answer)
    with Unchanged():
        refusal(person.tus("DELETE", answer["uploads"][0]["url"]), 409, "version-complete")
    assert BidVersion.objects.get().state == "complete"


def test_part_that_no_act_counted_leaves_no_leaf(world: World, url, row, parts):
    with guard.writes("test"):
        world.house.lot.state, world.house.lot.suspended_at = "suspended", clock.now()
        world.house.lot.save(update_fields=["state", "suspended_at"])
    before = LedgerEntry.objects.count()
    refusal(world.tenderers[0].patch(url, 0, parts[0]), 409, "not-running")
    assert (received(row), LedgerEntry.objects.count()) == (0, before)


def test_stream_that_ends_early_is_malformed(world: World, row, parts):
    person = world.tenderers[0]
    with pytest.raises(uploads.Malformed) as caught:
        uploads.receive(
            person.user, uploads.find(person.user, row.pk), offset=0, length=MIB,
            stream=io.BytesIO(parts[0][:1000]),
        )
    assert caught.value.code == "broken-part"


# --- cut short -----------------------------------------------------------------------------------


def cut_short(person, row: Envelope, data: bytes, *, announced: int) -> None:
    """A request that announces more than its line brings."""
    with pytest.raises(uploads.Malformed):
        uploads.receive(
            person.user, uploads.find(person.user, row.pk), offset=received(row),
            length=announced, stream=io.BytesIO(data),
        )


def test_whole_parts_of_a_request_that_was_cut_short_are_not_sent_again(
    world: World, url, row, parts
):
    person = world.tenderers[0]
    with Unchanged():
        cut_short(person, row, b"".join(parts[:3])[:-1], announced=8 * MIB)
    assert received(row) == 0
    before = LedgerEntry.objects.count()
    assert person.tus("HEAD", url)["Upload-Offset"] == str(2 * MIB)
    assert (received(row), LedgerEntry.objects.count()) == (2 * MIB, before + 1)
    with Unchanged():
        assert person.tus("HEAD", url)["Upload-Offset"] == str(2 * MIB)
    assert person.patch(url, 2 * MIB, b"".join(parts[2:])).status_code == 204
    with bodies.reading(row.pk) as stream:
        assert stream.read() == b"".join(parts)


def test_version_whose_last_request_was_cut_after_its_last_byte_is_receipted(
    world: World, submission
):
    """As when the server dies between the last byte and the act that counts it."""
    person = world.tenderers[0]
    answer = world.register(person, submission).json()
    for upload in answer["uploads"]:
        data = b"".join(part.data for part in body_parts(submission, upload["slot"]))
        if upload["slot"] != 3:
            assert person.patch(upload["url"], 0, data).status_code == 204
            continue
        last = upload["url"]
        left_over(uuid.UUID(last.rpartition("/")[2]), data)
    assert BidVersion.objects.get().state == "receiving"
    assert person.tus("HEAD", last)["Upload-Offset"] == str(len(data_of(submission)))
    assert BidVersion.objects.get().state == "complete"
    acts = [one.entry["act"] for one in LedgerOpening.objects.order_by("leaf_id")]
    assert acts.count("bidding.complete-version") == 1


def data_of(submission) -> bytes:
    return b"".join(part.data for part in body_parts(submission, 3))


def test_left_over_part_that_is_not_the_committed_one_never_counts(
    world: World, url, row, parts
):
    person = world.tenderers[0]
    damaged = bytearray(parts[1])
    damaged[-1] ^= 1
    left_over(row.pk, parts[0] + bytes(damaged) + parts[2])
    assert person.tus("HEAD", url)["Upload-Offset"] == str(MIB)
    with Unchanged():
        assert person.tus("HEAD", url)["Upload-Offset"] == str(MIB)


def test_left_over_parts_count_no_further_than_one_request_brings(
    world: World, url, row, parts, settings
):
    settings.UPLOAD_PART_BYTES = 2 * MIB
    left_over(row.pk, b"".join(parts[:5]))
    assert world.tenderers[0].tus("HEAD", url)["Upload-Offset"] == str(2 * MIB)


@pytest.mark.parametrize("why", ["late", "busy", "suspended", "withdrawn", "others"])
def test_left_over_parts_count_only_where_a_request_would(world: World, url, row, parts, why):
    person = world.tenderers[0]
    left_over(row.pk, parts[0])
    expected = ("200", "0")
    if why == "late":
        people.move_clock(DEADLINE)
    elif why == "suspended":
        with guard.writes("test"):
            world.house.lot.state, world.house.lot.suspended_at = "suspended", clock.now()
            world.house.lot.save(update_fields=["state", "suspended_at"])
    elif why == "withdrawn":
        bid = Bid.objects.get()
        person.post(
            world.path(f"bids/{bid.pk}/withdraw"), worlds.withdrawal(world, person, bid.pk)
        )
        expected = ("410", "")
    elif why == "others":
        person, expected = world.tenderers[1], ("404", "")
    with ExitStack() as held, Unchanged():
        if why == "busy":
            held.enter_context(bodies.writing(row.pk))
        answer = person.tus("HEAD", url)
        assert (str(answer.status_code), answer.headers.get("Upload-Offset", "")) == expected
    assert received(row) == 0
