// The own sheet on the page: typed, stepped and walked through by keyboard, saved by itself.

import { Drafts } from './evaluation_drafts.js';
import { hundredths, neighbour, nextEmpty, points, stepped, tally } from './evaluation_points.js';
import { Saver } from './evaluation_saver.js';

const TYPING_MS = 700;
const STEP = 50; // hundredths
const SMALL_STEP = 10;

export class Sheet {
  /** `send(cell, points)` gives the command; `choose(bid)` shows another bid; `now()` is the
   * official time in milliseconds or null. */
  constructor(root, { send, choose, now }) {
    Object.assign(this, { root, choose, now });
    this.timers = new Map();
    this.server = new Map(); // cell -> points as the platform has them
    this.refusals = new Map();
    this.drafts = new Drafts(`${root.dataset.room} ${root.dataset.person}`);
    this.saver = new Saver({ drafts: this.drafts, send, tell: (...told) => this.#told(...told) });
    root.addEventListener('input', (event) => this.#typed(event.target));
    root.addEventListener('change', (event) => this.#changed(event.target));
    root.addEventListener('keydown', (event) => this.#key(event));
    root.addEventListener('submit', (event) => {
      if (!event.target.matches('form[data-sheet]')) return;
      event.preventDefault();
      this.commit();
    });
  }

  get fields() {
    return [...this.root.querySelectorAll('input[data-cell]')];
  }

  field(cell) {
    return this.root.querySelector(`input[data-cell="${CSS.escape(cell)}"]`);
  }

  /** The sheet was written by the server: what it holds stands on the platform. */
  read(part) {
    part.querySelectorAll('input[data-cell]').forEach((field) => {
      this.server.set(field.dataset.cell, field.defaultValue);
    });
    this.#count();
  }

  /** What an earlier page could not send any more. */
  async resume() {
    for (const [cell, text] of await this.drafts.all()) {
      const field = this.field(cell);
      if (!field || text === this.server.get(cell)) {
        this.drafts.remove(cell);
      } else {
        field.value = text;
        this.saver.put(cell, text, this.#points(field));
      }
    }
    this.#count();
  }

  /** The platform has these points, from here or from another window of the same person. */
  heard(bid, criterion, value) {
    const cell = `${bid}|${criterion}`;
    this.server.set(cell, value);
    const field = this.field(cell);
    if (field && !this.saver.waiting.has(cell) && !this.timers.has(cell)) {
      field.value = field.defaultValue = value;
    }
    this.#count();
  }

  /** Everything that was typed is given to the saver. */
  commit() {
    for (const cell of [...this.timers.keys()]) this.#put(this.field(cell));
  }

  /** Wait until all of it is on the platform; resolves with what could not be sent. */
  async flushed() {
    this.commit();
    await this.saver.idle();
    return this.saver.counts;
  }

  toEmpty(from = null) {
    const cells = this.fields.map((field) => field.dataset.cell);
    const empty = (cell) => this.#points(this.field(cell)) === null;
    const next = nextEmpty(cells, empty, from);
    if (next) this.#go(next);
  }

  // --- typing ------------------------------------------------------------------------------------

  #typed(field) {
    const { cell } = field.dataset ?? {};
    if (!cell) return;
    clearTimeout(this.timers.get(cell));
    this.timers.set(cell, setTimeout(() => this.#put(field), TYPING_MS));
    this.drafts.put(cell, field.value.trim());
    this.#count();
  }

  #changed(field) {
    if (field.dataset?.cell) this.#put(field);
  }

  #put(field) {
    if (!field) return;
    const { cell } = field.dataset;
    clearTimeout(this.timers.get(cell));
    this.timers.delete(cell);
    const text = field.value.trim();
    const value = this.#points(field);
    if ((value ?? text) === (this.server.get(cell) ?? '')) {
      if (this.saver.waiting.has(cell) || this.refusals.has(cell)) this.saver.drop(cell);
      else this.drafts.remove(cell);
      if (value !== null) field.value = value;
    } else {
      this.saver.put(cell, text, value);
    }
    this.#count();
  }

  #points(field) {
    const value = field && hundredths(field.value, field.dataset.full);
    return value === null || value === undefined ? null : points(value);
  }

  #key(event) {
    const field = event.target;
    if (!field.dataset?.cell || event.isComposing) return;
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cells = this.fields.map((each) => each.dataset.cell);
    const { cell } = field.dataset;
    if (key === 'Enter') {
      this.#put(field);
      this.#go(neighbour(cells, cell, shiftKey ? -1 : 1));
    } else if (key === 'ArrowUp' || key === 'ArrowDown') {
      const size = shiftKey ? SMALL_STEP : STEP;
      const text = stepped(field.value, field.dataset.full, key === 'ArrowUp' ? size : -size);
      if (text === null) return;
      field.value = text;
      this.#typed(field);
    } else if (key === 'PageUp' || key === 'PageDown') {
      const bids = [...new Set(cells.map((each) => each.split('|')[0]))];
      const bid = neighbour(bids, cell.split('|')[0], key === 'PageDown' ? 1 : -1);
      this.#go(cells.find((each) => each.startsWith(`${bid}|`)));
    } else {
      return;
    }
    event.preventDefault();
  }

  #go(cell) {
    this.choose(cell.split('|')[0]);
    const field = this.field(cell);
    field.focus();
    field.select();
  }

  // --- what became of it -------------------------------------------------------------------------

  #told(cell, state, message = '') {
    const field = this.field(cell);
    if (state === 'refused') this.refusals.set(cell, message);
    else this.refusals.delete(cell);
    if (state === 'saved') this.saved = this.now();
    if (field) {
      field.dataset.where = state === 'device' || state === 'sending' ? 'device' : '';
      const wrong = state === 'unfit' || state === 'refused';
      if (wrong) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
      if (state === 'saved' && this.server.has(cell)) {
        field.defaultValue = this.server.get(cell);
        if (this.#points(field) === field.defaultValue) field.value = field.defaultValue;
      }
      const said = this.root.querySelector(`[data-said="${CSS.escape(cell)}"]`);
      said.textContent = state === 'unfit' ? this.#bounds(field) : message;
      said.hidden = !said.textContent;
    }
    this.#status(state);
    this.#count();
  }

  #bounds(field) {
    if (field.value.trim() === '') return this.root.dataset.empty;
    return this.root.dataset.bounds.replace('{full}', Number(field.dataset.full));
  }

  #status(state) {
    const line = this.root.querySelector('p[data-kept]');
    if (!line) return;
    const { waiting, unfit } = this.saver.counts;
    let kind = 'server';
    if (unfit || this.refusals.size) kind = 'unfit';
    else if (waiting && !this.saver.isReady) kind = 'device';
    else if (waiting || state === 'sending') kind = 'sending';
    const count = kind === 'unfit' ? unfit + this.refusals.size : waiting;
    const at = kind === 'server' && this.saved ? this.#clock(this.saved) : '';
    const text = (at ? line.dataset.at : line.dataset[kind]).replace('{count}', count).replace('{at}', at);
    line.dataset.state = kind;
    if (line.textContent !== text) line.textContent = text;
  }

