// The lead writes a consortium's agreement and signs it; every other member opens the file, reads
// what it signs, and adds its signature. All of it in the page: nothing is sent anywhere.

import { signStatement } from '../../signatures/js/cades.js';
import {
  ConsortiumMistake, FILE_NAME, isOf, open, read, sign, write,
} from './consortium.js';
import { Mistake, Words, clear, complain, fileBytes, openSigner } from './release/dialog.js';

/** What both forms do: signing, with mistakes at their fields, and saving what was signed. */
class Form {
  constructor(form) {
    this.form = form;
    this.words = new Words(document);
    this.place = JSON.parse(document.getElementById('place').textContent);
    this.button = form.querySelector('[data-sign]');
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.button.disabled) this.run(() => this.sign());
    });
  }

  async run(work) {
    clear(this.form);
    this.say('');
    this.button.disabled = true;
    try {
      await work();
    } catch (error) {
      if (error instanceof Mistake || error instanceof ConsortiumMistake) {
        complain(this.form, error.field, this.words.said(error.code) ?? this.words.said('unknown'));
      } else {
        this.say(this.words.said('unknown'));
      }
    }
    this.button.disabled = false;
  }

  /** The official time: a device's own clock may be wrong. */
  async now() {
    const answer = await fetch(this.form.dataset.time, { cache: 'no-store', credentials: 'omit' });
    return (await answer.json()).now;
  }

  save(data) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([data], { type: 'application/json' }));
    link.download = FILE_NAME;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.form.elements.password.value = '';
  }

  say(text, good = false) {
    const place = this.form.querySelector('[data-outcome]');
    place.textContent = text;
    place.hidden = text === '';
    place.classList.toggle('mistake', !good);
    place.classList.toggle('done', good);
  }
}

/** The lead's: rows of members, of which as many are shown as are used. */
class Writing extends Form {
  constructor(form) {
    super(form);
    this.rows = [...form.querySelectorAll('[data-member]')];
    this.more = form.querySelector('[data-more]');
    this.more.addEventListener('click', () => {
      const next = this.rows.find((row) => row.hidden);
      next.hidden = false;
      next.querySelector('input').focus();
      this.show();
    });
    form.addEventListener('click', (event) => {
      const row = event.target.closest('[data-without]')?.closest('[data-member]');
      if (!row) return;
      for (const field of row.querySelectorAll('input, textarea')) field.value = '';
      row.hidden = true;
      // What is kept of the form over a reload is what stands in it now.
      row.querySelector('input').dispatchEvent(new Event('input', { bubbles: true }));
      this.show();
      this.more.focus();
    });
    form.addEventListener('input', () => this.show());
    // What was typed before a reload has been put back by then.
    setTimeout(() => this.show());
  }

  show() {
    const used = (row) => [...row.querySelectorAll('input, textarea')].some((one) => one.value);
    for (const row of this.rows) if (used(row)) row.hidden = false;
    this.more.hidden = this.rows.every((row) => !row.hidden);
    const shares = this.rows.map((row) => Number(row.querySelector('[data-share]').value) || 0);
    const sum = shares.reduce((before, one) => before + one, 0);
    this.form.querySelector('[data-sum]').textContent = String(sum);
  }

  typed() {
    return this.rows.map((row, index) => Object.fromEntries(
      ['name', 'code', 'share', 'work'].map((name) => [name, this.form.elements[`${name}_${index + 1}`].value]),
    ));
  }

  async sign() {
    const rows = this.typed();
    // What is typed is looked at before a certificate's file is opened.
    read(rows);
    const signer = await openSigner(this.form);
    const said = { place: this.place, at: await this.now() };
    this.save(await write(rows, said, signer, signStatement));
    this.say(this.words.said('written'), true);
  }
}

/** A member's: the file that was handed on, what it says, and who has signed. */
class Adding extends Form {
  constructor(form) {
    super(form);
    this.opened = null;
    this.shown = form.querySelector('[data-agreement]');
    form.elements.agreement.addEventListener('change', () => {
      this.opened = null;
      this.shown.hidden = true;
      this.run(() => this.look());
    });
  }

  async look() {
    this.opened = await open(await fileBytes(this.form, 'agreement'), this.place);
    this.show(this.opened.certificates);
  }

  /** The members, and which of them have signed. */
  show(certificates) {
    const body = this.shown.querySelector('tbody');
    const pattern = this.shown.querySelector('template').content;
    body.replaceChildren(...this.opened.members.map((member, index) => {
      const row = pattern.cloneNode(true);
      const signed = certificates.some((each) => isOf(each, member));
      row.querySelector('[data-name]').textContent = member.name;
      row.querySelector('[data-code]').textContent = member.code;
      row.querySelector('[data-lead]').hidden = index > 0;
      row.querySelector('[data-part]').textContent = `${member.share} %`;
      row.querySelector('[data-work]').textContent = member.work;
      row.querySelector('[data-signed]').hidden = !signed;
      row.querySelector('[data-unsigned]').hidden = signed;
      return row;
    }));
    const others = certificates.filter((each) => !this.opened.members.some((one) => isOf(each, one)));
    const place = this.shown.querySelector('[data-others]');
    place.hidden = others.length === 0;
    place.querySelector('b').textContent = others.map((each) => each.name).join(', ');
    this.shown.hidden = false;
  }

  async sign() {
    if (this.opened === null) await this.look();
    const signer = await openSigner(this.form);
    this.save(await sign(this.opened, signer, signStatement));
    const certificates = [...this.opened.certificates, signer.certificate];
    this.show(certificates);
    const all = this.opened.members.every((one) => certificates.some((each) => isOf(each, one)));
    this.say(this.words.said(all ? 'all-signed' : 'added'), true);
  }
}

for (const form of document.querySelectorAll('[data-writing]')) new Writing(form);
for (const form of document.querySelectorAll('[data-adding]')) new Adding(form);
