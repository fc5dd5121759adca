// Signs in with a certificate's file, on this device: the platform's question is asked for once file
// and password fit, so that its minute is not spent on looking for them. The answer goes the way of
// an answer from another program.

import { signStatement } from '../../signatures/js/cades.js';
import { Signer } from '../../signatures/js/signer.js';
import { canonical } from './jcs.js';

const PURPOSE = 'sunlit.login/1';

/** A refusal in the page's own words. */
class Refusal extends Error {}

async function asked(address, more = {}) {
  const answer = await fetch(address, { ...more, cache: 'no-store' });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

class Desk {
  constructor(root) {
    this.root = root;
    this.form = root.closest('form');
    this.button = root.querySelector('[data-enter-go]');
    this.said = root.querySelector('[data-enter-said]');
    this.words = this.button.textContent;
    root.hidden = false;
    this.button.addEventListener('click', () => this.enter());
    root.querySelector('[data-enter-password]').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.enter();
    });
  }

  async enter() {
    if (this.button.disabled) return;
    const [file] = this.root.querySelector('[data-enter-file]').files;
    const password = this.root.querySelector('[data-enter-password]');
    this.busy(true);
    try {
      const signer = await this.open(file, password.value);
      const statement = await this.statement();
      const signature = await signStatement(new TextEncoder().encode(statement), signer);
      this.hand(statement, signature);
    } catch (error) {
      this.said.textContent = error instanceof Refusal ? error.message : this.root.dataset.unreachable;
      this.said.hidden = false;
      this.busy(false);
      password.focus();
    }
  }

  async open(file, password) {
    try {
      return await Signer.open(new Uint8Array(await file.arrayBuffer()), password);
    } catch {
      throw new Refusal(this.root.dataset.wrong);
    }
  }

  /** The platform's question, answered with a nonce of this device's own. */
  async statement() {
    const { now: at } = await asked('/api/v1/time');
    const { origin, server_nonce } = await asked('/api/v1/session/challenge', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ purpose: PURPOSE }),
    });
    // What is signed names the address that this device sees, never one that it is told.
    if (origin !== location.origin) throw new Refusal(this.root.dataset.elsewhere);
    const own = crypto.getRandomValues(new Uint8Array(32));
    const client_nonce = [...own].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return canonical({ purpose: PURPOSE, origin: location.origin, at, server_nonce, client_nonce });
  }

  hand(statement, signature) {
    this.form.querySelector('[name=statement]').value = statement;
    const carried = new DataTransfer();
    carried.items.add(new File([signature], 'statement.p7s', { type: 'application/octet-stream' }));
    this.form.querySelector('[name=signature]').files = carried.files;
    this.form.requestSubmit(this.form.querySelector('[data-enter-submit]'));
  }

  busy(is) {
    this.button.disabled = is;
    this.button.textContent = is ? this.root.dataset.busy : this.words;
    if (is) this.said.hidden = true;
  }
}

document.querySelectorAll('[data-enter]').forEach((root) => new Desk(root));
