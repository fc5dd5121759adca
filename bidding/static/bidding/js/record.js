// Signing the record of an opening in the page: the document is fetched and checked here, the key
// stays on this device, and co-signers who are faster cost nobody their signature.

import { SigningApi, signSession } from '../../signatures/js/signing_session.js';
import { Mistake, Words, clear, complain, openSigner } from './release/dialog.js';

class RecordDesk {
  constructor(root, form) {
    Object.assign(this, { root, form });
    this.words = new Words(root.querySelector('[data-words]'));
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.busy) this.#sign();
    });
  }

  async #sign() {
    clear(this.form);
    this.#say('');
    this.#busy(true);
    try {
      const signer = await openSigner(this.form);
      const api = new SigningApi(this.form.elements.csrfmiddlewaretoken.value);
      await signSession(api, this.root.dataset.document, this.form.dataset.field, signer);
      location.reload();
      return;
    } catch (error) {
      if (error instanceof Mistake) {
        complain(this.form, error.field, this.words.said(error.code) ?? this.words.said('unknown'));
      } else {
        this.#say(this.#of(error));
      }
    }
    this.#busy(false);
  }

  /** The platform's own sentence where it gave one; a line that broke is said to be that. */
  #of(error) {
    if (error instanceof TypeError) return this.words.said('no-answer');
    return error.name === 'SessionError' && error.message ? error.message : this.words.said('unknown');
  }

  #say(text) {
    const place = this.form.querySelector('[data-refusal]');
    place.textContent = text;
    place.hidden = !text;
  }

  #busy(is) {
    this.busy = is;
    this.form.querySelector('.actions button').disabled = is;
    this.form.querySelector('[data-busy]').hidden = !is;
  }
}

for (const root of document.querySelectorAll('[data-record]')) {
  root.querySelectorAll('[data-record-form]').forEach((form) => new RecordDesk(root, form));
}
