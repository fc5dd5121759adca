// The room protocol as a client speaks it, without a socket and without a page: frames come in as
// text and go out as text, so that every turn of it can be tried under node.
//
// Down: an event, a snapshot, ack, nack, ping, pong. A number that this person may not see never
// comes, so numbers have gaps; what is not later than the last one was seen already and is passed
// over. Only committed events change the state: a command never does.

export const MAX_FRAME = 64 * 1024;

// Refusals that the same command may outlive when it is given again a moment later.
const AGAIN = new Set(['busy', 'internal-error', 'room-busy', 'too-fast', 'too-many-commands']);

/** Why a command was not done: `code` is the platform's own, `message` is for the person. */
export class RoomError extends Error {
  constructor(code, message = '') {
    super(message || code);
    this.name = 'RoomError';
    this.code = code;
    this.again = AGAIN.has(code);
  }
}

const isSeq = (value) => Number.isSafeInteger(value) && value >= 0;
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** The frame in `text`, as `{ kind, … }`; `kind` is "unknown" for what is none of the protocol's. */
export function read(text) {
  const unknown = (why) => ({ kind: 'unknown', why });
  if (typeof text !== 'string') return unknown('not text');
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return unknown('not JSON');
  }
  if (!isObject(frame)) return unknown('not an object');
  if ('event' in frame) {
    const { seq, at, event, by, data } = frame;
    const whole = isSeq(seq) && seq > 0 && typeof event === 'string' && isObject(data)
      && typeof at === 'string' && !Number.isNaN(Date.parse(at)) && typeof by === 'string';
    return whole ? { kind: 'event', event: { seq, at, kind: event, by, data } } : unknown('event');
  }
  if ('snapshot' in frame) {
    const { snapshot, seq } = frame;
    return isSeq(seq) && isObject(snapshot) ? { kind: 'snapshot', state: snapshot, seq }
      : unknown('snapshot');
  }
  if ('ack' in frame) {
    const { ack, seq } = frame;
    return typeof ack === 'string' && isSeq(seq) ? { kind: 'ack', id: ack, seq } : unknown('ack');
  }
  if ('nack' in frame) {
    const { nack, code, message } = frame;
    const whole = (nack === null || typeof nack === 'string')
      && typeof code === 'string' && typeof message === 'string';
    return whole ? { kind: 'nack', id: nack, code, message } : unknown('nack');
  }
  if ('pong' in frame || 'ping' in frame) {
    const kind = 'pong' in frame ? 'pong' : 'ping';
    const server = kind === 'pong' ? frame.server : frame.ping;
    if (typeof server !== 'string' || Number.isNaN(Date.parse(server))) return unknown(kind);
    const push = frame.push === 'polling' ? 'polling' : 'live';
    return { kind, mark: frame.pong, server, push };
  }
  return unknown('no frame of this protocol');
}

/**
 * One person's place in one room, over any number of lines.
 *
 * `lastSeq` is the event up to which `state` is folded; `reduce(state, event)` gives the next
 * state and changes neither. `uuid()` draws ids of commands, `now()` is a monotonic clock in
 * milliseconds.
 */
export class Session {
  constructor({ lastSeq = 0, state = {}, reduce = (before) => before, uuid, now }) {
    Object.assign(this, { seq: lastSeq, state, reduce, uuid, now });
    this.push = 'live';
    this.pending = new Map();
    this.mark = 0;
    this.marks = new Map(); // pings without an answer: when each was sent
    this.greeting = 0; // the ping behind the last hello; 0 once it is answered
    this.caught = 0; // frames of news since that hello
    this.clock = null; // the official time in ms at a moment of `now`
  }

  /** What a new line begins with: hello, a ping behind it, and every command without an answer. */
  begin() {
    this.marks.clear();
    this.caught = 0;
    const hello = JSON.stringify({ hello: { last_seq: this.seq } });
    const ping = this.ping();
    this.greeting = this.mark;
    return [hello, ping, ...[...this.pending.values()].map((each) => each.text)];
  }

  /** A ping; frames are answered in order, so its pong follows the answer to what went before. */
  ping() {
    this.mark += 1;
    this.marks.set(this.mark, this.now());
    return JSON.stringify({ ping: this.mark });
  }

  /** The line is gone; what has no answer waits for the next. */
  lost() {
    this.marks.clear();
    this.greeting = 0;
  }

  /** A command: its frame, and a promise of the room's number after it. */
  command(name, fields = {}, id = this.uuid()) {
    const text = JSON.stringify({ id, do: name, with: fields });
    if (new TextEncoder().encode(text).length > MAX_FRAME) {
      return { id, text: '', done: Promise.reject(new RoomError('frame-too-large')) };
    }
    const before = this.pending.get(id);
    if (before) return { id, text: before.text, done: before.done };
    const entry = { text };
    entry.done = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    this.pending.set(id, entry);
    return { id, text, done: entry.done };
  }

  /** There will be no other line: whoever waits learns why. */
  end(code) {
    for (const entry of this.pending.values()) entry.reject(new RoomError(code));
    this.pending.clear();
    this.lost();
  }

  /** Take one frame. Returns what it was, with `send` where it asks for an answer. */
  take(text) {
    const frame = read(text);
    switch (frame.kind) {
      case 'event': return this.#event(frame);
      case 'snapshot':
        // Also one with a smaller number: the room then begins anew from what it says.
        this.seq = frame.seq;
        this.state = frame.state;
        this.caught += 1;
        return frame;
      case 'ack': return this.#answer(frame, (entry) => entry.resolve(frame.seq));
      case 'nack': return this.#answer(
        frame, (entry) => entry.reject(new RoomError(frame.code, frame.message)),
      );
      case 'ping':
        this.#time(frame, 0);
        return { ...frame, send: JSON.stringify({ pong: frame.server }) };
      case 'pong': return this.#pong(frame);
      default: return frame;
    }
  }

  #event(frame) {
    if (frame.event.seq <= this.seq) return { kind: 'seen', seq: frame.event.seq };
    this.state = this.reduce(this.state, frame.event);
    this.seq = frame.event.seq;
    this.caught += 1;
    return frame;
  }

  #answer(frame, settle) {
    const entry = this.pending.get(frame.id);
    if (!entry) return { ...frame, known: false };
    this.pending.delete(frame.id);
    settle(entry);
    return { ...frame, known: true };
  }

  #pong(frame) {
    const sent = this.marks.get(frame.mark);
    if (sent === undefined) return { kind: 'unknown', why: 'a pong that was not asked for' };
    for (const mark of this.marks.keys()) if (mark <= frame.mark) this.marks.delete(mark);
    this.#time(frame, (this.now() - sent) / 2);
    if (frame.mark !== this.greeting) return frame;
    this.greeting = 0;
    return { ...frame, settled: true, caught: this.caught };
  }

  #time({ server, push }, delay) {
    this.push = push;
    this.clock = { official: Date.parse(server) + delay, read: this.now() };
  }

  /** The official time in milliseconds, or null before the platform has said it. */
  official() {
    return this.clock === null ? null : this.clock.official + this.now() - this.clock.read;
  }

  /** When the oldest ping without an answer was sent, or null. */
  unanswered() {
    return this.marks.size === 0 ? null : Math.min(...this.marks.values());
  }
}
