// Where a holder of shares releases them: every check is made here, in the open, before anything
// leaves this device. Used by the opening hall and by the page of a lot's sealing.

import { Mistake, Words, clear, complain, fileBytes, offerKeys, openSigner, typed } from './dialog.js';
import { openHolder } from './holder.js';
import { COMPLAINED, HELD, RELEASED, SETTLED, releaseAll } from './releasing.js';
import { Watch } from './watch.js';
import { Wire } from './wire.js';

/** What only time mends: proofs that come within a minute. */
const PASSING = new Set([
  'no-checkpoint', 'no-witness', 'no-timestamp', 'early-timestamp', 'early-cosignature',
]);
const AGAIN_MS = 5_000;
const MOST_TRIES = 36;

const FILE_CODES = new Set(['foreign-file', 'foreign-keys', 'foreign-kit']);

class ReleaseDesk {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector('[data-release-form]');
    this.words = new Words(root.querySelector('[data-words]'));
    if (!this.form) return;
    this.course = root.querySelector('[data-course]');
    this.status = root.querySelector('[data-status]');
    this.progress = root.querySelector('[data-progress]');
    this.refusal = root.querySelector('[data-refusal]');
    this.form.hidden = false;
    offerKeys(this.form);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.busy) this.#release();
    });
  }

  async #release() {
    clear(this.form);
    this.#refuse('');
    this.#busy(true);
    try {
      const holder = await this.#holder();
      const signer = await openSigner(this.form);
      const wire = new Wire(this.root.dataset.lot, this.form.elements.csrfmiddlewaretoken.value);
      this.#begin();
      for (let left = MOST_TRIES; ; left -= 1) {
        const found = await this.#round({ wire, holder, signer });
        if (left === 0 || !waits(found)) {
          this.#finish(found);
          break;
        }
        this.#headline('waiting');
        this.#say('again', {});
        this.#reasons(found.items, found.reasons);
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#busy(false);
  }

  /** One look and what it allows. One tab at a time: each remembers the ledger for all. */
  #round({ wire, holder, signer }) {
    return navigator.locks.request(`sunlit-watch ${wire.urn}`, async () => releaseAll({
      wire, holder, signer,
      watch: await Watch.open(wire.urn),
      origin: this.root.dataset.origin,
      report: (read, size) => this.#report('read', read, size, { read, size }),
      show: (found) => this.#show(found.reasons, found.view !== null),
      item: (done, all) => this.#report('sent', done, all, { done, all }),
    }));
  }

  async #holder() {
    const data = await fileBytes(this.form, 'keys');
    const passphrase = typed(this.form, 'passphrase');
    try {
      return await openHolder(data, passphrase);
    } catch (error) {
      throw new Mistake(error.code === 'wrong-passphrase' ? 'passphrase' : 'keys', error.code);
    }
  }

  #begin() {
    this.course.hidden = false;
    this.#headline('checking');
    this.progress.hidden = false;
    this.progress.value = 0;
    this.root.querySelector('[data-reasons]').replaceChildren();
    for (const each of this.root.querySelectorAll('[data-check]')) this.#mark(each, 'todo');
    this.course.scrollIntoView({ block: 'nearest' });
  }

  #headline(key) {
    const place = this.root.querySelector('[data-headline]');
    place.textContent = place.dataset[key];
  }

  #mark(check, state) {
    const place = check.querySelector('[data-state]');
    place.className = `status status-${state}`;
    place.textContent = place.dataset[state];
  }

  /** Spoken at every quarter only; the bar moves all the time. */
  #report(key, done, all, values) {
    this.progress.max = Math.max(all, 1);
    this.progress.value = done;
    const quarter = Math.floor((4 * done) / Math.max(all, 1));
    if (quarter === this.quarter && done !== all) return;
    this.quarter = quarter;
    this.#say(key, values);
  }

  #say(key, values) {
    this.status.textContent = this.status.dataset[key]
      .replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  }

  #show(reasons, seen) {
    const codes = new Set(reasons.map(({ code }) => code));
    for (const each of this.root.querySelectorAll('[data-check]')) {
      const fails = each.dataset.codes.split(' ').filter((code) => codes.has(code));
      const state = fails.some((code) => !PASSING.has(code)) ? 'bad' : 'now';
      this.#mark(each, fails.length > 0 ? state : seen ? 'good' : 'todo');
    }
    this.#headline('releasing');
  }

  #finish({ items, reasons }) {
    const count = (state) => items.filter((each) => each.state === state).length;
    const released = count(RELEASED);
    const [settled, complained] = [count(SETTLED), count(COMPLAINED)];
    // What only waits for its gate is not held back: nobody can release it yet.
    const later = items.filter(isLater).length;
    const held = count(HELD) - later;
    this.progress.hidden = true;
    this.#say('result', { released, settled, held });
    if (later > 0) this.status.append(` ${this.status.dataset.later.replace('{later}', later)}`);
    if (complained > 0) {
      this.status.append(` ${this.status.dataset.complained.replace('{complained}', complained)}`);
    }
    this.#reasons(items, reasons);
    const all = held === 0 && released + settled + complained > 0;
    const headline = all ? 'done' : released > 0 ? 'partDone' : 'nothing';
    this.#headline(headline);
    if (released > 0) this.#empty();
    if (headline === 'done') {
      this.form.closest('details').hidden = true;
      this.root.querySelector('.release-slots').hidden = true;
    }
    this.course.focus({ preventScroll: true });
    this.root.dispatchEvent(new CustomEvent('released', { bubbles: true, detail: { released } }));
  }

  /** Files and passwords leave the form; the pickers say so. */
  #empty() {
    this.form.reset();
    for (const input of this.form.querySelectorAll('input[type=file]')) {
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }
  }

  /** Every reason once: those of the whole lot, then those of single slots. */
  #reasons(items, reasons) {
    const lines = new Map(reasons.map(({ code }) => [code, this.words.said(code)]));
    for (const { slot, reasons: own } of items.filter((each) => !isLater(each))) {
      for (const { code } of own) {
        if (lines.has(code)) continue;
        lines.set(`${slot} ${code}`, `${this.words.slot(slot)}: ${this.words.said(code) ?? code}`);
      }
    }
    const list = this.root.querySelector('[data-reasons]');
    list.replaceChildren(...[...lines.values()].map((text) => {
      const line = document.createElement('li');
      line.textContent = text ?? this.words.said('unknown');
      return line;
    }));
  }

  #fail(error) {
    if (error instanceof Mistake) {
      complain(this.form, error.field, this.words.said(error.code) ?? this.words.said('unknown'));
      return;
    }
    this.progress.hidden = true;
    if (!this.course.hidden) this.#headline('nothing');
    this.status.textContent = '';
    if (FILE_CODES.has(error.code)) complain(this.form, 'keys', this.words.of(error));
    else if (error.code === 'other-certificate') complain(this.form, 'file', this.words.of(error));
    else this.#refuse(this.words.of(error));
  }

  #refuse(text) {
    this.refusal.textContent = text;
    this.refusal.hidden = !text;
  }

  #busy(is) {
    this.busy = is;
    this.form.querySelector('.actions button').disabled = is;
  }
}

const isLater = ({ state, reasons }) =>
  state === HELD && reasons.length > 0 && reasons.every(({ code }) => code === 'no-gate');

/** Whether nothing stands in the way but proofs that are still to come. */
function waits({ items, reasons }) {
  const held = items.filter((each) => each.state === HELD && !isLater(each));
  const codes = [reasons, ...held.map((each) => each.reasons)].flat().map(({ code }) => code);
  return codes.length > 0 && codes.every((code) => PASSING.has(code));
}

document.querySelectorAll('[data-release]').forEach((root) => new ReleaseDesk(root));
