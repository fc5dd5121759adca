/**
 * A further worker for pass 1 (crew.js). It takes {body: {secret, context, source}} and then
 * {stripe: {first, end}}; it answers {part: [index, leaf]} for each part and {done}, or {error}.
 */

import { BodyCipher } from "./body.js";
import { Plaintext } from "./plaintext.js";

let body = null;

self.addEventListener("message", async ({ data }) => {
  if (data.body !== undefined) {
    const { secret, context, source } = data.body;
    body = {
      cipher: BodyCipher.create(secret.key, secret.salt, context),
      source: new Plaintext(source.preamble, source.files),
    };
    return;
  }
  try {
    const cipher = await body.cipher;
    await cipher.leaves(body.source, data.stripe, async (index, leaf) => {
      self.postMessage({ part: [index, leaf] });
    });
    self.postMessage({ done: true });
  } catch ({ name, message, code = "unexpected", fault }) {
    self.postMessage({ error: { name, message, code, fault } });
  }
});
self.postMessage({ ready: true });
