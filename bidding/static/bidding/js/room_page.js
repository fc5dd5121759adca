// The page of a live room: the room says that something was committed, the page asks the server
// for the room as it now stands. Nothing is drawn that is not committed.
//
//   const page = new RoomPage(root, { numbers: ['objection'], ...hooks });
//   page.start();
//
// Hooks, each optional: `isOwn(event)` holds for events that the page itself shows, so that nothing
// is asked for; `heard(event)` after each event; `lined(status)` when the line's state or what is
// shown has changed; `furnished(part)` for every part that was written anew; `before(form)` is
// waited for before a form is given.

import { signStatement } from '../../signatures/js/cades.js';
import { Signer } from '../../signatures/js/signer.js';
import { dress } from '../../trading/js/files.js';
import { Parts } from './parts.js';
import { Room, RoomError } from './room.js';

const REST_MS = 300; // events that come together are shown together
const AGAIN_MS = 2_000;
const NEW_MS = 8_000;
const BUSY_MS = 400;

const FORMS = 'form[data-do], form[data-sign]';
const OURS = new Set(['csrfmiddlewaretoken', 'do', 'once']);

/** Something that the person can put right at once; the message is for them. */
export class Mistake extends Error {}

const camel = (code) => code.replace(/-(\w)/g, (_all, letter) => letter.toUpperCase());

export class RoomPage {
  constructor(root, { numbers = [], ...hooks } = {}) {
    this.root = root;
    this.hooks = hooks;
    this.numbers = new Set(numbers);
    this.chip = root.querySelector('[data-chip]');
    this.word = root.querySelector('[data-word]');
    this.parts = new Parts(root);
    this.shown = Number(root.dataset.seq); // the event up to which the page shows the room
    this.wanted = this.shown; // the last event that the page has yet to ask for
    this.timer = 0;
    this.asking = false;
    this.fetchFailed = false;
    const address = new URL(root.dataset.socket, location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    this.room = new Room(address.href, {
      lastSeq: this.shown,
      on: {
        event: (event) => this.#hear(event),
        snapshot: (_state, seq) => { this.wanted = seq; this.soon(); },
        status: () => this.#line(),
      },
    });
    root.addEventListener('submit', (event) => this.#submit(event));
  }

  start() {
    this.#furnish(this.root);
    this.room.start();
    this.#step();
    window.addEventListener('online', () => this.room.hurry());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.room.hurry();
    });
    window.addEventListener('pagehide', () => this.room.stop());
    window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  }

  get isStale() {
    return this.room.isStale;
  }

  // --- what the line is like ---------------------------------------------------------------------

  say(key) {
    const text = key ? this.word.dataset[key] ?? this.word.dataset.unknown : '';
    if (this.word.textContent !== text) this.word.textContent = text;
    this.word.hidden = !text;
  }

  /** What a refused command comes to in words for the person. */
  messageOf(error) {
    if (!(error instanceof RoomError)) return this.word.dataset.unknown;
    return error.message !== error.code ? error.message
      : this.word.dataset[camel(error.code)] ?? this.word.dataset.unknown;
  }

