"""An envelope on its way to a platform that answers well, badly, or not at all."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from bidding.kit.body import PART_SIZE
from bidding.kit.errors import EnvelopeError, Refused
from bidding.kit.pace import Pace
from bidding.kit.upload import Upload
from signatures.domain.errors import Unavailable
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world

URL = "/api/v1/uploads/1"
#: 20 parts and a short one.
CONTENT = bytes(range(256)) * (20 * PART_SIZE // 256)


@dataclass
class Shelf:
    """What a tus server keeps of one upload; ``instead`` answers a request otherwise, once."""

    size: int
    data: bytearray = field(default_factory=bytearray)
    instead: dict[int, object] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def answer(self, request):
        if not request.path.startswith(URL):
            return False
        self.calls.append(request.method)
        instead = self.instead.get(len(self.calls))
        if instead is not None:
            found = instead(request) if callable(instead) else instead
            if found is not False:
                return found
        if request.method == "HEAD":
            return self.stands(200)
        assert request.headers["Tus-Resumable"] == "1.0.0"
        assert request.headers["Content-Type"] == "application/offset+octet-stream"
        offset = int(request.headers["Upload-Offset"])
        if offset != len(self.data):
            return stages.problem(409, "offset-mismatch")
        self.data += request.body
        return self.stands(204)

    def stands(self, status: int, offset: int | None = None):
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(len(self.data) if offset is None else offset),
            "Upload-Length": str(self.size),
        }
        return status, headers, b""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with stages.theatre() as theatre:
        policy = theatre.stage.a_policy()
        submission, _kit = world.sealed_bid(policy, tmp_path_factory.mktemp("bid"), content=CONTENT)
        yield theatre, submission, submission.secrets(world.PASSPHRASE)


@pytest.fixture
def upload(scene):
    theatre, submission, secrets = scene
    theatre.stage = stages.Stage(origin=theatre.origin)
    state = submission.envelopes[0]
    shelf = Shelf(state.sealed.commitment.size)
    theatre.stage.instead = shelf.answer

    def make(*, patience: float = 3.0, **more):
        client = theatre.stage.client("tenderer")
        slot = state.head.header.slot
        made = Upload(
            api=client, url=URL, state=state, secret=secrets[slot], patience=patience, **more
        )
        return shelf, made

    yield make
    theatre.stage.close()


def whole(scene) -> bytes:
    from bidding.kit import envelope

    _theatre, submission, secrets = scene
    state = submission.envelopes[0]
    with state.plaintext() as source:
        made = envelope.parts(state.head, secrets[1], state.sealed, source)
        return b"".join(part.data for part in made)


def test_upload_sends_the_committed_body_in_patches_of_whole_parts(upload, scene):
    told = []
    shelf, made = upload(show=told.append, pace=Pace(most=8))
    made.run()
    assert bytes(shelf.data) == whole(scene)
    assert shelf.calls == ["HEAD", "PATCH", "PATCH", "PATCH", "HEAD"]
    assert [each.sent for each in told] == [0, 8 * PART_SIZE, 16 * PART_SIZE, shelf.size]


def narrow(shelf, most):
    """Something on the way lets no more than so many parts through at once."""

    def answer(request):
        return (413, {}, b"") if len(request.body) > most * PART_SIZE else False

    shelf.instead = dict.fromkeys(range(1, 100), answer)


@pytest.mark.parametrize("most", [1, 2, 5, 7])
def test_upload_finds_how_much_comes_through_at_once(upload, scene, most):
    shelf, made = upload()
    narrow(shelf, most)
    made.run()
    assert bytes(shelf.data) == whole(scene)
    assert made.pace.most <= most


def test_upload_of_which_not_even_one_part_comes_through_is_refused(upload):
    shelf, made = upload()
    narrow(shelf, 0)
    with pytest.raises(Refused) as caught:
        made.run()
    assert (caught.value.code, shelf.data) == ("too-large", b"")


def test_upload_goes_on_from_where_the_platform_stands(upload, scene):
    shelf, made = upload()
    shelf.data += whole(scene)[: 16 * PART_SIZE]
    made.run()
    assert bytes(shelf.data) == whole(scene)
    assert shelf.calls.count("PATCH") == 1


def test_upload_that_is_complete_sends_nothing(upload, scene):
    shelf, made = upload()
    shelf.data += whole(scene)
    made.run()
    assert set(shelf.calls) == {"HEAD"}


def behind(shelf):
    """The platform took a part, lost it again and says so."""

    def lose(_request):
        del shelf.data[:]
        return stages.problem(409, "offset-mismatch")

    return lose


def half_taken(shelf):
    """A part was taken, and the line dropped before the answer."""

    def drop(request):
        shelf.data += request.body

    return drop


PASSING = {
    "409": lambda shelf: stages.problem(409, "offset-mismatch"),
    "409-busy": lambda shelf: stages.problem(409, "upload-busy"),
    "409-no-json": lambda shelf: (409, {}, b"no"),
    "460": lambda shelf: stages.problem(460, "checksum-mismatch"),
    "500": lambda shelf: (500, {}, b"<h1>oops</h1>"),
    "502": lambda shelf: (502, {}, b""),
    "503": lambda shelf: stages.problem(503, "too-many-uploads"),
    "507": lambda shelf: stages.problem(507, "disk-full"),
    "dropped": lambda shelf: lambda request: None,
    "taken-and-dropped": half_taken,
    "lost": behind,
    "offset-ahead": lambda shelf: shelf.stands(204, 20 * PART_SIZE),
    "offset-behind": lambda shelf: shelf.stands(204, 0),
    "offset-garbage": lambda shelf: (204, {"Upload-Offset": "-1"}, b""),
    "offset-missing": lambda shelf: (204, {}, b""),
}


@pytest.mark.parametrize("call", [2, 3])
@pytest.mark.parametrize("fault", PASSING)
def test_upload_outlives_a_wrong_answer(upload, scene, fault, call):
    shelf, made = upload()
    shelf.instead[call] = PASSING[fault](shelf)
    made.run()
    assert bytes(shelf.data) == whole(scene)


@pytest.mark.parametrize(
    "answer",
    [(500, {}, b""), (204, {"Upload-Offset": "x"}, b""), lambda request: None],
    ids=["500", "garbage", "dropped"],
)
def test_upload_outlives_a_wrong_answer_to_its_question(upload, scene, answer):
    shelf, made = upload()
    shelf.instead[1] = answer
    made.run()
    assert bytes(shelf.data) == whole(scene)


class Always(dict):
    """The same answer to every call of one method."""

    def __init__(self, method, answer):
        super().__init__()
        self.method, self.answer = method, answer

    def get(self, _number, _default=None):
        return lambda request: self.answer if request.method == self.method else False


@pytest.mark.parametrize(
    ("method", "answer", "kind", "code"),
    [
        ("PATCH", stages.problem(409, "too-late"), Refused, "too-late"),
        ("PATCH", stages.problem(409, "upload-ended"), Refused, "upload-ended"),
        ("PATCH", stages.problem(403, "denied"), Refused, "denied"),
        ("PATCH", stages.problem(404, "no-such-upload"), Refused, "upload-gone"),
        ("HEAD", stages.problem(404, "no-such-upload"), Refused, "upload-gone"),
        ("PATCH", stages.problem(507, "disk-full"), Unavailable, "platform-full"),
        ("PATCH", stages.problem(460, "wrong-part"), Unavailable, "damaged-on-the-way"),
        ("PATCH", (500, {}, b""), Unavailable, "bad-answer"),
        ("HEAD", (500, {}, b""), Unavailable, "bad-answer"),
        ("PATCH", (204, {"Upload-Offset": "0"}, b""), Unavailable, "wrong-offset"),
    ],
)
def test_upload_that_cannot_go_on_says_why(upload, method, answer, kind, code):
    shelf, made = upload(patience=0.3)
    shelf.instead = Always(method, answer)
    with pytest.raises(kind) as caught:
        made.run()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Upload-Offset": "0", "Upload-Length": "5"}, "wrong-length"),
        ({"Upload-Offset": "5"}, "wrong-offset"),
        ({"Upload-Offset": "99999999999"}, "wrong-offset"),
    ],
)
def test_upload_to_a_place_that_is_another_sends_nothing(upload, headers, code):
    shelf, made = upload()
    sent = {"Upload-Length": str(shelf.size), **headers}
    shelf.instead = Always("HEAD", (200, sent, b""))
    with pytest.raises(Refused) as caught:
        made.run()
    assert caught.value.code == code
    assert shelf.data == b""


def test_platform_that_loses_everything_again_is_given_up(upload):
    shelf, made = upload(patience=0.3)

    class Losing(dict):
        def get(self, _number, _default=None):
            def answer(request):
                if request.method == "HEAD":
                    del shelf.data[:]
                return False

            return answer

    shelf.instead = Losing()
    with pytest.raises(Unavailable) as caught:
        made.run()
    assert caught.value.code == "lost-bytes"


def test_changed_file_is_never_sent(upload, scene, tmp_path):
    _theatre, submission, _secrets = scene
    path = submission.envelopes[0].paths[0]
    shelf, made = upload()
    shelf.data += whole(scene)[: 8 * PART_SIZE]
    kept = path.read_bytes()
    path.write_bytes(kept[: 12 * PART_SIZE] + b"!" + kept[12 * PART_SIZE + 1 :])
    try:
        with pytest.raises(EnvelopeError) as caught:
            made.run()
    finally:
        path.write_bytes(kept)
    assert caught.value.code == "content-changed"
    assert len(shelf.data) <= 12 * PART_SIZE


def test_stopped_upload_ends_between_two_parts(upload):
    stop = threading.Event()
    shelf, made = upload(stop=stop, show=lambda progress: stop.set())
    with pytest.raises(Unavailable) as caught:
        made.run()
    assert caught.value.code == "stopped"
    assert len(shelf.data) % PART_SIZE == 0
