// A page's hand in a live room: one socket, held as long as the page stands, come back by itself.
//
//   const room = new Room('/ws/rooms/opening/<uuid>/', { lastSeq, state, reduce, on: {
//     event(event, state) {}, snapshot(state) {}, status(status) {}, problem(nack) {},
//   } });
//   room.start();
//   await room.do('read-out', { bid });   // resolves when it is committed, rejects with its refusal
//
// States: "reconnecting" (no line, or the platform has not answered yet), "live", "polling" (the
// platform looks for news by itself), "replayed" (what was missed has just come), "stale" (nobody
// can say whether this is the present: commands are refused here). A command that was given is
// sent again under its own id on the next line, so it is done once.

import { RoomError, Session } from './room_session.js';

export { RoomError };

/** Close codes that coming back does not cure, and what each means. */
export const FINAL = new Map([[4401, 'signed-out'], [4403, 'denied'], [4404, 'no-such-room']]);
/** The socket was too slow for its room: it comes back at once and gets what it missed. */
export const OVERFLOW = 4408;

export const TICK_MS = 1000;
export const PING_MS = 15_000;
export const ANSWER_MS = 10_000; // a ping without an answer for so long: the line is dead
export const SILENCE_MS = 40_000;
export const STALE_MS = 8_000; // without a line for so long: no longer the present
export const REPLAYED_MS = 6_000;
export const BACK_SOON_MS = 200;
export const BACK_LATER_MS = 5_000;

const browser = () => ({
  open: (address) => new WebSocket(address),
  after: (ms, call) => setTimeout(call, ms),
  cancel: (timer) => clearTimeout(timer),
  now: () => performance.now(),
  random: () => Math.random(),
  uuid: () => crypto.randomUUID(),
});

export class Room {
  /** `world` is where sockets, time and chance come from; tests bring their own. */
  constructor(address, { lastSeq = 0, state = {}, reduce, on = {}, world = browser() } = {}) {
    Object.assign(this, { address, on, world });
    this.session = new Session({ lastSeq, state, reduce, uuid: world.uuid, now: world.now });
    this.status = { state: 'reconnecting', reason: '', caught: 0, seq: lastSeq };
    this.socket = null;
    this.greeted = false; // whether hello was said on this line
    this.wait = BACK_SOON_MS;
    this.timers = {};
    this.times = { heard: 0, pinged: 0, lost: 0, replayed: 0 };
    this.settled = false; // whether the platform has answered it
    this.behind = false; // whether a line was lost since the page last stood in the present
  }

  start() {
    this.times.lost = this.world.now();
    this.#tick();
    this.#open();
  }

  /** Leave for good. */
  stop(code = 'closed') {
    this.ended = code;
    Object.values(this.timers).forEach(this.world.cancel);
    this.#drop();
    this.session.end(code);
    this.#become('stale', { reason: code });
  }

  /** Try again now rather than at the next attempt: the device says that it is online. */
  hurry() {
    if (this.ended || this.socket) return;
    this.world.cancel(this.timers.back);
    this.wait = BACK_SOON_MS;
    this.#open();
  }

  get isStale() {
    return this.status.state === 'stale';
  }

  /** Give a command; the promise has the room's number after it, or fails with a RoomError. */
  do(name, fields = {}, { id } = {}) {
    if (this.ended) return Promise.reject(new RoomError(this.ended));
    if (this.isStale) return Promise.reject(new RoomError('stale'));
    const { text, done } = this.session.command(name, fields, id);
    if (text && this.greeted) this.#send(text);
    return done;
  }

  /** The official time in milliseconds, or null where it is not known yet. */
  official() {
    return this.session.official();
  }

  // --- the line ----------------------------------------------------------------------------------

  #open() {
    let socket;
    try {
      socket = this.world.open(this.address);
    } catch {
      this.#back();
      return;
    }
    this.socket = socket;
    this.times.heard = this.world.now();
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.times.heard = this.times.pinged = this.world.now();
      this.greeted = true;
      this.session.begin().forEach((text) => this.#send(text));
    };
    socket.onmessage = ({ data }) => { if (socket === this.socket) this.#take(data); };
    socket.onclose = ({ code }) => { if (socket === this.socket) this.#gone(code); };
  }

  #send(text) {
    try {
      this.socket?.send(text);
    } catch {
      // The line is going; what was not answered is sent again on the next one.
    }
  }

  #drop() {
    const { socket } = this;
    this.socket = null;
    this.greeted = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      socket.close();
    } catch {
      // It is closed already.
    }
  }

  #gone(code) {
    this.#drop();
    if (FINAL.has(code)) {
      this.stop(FINAL.get(code));
      return;
    }
    if (this.settled) {
      this.times.lost = this.world.now();
      this.behind = true;
    }
    this.settled = false;
    this.session.lost();
    if (!this.isStale) this.#become('reconnecting');
    if (code === OVERFLOW) this.wait = BACK_SOON_MS;
    this.#back();
  }

  #back() {
    // Spread out, so that a room of two hundred does not come back in one moment.
    const wait = this.wait * (0.5 + this.world.random());
    this.wait = Math.min(this.wait * 2, BACK_LATER_MS);
    this.timers.back = this.world.after(wait, () => this.#open());
  }

  #tick() {
    this.timers.tick = this.world.after(TICK_MS, () => this.#tick());
    const now = this.world.now();
    const asked = this.session.unanswered();
    const dead = this.socket && (now - this.times.heard > SILENCE_MS
      || (asked !== null && now - asked > ANSWER_MS)
      || (!this.greeted && now - this.times.heard > ANSWER_MS));
    if (dead) {
      this.#gone(0);
    } else if (this.greeted && now - this.times.pinged >= PING_MS) {
      this.times.pinged = now;
      this.#send(this.session.ping());
    }
    if (!this.settled && now - this.times.lost > STALE_MS && !this.isStale) {
      this.#become('stale', { reason: 'lost' });
    } else if (this.status.state === 'replayed' && now - this.times.replayed > REPLAYED_MS) {
      this.#become(this.session.push);
    }
  }

  // --- frames that come down ---------------------------------------------------------------------

  #take(text) {
    this.times.heard = this.world.now();
    const news = this.session.take(text);
    if (news.send) this.#send(news.send);
    if (news.kind === 'event') this.on.event?.(news.event, this.session.state);
    else if (news.kind === 'snapshot') this.on.snapshot?.(this.session.state, news.seq);
    else if (news.kind === 'nack' && !news.known && news.id === null) this.on.problem?.(news);
    if (news.settled) this.#settle(news.caught);
    else if (this.settled) this.#refresh(news);
  }

  #settle(caught) {
    this.settled = true;
    this.wait = BACK_SOON_MS;
    const missed = this.behind && caught > 0;
    this.behind = false;
    if (missed) this.times.replayed = this.world.now();
    this.#become(missed ? 'replayed' : this.session.push, { caught: missed ? caught : 0 });
  }

  #refresh({ kind }) {
    const { state } = this.status;
    if (state !== 'replayed' && state !== this.session.push) this.#become(this.session.push);
    else if (kind === 'event' || kind === 'snapshot') this.#become(state, this.status);
  }

  #become(state, { reason = '', caught = 0 } = {}) {
    const before = this.status;
    this.status = { state, reason, caught, seq: this.session.seq };
    const same = Object.keys(before).every((name) => before[name] === this.status[name]);
    if (!same) this.on.status?.(this.status);
  }
}
