"""What waits for one socket is bounded, in order, and never blocks another."""

from __future__ import annotations

import asyncio

import pytest

from bidding.domain import outbox
from bidding.domain.outbox import LIMIT, SLOW, Message, Outbox, message


class Peer:
    """The far end: takes frames while its gate is open."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, sent: Message) -> None:
        await self.gate.wait()
        self.got.append(sent)

    @property
    def texts(self) -> list[str]:
        return [sent["text"] for sent in self.got if "text" in sent]

    @property
    def code(self) -> int | None:
        return self.got[-1].get("code") if self.got else None


async def test_frames_go_out_in_order_and_close_comes_last() -> None:
    peer = Peer()
    box = Outbox(peer.send, lambda: None)
    for number in range(10):
        box.put(str(number))
    box.close(4401)
    box.put("never")
    await box.run()
    assert peer.texts == [str(number) for number in range(10)]
    assert peer.code == 4401


async def test_full_box_drops_all_and_closes_as_slow() -> None:
    peer = Peer()
    box = Outbox(peer.send, lambda: None)
    box.extend([message("x")] * LIMIT)
    assert box.closing is False
    box.put("one too many")
    assert box.closing is True
    await box.run()
    assert (peer.texts, peer.code) == ([], SLOW)


async def test_feed_waits_for_the_peer_instead_of_overflowing() -> None:
    peer = Peer()
    box = Outbox(peer.send, lambda: None)
    running = asyncio.create_task(box.run())
    await box.feed([str(number) for number in range(5 * LIMIT)])
    box.close(4401)
    await running
    assert peer.texts == [str(number) for number in range(5 * LIMIT)]
    assert peer.code == 4401


async def test_feed_to_a_stuck_peer_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PATIENCE", 0.05)
    peer, lost = Peer(), asyncio.Event()
    peer.gate.clear()
    box = Outbox(peer.send, lost.set)
    running = asyncio.create_task(box.run())
    await box.feed(["x"] * 5 * LIMIT)
    assert box.closing is True
    # It does not even take the close: whoever holds the socket is told to give it up.
    await asyncio.wait_for(lost.wait(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("error", [ConnectionResetError(), RuntimeError("after close")])
async def test_peer_that_is_gone_ends_the_sender(error: Exception) -> None:
    async def send(sent: Message) -> None:
        raise error

    box = Outbox(send, lambda: None)
    box.put("x")
    await box.run()
    assert box.closing is True
    await asyncio.wait_for(box.feed(["y"]), 1)
