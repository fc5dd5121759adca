// Signs one's place in a document that several sign, with a certificate's file, on this device.
// Whatever fails is said at its field, and what was chosen and typed stays; nothing is sent before
// the file opens.

import { SigningError } from '../../signatures/js/errors.js';
import { Signer } from '../../signatures/js/signer.js';
import { SigningApi, signSession } from '../../signatures/js/signing_session.js';

const SEAL_EVERY = 2000;
const SEAL_TRIES = 60;

/** The platform's calls, each of which says first what is being done. */
class Telling extends SigningApi {
  constructor(token, tell) {
    super(token);
    this.tell = tell;
  }

  post(path, body) {
    this.tell(path.endsWith('/embed') ? 'sending' : 'preparing');
    return super.post(path, body).finally(() => path.endsWith('/prepare') && this.tell('signing'));
  }
}

class Place {
  constructor(form) {
    Object.assign(this, { form, words: form.dataset, button: form.querySelector('button.btn') });
    this.busy = false;
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.busy) this.sign();
    });
  }

  async sign() {
    this.clear();
    this.wait(true);
    try {
      const signer = await this.open();
      if (signer === null) return;
      const token = this.form.querySelector('input[name=csrfmiddlewaretoken]').value;
      const api = new Telling(token, (step) => this.say(this.words[step]));
      await signSession(api, this.words.signDocument, this.words.field, signer);
      location.hash = 'signatures';
      location.reload();
    } catch (error) {
      this.refuse(error);
    } finally {
      this.wait(false);
    }
  }

  /** The signer in the chosen file, or null when a field says what is wrong. */
  async open() {
    const { file, password } = this.form.elements;
    if (file.files.length === 0) return this.mistake('file', this.words.noFile);
    if (password.value === '') return this.mistake('password', this.words.noPassword);
    this.say(this.words.opening);
    try {
      const data = new Uint8Array(await file.files[0].arrayBuffer());
      return await Signer.open(data, password.value);
    } catch (error) {
      if (error.code !== 'wrong-password') return this.mistake('file', this.words.unusable);
      return this.mistake('password', this.words.wrongPassword);
    }
  }

  mistake(name, text) {
    const field = this.form.querySelector(`[data-holds="${name}"]`);
    const place = field.querySelector('.mistake');
    field.classList.add('field-bad');
    Object.assign(place, { textContent: text, hidden: false });
    const input = this.form.elements[name];
    input.setAttribute('aria-invalid', 'true');
    input.focus();
    if (name === 'password') input.select();
    return null;
  }

  refuse(error) {
    const place = this.form.querySelector('[data-refused]');
    place.textContent = this.told(error);
    place.hidden = false;
  }

  told(error) {
    if (error.code === 'sign-in-first') return this.words.ended;
    if (error instanceof SigningError) return this.words.unusable;
    return error.message && error.code && error.code !== 'no-answer' ? error.message : this.words.lost;
  }

  clear() {
    this.form.querySelectorAll('.field-bad').forEach((field) => field.classList.remove('field-bad'));
    this.form.querySelectorAll('[aria-invalid]').forEach((input) => input.removeAttribute('aria-invalid'));
    this.form.querySelectorAll('.mistake').forEach((place) => { place.hidden = true; });
  }

  say(text) {
    this.form.querySelector('[data-progress]').textContent = text;
  }

  wait(busy) {
    this.busy = busy;
    this.button.disabled = busy;
    if (!busy) this.say('');
  }
}

/** While the platform adds its seal the page looks whether it is done, and then shows it. */
function finish(part, left = SEAL_TRIES) {
  if (left === 0) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(part.dataset.finishing, { cache: 'no-store' });
      if (answer.ok && (await answer.json()).state === 'concluded') {
        location.reload();
        return;
      }
    } catch {
      // The line is down for a moment; the next look tells.
    }
    finish(part, left - 1);
  }, SEAL_EVERY);
}

document.querySelectorAll('form[data-sign-document]').forEach((form) => new Place(form));
document.querySelectorAll('[data-finishing]').forEach((part) => finish(part));
