// A guarantor signs a guarantee in the page and saves the file; nothing of it is sent anywhere.

import { signStatement } from '../../signatures/js/cades.js';
import { FILE_NAME, GuaranteeMistake, compose, fileOf, read } from './guarantee.js';
import { Mistake, Words, clear, complain, openSigner } from './release/dialog.js';

const MOST = 64 * 1024 * 1024;

class Issue {
  constructor(form) {
    this.form = form;
    this.words = new Words(form);
    this.button = form.querySelector('[data-issue]');
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.button.disabled) this.run();
    });
  }

  async run() {
    clear(this.form);
    this.say('');
    this.button.disabled = true;
    try {
      await this.sign();
    } catch (error) {
      if (error instanceof Mistake || error instanceof GuaranteeMistake) {
        complain(this.form, error.field, this.words.said(error.code) ?? this.words.said('unknown'));
      } else {
        this.say(this.words.said('unknown'));
      }
    }
    this.button.disabled = false;
  }

  async sign() {
    const typed = Object.fromEntries(
      [...new FormData(this.form)].filter(([, value]) => typeof value === 'string'),
    );
    // What is typed is looked at before a certificate's file is opened.
    read(typed);
    const document = await this.printed();
    const signer = await openSigner(this.form);
    const place = JSON.parse(this.form.querySelector('script[type="application/json"]').textContent);
    const statement = await compose(typed, { place, at: await this.now(), document });
    this.save(fileOf(statement, await signStatement(statement, signer)));
    this.form.elements.password.value = '';
    this.say(this.words.said('saved'), true);
  }

  /** The printed guarantee, or null where none is sealed beside it. */
  async printed() {
    const [file] = this.form.elements.document.files;
    if (!file) return null;
    if (file.size > MOST) throw new Mistake('document', 'too-large');
    return new Uint8Array(await file.arrayBuffer());
  }

  /** The official time: a device's own clock may be wrong. */
  async now() {
    const answer = await fetch(this.form.dataset.time, { cache: 'no-store', credentials: 'omit' });
    const { now } = await answer.json();
    return now;
  }

  save(data) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([data], { type: 'application/json' }));
    link.download = FILE_NAME;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  say(text, good = false) {
    const place = this.form.querySelector('[data-outcome]');
    place.textContent = text;
    place.hidden = text === '';
    place.classList.toggle('mistake', !good);
    place.classList.toggle('done', good);
  }
}

for (const form of document.querySelectorAll('[data-guarantee]')) new Issue(form);
