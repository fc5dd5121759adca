// Signs on this device with a certificate's file; then the form carries the signature, as it would
// one from another program. Without these modules the page offers what such a program needs.

import { signStatement } from '../../signatures/js/cades.js';
import { Signer } from '../../signatures/js/signer.js';

/** What stands in the way, in the page's own words. */
export class Refusal extends Error {}

/** A file, its password and a button. What is signed, whoever extends it says. */
export class SigningDesk {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.form = root.closest('form');
    this.button = root.querySelector('[data-sign-go]');
    this.said = root.querySelector('[data-sign-said]');
    this.password = root.querySelector('[data-sign-password]');
    this.called = this.button.textContent;
    root.hidden = false;
    this.button.addEventListener('click', () => this.sign());
    this.password.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.sign();
    });
  }

  /** The text to sign, asked for once file and password fit. */
  async statement() {
    throw new Error('a desk says what it signs');
  }

  async sign() {
    if (this.button.disabled) return;
    this.busy(true);
    try {
      const signer = await this.open();
      const statement = await this.statement();
      this.hand(statement, await signStatement(new TextEncoder().encode(statement), signer));
    } catch (error) {
      this.said.textContent = error instanceof Refusal ? error.message : this.words.unreachable;
      this.said.hidden = false;
      this.busy(false);
      this.password.focus();
    }
  }

  async open() {
    const [file] = this.root.querySelector('[data-sign-file]').files;
    try {
      return await Signer.open(new Uint8Array(await file.arrayBuffer()), this.password.value);
    } catch {
      throw new Refusal(this.words.wrong);
    }
  }

  hand(statement, signature) {
    this.form.querySelector('[name=statement]').value = statement;
    const carried = new DataTransfer();
    carried.items.add(new File([signature], 'statement.p7s', { type: 'application/octet-stream' }));
    this.form.querySelector('input[name=signature]').files = carried.files;
    this.form.requestSubmit(this.form.querySelector('[data-sign-submit]'));
  }

  busy(is) {
    this.button.disabled = is;
    this.button.textContent = is ? this.words.busy : this.called;
    if (is) this.said.hidden = true;
  }
}
