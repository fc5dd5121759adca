// The room's client under node: sockets, time and chance are the test's own. Run by
// test_room_javascript.py, beside copies of the page's modules.

import assert from 'node:assert/strict';
import test from 'node:test';

import {
  ANSWER_MS, BACK_LATER_MS, PING_MS, REPLAYED_MS, Room, RoomError, SILENCE_MS, STALE_MS, TICK_MS,
} from './room.js';
import { MAX_FRAME, Session, read } from './room_session.js';

const AT = '2026-03-10T01:30:00.000000Z';
const event = (seq, text = `e${seq}`) => JSON.stringify({
  seq, at: AT, event: 'said', by: 'user:1', data: { text },
});
const pong = (mark, push = 'live') => JSON.stringify({ pong: mark, server: AT, push });
const words = (state, each) => ({ words: [...(state.words ?? []), each.data.text] });

function session(more = {}) {
  let drawn = 0;
  return new Session({
    reduce: words, uuid: () => `id-${drawn += 1}`, now: () => 0, ...more,
  });
}

// --- frames --------------------------------------------------------------------------------------

for (const [name, text] of Object.entries({
  binary: new Uint8Array(3),
  'not JSON': '{',
  'a list': '[]',
  null: 'null',
  'no frame of ours': '{"hello":{"last_seq":1}}',
  'an event without a number': '{"at":"2026-03-10T01:30:00Z","event":"said","by":"user:1","data":{}}',
  'an event with a number in text': event('3'),
  'an event numbered zero': event(0),
  'an event numbered below zero': event(-1),
  'an event with half a number': event(1.5),
  'an event without data': '{"seq":1,"at":"2026-03-10T01:30:00Z","event":"said","by":"user:1"}',
  'an event whose data is a list': '{"seq":1,"at":"2026-03-10T01:30:00Z","event":"said","by":"u","data":[]}',
  'an event at no time': '{"seq":1,"at":"soon","event":"said","by":"user:1","data":{}}',
  'a snapshot without a number': '{"snapshot":{}}',
  'a snapshot that is a list': '{"snapshot":[],"seq":4}',
  'an ack without a number': '{"ack":"id-1"}',
  'an ack of nothing': '{"ack":null,"seq":1}',
  'a nack without a message': '{"nack":"id-1","code":"x"}',
  'a nack of a number': '{"nack":4,"code":"x","message":"y"}',
  'a ping at no time': '{"ping":"now","push":"live"}',
  'a pong without a time': '{"pong":1,"push":"live"}',
})) {
  test(`frame that is ${name} is unknown and changes nothing`, () => {
    assert.equal(read(text).kind, 'unknown');
    const room = session();
    room.take(event(1));
    assert.equal(room.take(text).kind, 'unknown');
    assert.deepEqual([room.seq, room.state], [1, { words: ['e1'] }]);
  });
}

test('events are folded in order, gaps are what others may see', () => {
  const room = session();
  [1, 2, 7].forEach((seq) => room.take(event(seq)));
  assert.deepEqual([room.seq, room.state.words], [7, ['e1', 'e2', 'e7']]);
});

test('event that comes twice is folded once', () => {
  const room = session();
  room.take(event(1));
  assert.deepEqual(room.take(event(1, 'other')), { kind: 'seen', seq: 1 });
  assert.deepEqual(room.state.words, ['e1']);
});

test('event that comes out of order is not folded behind a later one', () => {
  const room = session();
  room.take(event(5));
  assert.equal(room.take(event(4)).kind, 'seen');
  assert.deepEqual([room.seq, room.state.words], [5, ['e5']]);
});

test('reducer never changes what it was given', () => {
  const first = Object.freeze({ words: Object.freeze(['before']) });
  const room = session({ state: first });
  room.take(event(1));
  assert.deepEqual([first.words, room.state.words], [['before'], ['before', 'e1']]);
});

test('snapshot stands in place of the events up to it', () => {
  const room = session();
  room.take(event(1));
  room.take('{"snapshot":{"words":["all"]},"seq":40}');
  assert.equal(room.take(event(40)).kind, 'seen');
  room.take(event(41));
  assert.deepEqual([room.seq, room.state.words], [41, ['all', 'e41']]);
});

test('snapshot with a smaller number begins the room anew', () => {
  const room = session({ lastSeq: 99 });
  room.take('{"snapshot":{"words":[]},"seq":3}');
  assert.equal(room.seq, 3);
});