  #clock(at) {
    const { zone } = document.querySelector('[data-clock]').dataset;
    return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, timeStyle: 'medium' }).format(at);
  }

  /** There is a line, or there is none any more. */
  lined(isUp) {
    this.saver.ready(isUp);
    this.#status('');
  }

  #count() {
    let missing = 0;
    for (const [bid, fields] of grouped(this.fields)) {
      const entries = fields.map((field) => ({ text: field.value, full: field.dataset.full }));
      const { done, total } = tally(entries);
      const name = CSS.escape(bid);
      missing += fields.length - done;
      const progress = this.root.querySelector(`[data-progress="${name}"]`);
      if (progress) {
        progress.textContent = `${done} / ${progress.dataset.all}`;
        progress.className = `status status-${done === fields.length ? 'done' : 'todo'}`;
      }
      const sum = this.root.querySelector(`[data-total="${name}"]`);
      if (sum) sum.textContent = total;
      const line = this.root.querySelector(`[data-tally="${name}"]`);
      if (line) {
        line.textContent = line.dataset.words.replace('{done}', done)
          .replace('{all}', fields.length).replace('{total}', total)
          .replace('{full}', line.dataset.full);
      }
    }
    const left = this.root.querySelector('[data-missing]');
    if (left) left.textContent = left.dataset.missing.replace('{count}', missing);
  }
}

function grouped(fields) {
  const found = new Map();
  for (const field of fields) {
    const bid = field.dataset.cell.split('|')[0];
    found.set(bid, [...(found.get(bid) ?? []), field]);
  }
  return found;
}
