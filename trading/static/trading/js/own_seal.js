// Seals a draft with a certificate's file on this device, then sends the form that publishes it.
// The platform makes room for the seal; what it prepared must begin with the very draft that can be
// looked at, and only then is it signed. The key stays here.

import { fromBase64, toBase64 } from '../../signatures/js/base64.js';
import { Signer } from '../../signatures/js/signer.js';
import { signPdf } from '../../signatures/js/pdf.js';

/** What a person reads: the platform's own words, or one of the page's. */
export class Said extends Error {}

/** Whether `data` is `beginning` with something after it. */
export const extendsDraft = (data, beginning) => data.length > beginning.length
  && beginning.every((byte, index) => data[index] === byte);

/**
 * The room's ticket and the seal over it, both as the form sends them. `ask(address, body)` fetches
 * bytes without a body and JSON with one; `step(name)` hears of "preparing" and "sealing".
 */
export async function sealDraft({ ask, draft, room, ticket, title, signer, words, step }) {
  step('preparing');
  const shown = await ask(draft);
  const certificate = toBase64(signer.certificate.der);
  const made = await ask(room, { ticket, title, certificate });
  const prepared = fromBase64(made.content);
  if (!extendsDraft(prepared, shown)) throw new Said(words.other);
  step('sealing');
  return { room: made.room, seal: toBase64(await signPdf(prepared, signer)) };
}

class Dialog {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.button = form.querySelector('[data-dialog] .btn');
    this.busy = form.querySelector('[data-busy]');
    this.mistake = form.querySelector('[data-said]');
    form.querySelector('[data-dialog]').hidden = false;
    form.addEventListener('submit', (event) => {
      if (form.elements.seal.value) return;
      event.preventDefault();
      if (!this.button.disabled) this.go();
    });
  }

  async go() {
    this.say('');
    this.button.disabled = true;
    try {
      const made = await sealDraft({
        ask: (address, body) => this.ask(address, body),
        draft: this.words.draft,
        room: this.words.room,
        ticket: this.words.ticket,
        title: this.form.elements.title.value.trim(),
        signer: await this.signer(),
        words: this.words,
        step: (name) => { this.busy.textContent = this.words[name]; },
      });
      this.form.elements.room.value = made.room;
      this.form.elements.seal.value = made.seal;
      this.busy.textContent = this.words.publishing;
      this.form.requestSubmit();
    } catch (error) {
      this.busy.textContent = '';
      this.button.disabled = false;
      this.say(error instanceof Said ? error.message : this.words.lost);
    }
  }

  async signer() {
    const [file] = this.form.querySelector('#key-file').files;
    const password = this.form.querySelector('#key-password');
    if (!file || !password.value) throw new Said(this.words.empty);
    try {
      return await Signer.open(new Uint8Array(await file.arrayBuffer()), password.value);
    } catch (error) {
      password.focus();
      const wrong = error.code === 'wrong-password';
      throw new Said(wrong ? this.words.wrong : this.words.unusable);
    }
  }

  async ask(address, body) {
    const token = this.form.elements.csrfmiddlewaretoken.value;
    const answer = await fetch(address, body === undefined ? { cache: 'no-store' } : {
      method: 'POST',
      cache: 'no-store',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
      body: JSON.stringify(body),
    });
    const json = (answer.headers.get('Content-Type') ?? '').includes('json');
    if (!answer.ok) {
      const problem = json ? await answer.json().catch(() => ({})) : {};
      throw new Said(problem.detail || this.words.lost);
    }
    return json ? answer.json() : new Uint8Array(await answer.arrayBuffer());
  }

  say(text) {
    this.mistake.textContent = text;
    this.mistake.hidden = !text;
  }
}

globalThis.document?.querySelectorAll('[data-own-seal]').forEach((form) => new Dialog(form));
// A page that comes back from memory after it was sent is asked for anew: its seal was used.
globalThis.addEventListener?.('pageshow', (event) => {
  if (event.persisted && document.querySelector('[data-own-seal]')) location.reload();
});