test('hello names the last event, the ping stands behind it', () => {
  const room = session({ lastSeq: 12 });
  assert.deepEqual(room.begin().map((text) => JSON.parse(text)), [
    { hello: { last_seq: 12 } }, { ping: 1 },
  ]);
});

test('room is settled by the pong to the ping behind hello and by no other', () => {
  const room = session();
  room.begin();
  room.take(event(1));
  assert.equal(room.take(pong(7)).kind, 'unknown');
  assert.deepEqual([room.take(pong(1)).settled, room.take(pong(1)).kind], [true, 'unknown']);
});

test('ping of the platform is answered with its own stamp', () => {
  const news = session().take(JSON.stringify({ ping: AT, push: 'live' }));
  assert.deepEqual(JSON.parse(news.send), { pong: AT });
});

test('clock is the platform\'s, half the way there added', () => {
  let now = 1000;
  const room = session({ now: () => now });
  assert.equal(room.official(), null);
  room.begin();
  now = 1200;
  room.take(pong(1));
  assert.equal(room.official(), Date.parse(AT) + 100);
  now = 6200;
  assert.equal(room.official(), Date.parse(AT) + 5100);
});

// --- commands ------------------------------------------------------------------------------------

test('command changes nothing before its event comes', async () => {
  const room = session();
  const { id, done } = room.command('say', { text: 'mine' });
  assert.deepEqual(room.state, {});
  room.take(JSON.stringify({ ack: id, seq: 1 }));
  assert.equal(await done, 1);
  assert.deepEqual(room.state, {});
  room.take(event(1, 'mine'));
  assert.deepEqual(room.state.words, ['mine']);
});

test('nack rejects its command alone, with the words for the person', async () => {
  const room = session();
  const first = room.command('say');
  const second = room.command('say');
  room.take(JSON.stringify({ nack: first.id, code: 'wrong-stage', message: 'Not now.' }));
  await assert.rejects(first.done, (error) => error instanceof RoomError
    && error.code === 'wrong-stage' && error.message === 'Not now.' && !error.again);
  assert.deepEqual([...room.pending.keys()], [second.id]);
});

test('nack of a busy room says that trying again may help', async () => {
  const room = session();
  const { id, done } = room.command('say');
  room.take(JSON.stringify({ nack: id, code: 'room-busy', message: 'Wait.' }));
  await assert.rejects(done, (error) => error.again);
});

for (const frame of [{ ack: 'somebody else', seq: 3 }, { nack: 'x', code: 'c', message: 'm' }, { nack: null, code: 'c', message: 'm' }]) {
  test(`answer ${JSON.stringify(frame)} settles no command of ours`, () => {
    const room = session();
    room.command('say');
    assert.equal(room.take(JSON.stringify(frame)).known, false);
    assert.equal(room.pending.size, 1);
  });
}

test('second answer to one command is passed over', async () => {
  const room = session();
  const { id, done } = room.command('say');
  room.take(JSON.stringify({ ack: id, seq: 3 }));
  assert.equal(room.take(JSON.stringify({ nack: id, code: 'c', message: 'm' })).known, false);
  assert.equal(await done, 3);
});

test('command given twice under one id is one command', () => {
  const room = session();
  const first = room.command('say', { text: 'a' }, 'one');
  const second = room.command('say', { text: 'b' }, 'one');
  assert.equal(first.done, second.done);
  assert.equal(first.text, second.text);
});

test('command over 64 KiB is refused before it is sent', async () => {
  const room = session();
  const { text, done } = room.command('say', { text: '字'.repeat(MAX_FRAME / 3) });
  assert.equal(text, '');
  await assert.rejects(done, { code: 'frame-too-large' });
  assert.equal(room.pending.size, 0);
});

// --- over lines ----------------------------------------------------------------------------------

function world() {
  const own = { time: 0, timers: new Map(), sockets: [], drawn: 0, made: 0, refuse: false };
  own.now = () => own.time;
  own.random = () => 0.5;
  own.uuid = () => `id-${own.drawn += 1}`;
  own.after = (ms, call) => {
    own.timers.set(own.made += 1, { at: own.time + ms, call });
    return own.made;
  };
  own.cancel = (timer) => own.timers.delete(timer);
  own.open = (address) => {
    if (own.refuse) throw new Error('no network');
    const socket = {
      address, sent: [], send(text) { this.sent.push(JSON.parse(text)); }, close() { this.shut = true; },
    };
    own.sockets.push(socket);
    return socket;
  };
  own.pass = (ms) => {
    const end = own.time + ms;
    for (;;) {
      const due = [...own.timers].filter(([, each]) => each.at <= end)
        .sort((one, other) => one[1].at - other[1].at)[0];
      if (!due) break;
      own.timers.delete(due[0]);
      own.time = due[1].at;
      due[1].call();
    }
    own.time = end;
  };
  Object.defineProperty(own, 'line', { get: () => own.sockets.at(-1) });
  own.down = (...texts) => texts.forEach((data) => own.line.onmessage({ data }));
  own.answer = (push) => own.down(pong(own.line.sent.findLast((each) => 'ping' in each).ping, push));
  own.greet = (push, ...missed) => { own.line.onopen(); own.down(...missed); own.answer(push); };
  return own;
}