  #line() {
    const { state, reason, caught } = this.room.status;
    this.chip.className = `chip chip-${state}`;
    const text = this.chip.dataset[state].replace('{seq}', this.shown).replace('{count}', caught);
    if (this.chip.textContent !== text) this.chip.textContent = text;
    this.root.classList.toggle('is-stale', state === 'stale');
    if (state === 'stale') this.say(reason === 'lost' ? 'stale' : camel(reason));
    else this.say(this.fetchFailed ? 'fetch' : '');
    this.bar();
    this.hooks.lined?.(this.room.status);
  }

  /** Commands are given while the page stands in the present. */
  bar() {
    for (const form of this.root.querySelectorAll(FORMS)) {
      form.querySelector('button').disabled = this.isStale || 'pending' in form.dataset;
    }
  }

  // --- what the room is like ---------------------------------------------------------------------

  #hear(event) {
    if (!this.hooks.isOwn?.(event)) {
      this.wanted = event.seq;
      this.soon();
    } else if (this.wanted <= this.shown) {
      this.shown = this.wanted = event.seq;
    }
    this.hooks.heard?.(event);
  }

  /** Ask for the room before long; `anew` also when no event asks for it. */
  soon(ms = REST_MS, { anew = false } = {}) {
    if (anew) this.anew = true;
    if (this.timer || this.asking) return;
    this.timer = setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    this.timer = 0;
    if (this.wanted <= this.shown && !this.fetchFailed && !this.anew) return;
    this.asking = true;
    this.anew = false;
    try {
      const answer = await fetch(this.root.dataset.address, { cache: 'no-store' });
      if (!answer.ok) throw new TypeError(`The room answers ${answer.status}.`);
      this.#show(this.parts.take(await answer.text()));
      this.fetchFailed = false;
    } catch {
      this.fetchFailed = true;
    }
    this.asking = false;
    this.#line();
    if (this.fetchFailed) this.soon(AGAIN_MS);
    else if (this.wanted > this.shown || this.anew) this.soon();
  }

  #show({ seq, closed, changed }) {
    const before = this.shown;
    this.shown = Math.max(this.shown, seq);
    this.#step();
    for (const part of changed) {
      part.querySelectorAll('[data-picker]').forEach(dress);
      this.#furnish(part);
      part.querySelectorAll('[data-event]').forEach((line) => {
        if (Number(line.dataset.event) > before) {
          line.classList.add('is-new');
          setTimeout(() => line.classList.remove('is-new'), NEW_MS);
        }
      });
    }
    if (closed) location.reload();
  }

  /** The step that goes on now is in view where the row of steps is wider than the screen. */
  #step() {
    const row = this.root.querySelector('.room-steps ol');
    const step = row.querySelector('.is-now');
    if (step) row.scrollLeft = step.offsetLeft - row.offsetLeft - 16;
  }

  /** What only works with this script is shown by it, also in a part that was just written. */
  #furnish(part) {
    part.querySelectorAll('form[data-sign]').forEach((form) => { form.hidden = false; });
    this.hooks.furnished?.(part);
  }

  // --- commands ----------------------------------------------------------------------------------

  #submit(event) {
    const form = event.target.closest(FORMS);
    if (!form) return;
    const empty = [...form.elements].some(
      (field) => field.name && field.type !== 'hidden' && !field.value,
    );
    // What is empty is explained by the server, next to its field.
    if (form.dataset.do && empty) return;
    event.preventDefault();
    if (!('pending' in form.dataset)) this.#give(form);
  }

  async #give(form) {
    form.dataset.pending = '';
    mistake(form, '');
    this.bar();
    const busy = setTimeout(() => {
      form.querySelector('[data-busy]').hidden = false;
    }, BUSY_MS);
    let refused = '';
    try {
      await this.hooks.before?.(form);
      const fields = form.dataset.sign ? await this.#signed(form) : await this.#fields(form);
      await this.room.do(form.dataset.do ?? form.dataset.sign, fields);
      form.reset();
    } catch (error) {
      refused = error instanceof Mistake ? error.message : this.messageOf(error);
    }
    clearTimeout(busy);
    const now = this.#standing(form);
    for (const each of new Set([form, now].filter(Boolean))) {
      delete each.dataset.pending;
      each.querySelector('[data-busy]').hidden = true;
    }
    if (refused && now) mistake(now, refused);
    else if (refused) Object.assign(this.word, { textContent: refused, hidden: false });
    this.bar();
    this.soon();
  }

  async #fields(form) {
    const found = {};
    for (const [name, value] of new FormData(form)) {
      if (OURS.has(name)) continue;
      if (value instanceof File) found[name] = await base64(value);
      else found[name] = this.numbers.has(name) ? Number(value) : value;
    }
    return found;
  }

  /** The statement of this form, signed on this device; file and password stay here. */
  async #signed(form) {
    const signer = await openSigner(form);
    const answer = await fetch(form.dataset.statement, { cache: 'no-store' });
    if (!answer.ok) throw new Mistake(this.word.dataset.unknown);
    const statement = new Uint8Array(await answer.arrayBuffer());
    const signature = await signStatement(statement, signer);
    return {
      statement: await base64(new Blob([statement])),
      signature: await base64(new Blob([signature])),
    };
  }

  /** The form that stands where this one stood: its part may have been written anew meanwhile. */
  #standing(form) {
    if (form.isConnected) return form;
    const own = this.#mark(form);
    return [...this.root.querySelectorAll(FORMS)].find((each) => this.#mark(each) === own);
  }

  /** What tells a form from the others: its command, its statement, what it is about. */
  #mark(form) {
    const hidden = [...form.querySelectorAll('input[type=hidden]')]
      .filter((field) => !OURS.has(field.name)).map((field) => `${field.name}=${field.value}`);
    const { do: command, sign, statement } = form.dataset;
    return JSON.stringify([command, sign, statement, hidden]);
  }
}

/** Say at the form what is wrong with it; an empty text says that nothing is. */
export function mistake(form, text) {
  const place = form.querySelector('[data-mistake]');
  place.textContent = text;
  place.hidden = !text;
}

/** The signer in the form's certificate file. Raises Mistake with the form's own words. */
export async function openSigner(form) {
  const file = form.elements.file.files[0];
  const password = form.elements.password.value;
  if (!file || !password) throw new Mistake(form.dataset.empty);
  try {
    return await Signer.open(new Uint8Array(await file.arrayBuffer()), password);
  } catch (error) {
    throw new Mistake(error.code === 'wrong-password' ? form.dataset.wrong : form.dataset.unusable);
  }
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
