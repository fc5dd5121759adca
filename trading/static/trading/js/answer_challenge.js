// Signs the answer to a question of the platform's: to sign in, or to bind a certificate. It is asked
// for once file and password fit, so that its minute is not spent on looking for them.

import { canonical } from './jcs.js';
import { Refusal, SigningDesk } from './signing_desk.js';

async function asked(address, more = {}) {
  const answer = await fetch(address, { ...more, cache: 'no-store' });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

class Answer extends SigningDesk {
  /** The platform's question, answered with a nonce of this device's own. */
  async statement() {
    const { purpose } = this.words;
    const { now: at } = await asked('/api/v1/time');
    const { origin, server_nonce } = await asked('/api/v1/session/challenge', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ purpose }),
    });
    // What is signed names the address that this device sees, never one that it is told.
    if (origin !== location.origin) throw new Refusal(this.words.elsewhere);
    const own = crypto.getRandomValues(new Uint8Array(32));
    const client_nonce = [...own].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return canonical({ purpose, origin: location.origin, at, server_nonce, client_nonce });
  }
}

document.querySelectorAll('[data-sign]').forEach((root) => new Answer(root));