function enter(more = {}) {
  const own = world();
  const told = { states: [], events: [], problems: [] };
  const room = new Room('ws://hall', {
    reduce: words,
    world: own,
    on: {
      status: ({ state }) => { if (told.states.at(-1) !== state) told.states.push(state); },
      event: (each) => told.events.push(each.seq),
      problem: (nack) => told.problems.push(nack.code),
    },
    ...more,
  });
  room.start();
  return { own, room, told };
}

test('room is live when the platform has answered its hello', () => {
  const { own, room, told } = enter({ lastSeq: 5 });
  assert.equal(room.status.state, 'reconnecting');
  own.line.onopen();
  assert.equal(room.status.state, 'reconnecting');
  own.answer('live');
  assert.deepEqual([told.states, own.line.sent[0]], [['live'], { hello: { last_seq: 5 } }]);
});

test('room whose platform looks by itself is polling until news are pushed again', () => {
  const { own, room } = enter();
  own.greet('polling');
  assert.equal(room.status.state, 'polling');
  own.down(JSON.stringify({ ping: AT, push: 'live' }));
  assert.equal(room.status.state, 'live');
});

test('room that came back with news is replayed, then live', () => {
  const { own, room, told } = enter();
  own.greet('live', event(1));
  own.line.onclose({ code: 1006 });
  own.pass(BACK_LATER_MS);
  own.greet('live', event(2), event(3));
  assert.deepEqual([room.status.state, room.status.caught, room.status.seq], ['replayed', 2, 3]);
  assert.deepEqual(own.line.sent[0], { hello: { last_seq: 1 } });
  own.pass(REPLAYED_MS + 2 * TICK_MS);
  assert.deepEqual(told.states, ['live', 'reconnecting', 'replayed', 'live']);
  assert.deepEqual(told.events, [1, 2, 3]);
});

test('room that came back without news is live at once', () => {
  const { own, told } = enter();
  own.greet('live', event(1));
  own.line.onclose({ code: 1006 });
  own.pass(BACK_LATER_MS);
  own.greet('live');
  assert.deepEqual(told.states, ['live', 'reconnecting', 'live']);
});

test('first visit is never called replayed', () => {
  const { own, told } = enter();
  own.greet('live', event(1), event(2));
  assert.deepEqual(told.states, ['live']);
});

test('command lost with its line is sent again under its own id, once it has said hello', async () => {
  const { own, room } = enter();
  own.greet('live');
  const done = room.do('say', { text: 'mine' });
  const sent = own.line.sent.at(-1);
  own.line.onclose({ code: 1006 });
  own.pass(BACK_LATER_MS);
  own.line.onopen();
  assert.deepEqual(own.line.sent.map((frame) => Object.keys(frame)[0]), ['hello', 'ping', 'id']);
  assert.deepEqual(own.line.sent[2], sent);
  own.answer('live');
  own.down(JSON.stringify({ ack: sent.id, seq: 9 }));
  assert.equal(await done, 9);
});

test('command given while there is no line waits for the next', async () => {
  const { own, room } = enter();
  const done = room.do('say');
  assert.deepEqual(own.line.sent, []);
  own.greet('live');
  const frame = own.line.sent.at(-1);
  own.down(JSON.stringify({ ack: frame.id, seq: 1 }));
  assert.equal(await done, 1);
});

test('answered command is not sent again', async () => {
  const { own, room } = enter();
  own.greet('live');
  const done = room.do('say');
  own.down(JSON.stringify({ ack: own.line.sent.at(-1).id, seq: 1 }));
  await done;
  own.line.onclose({ code: 1006 });
  own.pass(BACK_LATER_MS);
  own.greet('live');
  assert.deepEqual(own.line.sent.map((frame) => Object.keys(frame)[0]), ['hello', 'ping']);
});

