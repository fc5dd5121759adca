// Signs the statement of a page with a certificate's file, on this device; then sends the form.
// Without this module the page offers what any other signing program needs.

import { signStatement } from '../../signatures/js/cades.js';
import { Signer } from '../../signatures/js/signer.js';

class Desk {
  constructor(root) {
    this.root = root;
    this.form = root.closest('form');
    this.button = root.querySelector('[data-sign-go]');
    this.said = root.querySelector('[data-sign-said]');
    this.words = this.button.textContent;
    root.hidden = false;
    this.button.addEventListener('click', () => this.sign());
    root.querySelector('[data-sign-password]').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.sign();
    });
  }

  async sign() {
    const [file] = this.root.querySelector('[data-sign-file]').files;
    const password = this.root.querySelector('[data-sign-password]');
    if (this.button.disabled) return;
    this.busy(true);
    try {
      if (file === undefined) throw new Error('no file');
      const signer = await Signer.open(new Uint8Array(await file.arrayBuffer()), password.value);
      const statement = this.form.querySelector('[data-statement]').value;
      const signature = await signStatement(new TextEncoder().encode(statement), signer);
      this.hand(signature);
    } catch {
      this.said.textContent = this.root.dataset.wrong;
      this.said.hidden = false;
      this.busy(false);
      password.focus();
    }
  }

  /** The signature goes the way of a signature from another program. */
  hand(signature) {
    const carried = new DataTransfer();
    carried.items.add(new File([signature], 'statement.p7s', { type: 'application/octet-stream' }));
    this.form.querySelector('input[name=signature]').files = carried.files;
    this.form.requestSubmit(this.form.querySelector('[data-sign-submit]'));
  }

  busy(is) {
    this.button.disabled = is;
    this.button.textContent = is ? this.root.dataset.busy : this.words;
    if (is) this.said.hidden = true;
  }
}

document.querySelectorAll('[data-sign]').forEach((root) => new Desk(root));