test('room without a line is stale and refuses commands, and is no longer when it is back', async () => {
  const { own, room, told } = enter();
  own.greet('live');
  own.refuse = true;
  own.line.onclose({ code: 1006 });
  own.pass(STALE_MS + 2 * TICK_MS);
  assert.equal(room.status.state, 'stale');
  await assert.rejects(room.do('say'), { code: 'stale' });
  assert.equal(room.session.pending.size, 0);
  own.refuse = false;
  own.pass(2 * BACK_LATER_MS);
  own.greet('live');
  assert.deepEqual(told.states, ['live', 'reconnecting', 'stale', 'live']);
});

test('room that never answers its hello is stale', () => {
  const { own, room } = enter();
  own.line.onopen();
  own.pass(STALE_MS + 2 * TICK_MS);
  assert.equal(room.status.state, 'stale');
});

test('attempts come later and later, never later than the longest', () => {
  const { own } = enter();
  own.greet('live');
  const waits = [];
  for (let turn = 0; turn < 8; turn += 1) {
    own.line.onclose({ code: 1006 });
    const { time, sockets: { length } } = own;
    while (own.sockets.length === length) own.pass(50);
    waits.push(own.time - time);
  }
  assert.deepEqual([...waits].sort((one, other) => one - other), waits);
  assert.ok(waits.at(-1) <= 1.5 * BACK_LATER_MS && waits[0] <= 300, String(waits));
});

for (const [code, name] of [[4401, 'signed-out'], [4403, 'denied'], [4404, 'no-such-room']]) {
  test(`line closed with ${code} is not taken up again, whoever waits learns why`, async () => {
    const { own, room } = enter();
    own.greet('live');
    const done = room.do('say');
    own.line.onclose({ code });
    await assert.rejects(done, { code: name });
    assert.deepEqual([room.status.state, room.status.reason], ['stale', name]);
    own.pass(60_000);
    room.hurry();
    assert.equal(own.sockets.length, 1);
    await assert.rejects(room.do('say'), { code: name });
  });
}

test('line closed because it was too slow comes back soon and says what it has', () => {
  const { own } = enter();
  own.greet('live', event(1));
  own.line.onclose({ code: 4408 });
  own.pass(300);
  own.line.onopen();
  assert.deepEqual([own.sockets.length, own.line.sent[0]], [2, { hello: { last_seq: 1 } }]);
});

test('pings go up while the line is quiet', () => {
  const { own } = enter();
  own.greet('live');
  own.pass(PING_MS + TICK_MS);
  assert.equal(own.line.sent.filter((frame) => 'ping' in frame).length, 2);
});

test('ping without an answer ends the line and another is taken up', () => {
  const { own } = enter();
  own.greet('live');
  const first = own.line;
  own.pass(PING_MS + ANSWER_MS + 3 * TICK_MS);
  assert.equal(first.shut, true);
  assert.ok(own.sockets.length > 1);
});

test('device that slept does not trust its old line', () => {
  const { own, room } = enter();
  own.greet('live');
  const first = own.line;
  own.time += SILENCE_MS + TICK_MS;
  own.pass(TICK_MS);
  assert.equal(first.shut, true);
  assert.notEqual(room.status.state, 'live');
});

test('frames of a line that was given up are passed over', () => {
  const { own, told } = enter();
  own.greet('live');
  const { onmessage } = own.line;
  own.line.onclose({ code: 1006 });
  onmessage({ data: event(1) });
  assert.deepEqual(told.events, []);
});

test('garbage between events disturbs nobody', () => {
  const { own, told, room } = enter();
  own.greet('live');
  own.down(event(1), 'garbage', '{"event":"said"}', event(2));
  assert.deepEqual([told.events, room.status.state], [[1, 2], 'live']);
});

test('refusal of a frame that was no command is told', () => {
  const { own, told } = enter();
  own.greet('live');
  own.down(JSON.stringify({ nack: null, code: 'too-fast', message: 'Slow down.' }));
  assert.deepEqual(told.problems, ['too-fast']);
});

test('device that is online again does not wait', () => {
  const { own, room } = enter();
  own.greet('live');
  own.refuse = true;
  own.line.onclose({ code: 1006 });
  own.pass(STALE_MS);
  own.refuse = false;
  room.hurry();
  assert.equal(own.sockets.length, 2);
});

test('page that leaves hangs up and comes back no more', () => {
  const { own, room } = enter();
  own.greet('live');
  room.stop();
  own.pass(60_000);
  assert.deepEqual([own.sockets.length, own.line.shut, own.timers.size], [1, true, 0]);
});
