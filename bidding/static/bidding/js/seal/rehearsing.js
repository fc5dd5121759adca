/**
 * A dummy bid: sealed under the policy's twin, whose trustees' keys are made here, and opened again
 * on the same device; the twin of bidding/kit/dummy.py. Its secrets are worth nothing, and nothing
 * of it is kept or sent.
 */

import { dumps } from "../../../trading/js/jcs.js";
import { checkBid, parseBid } from "./bid.js";
import { concat, equal, hex } from "./bytes.js";
import { parts, recoverKey } from "./envelope.js";
import { EnvelopeError } from "./errors.js";
import { openEnvelope } from "./opening.js";
import { Plaintext } from "./plaintext.js";
import { Policy } from "./policy.js";
import { sealBid } from "./sealing.js";
import { hpke, unwrap } from "./wraps.js";

const MOST_AT_ONCE = 65_536;

/**
 * Seal so many random bytes a slot with a Signer, and open all with k trustees; the seconds that
 * {sealing, opening} took. policy is the real one's bytes. An error where an envelope does not open,
 * opens to something else, or opens with one share too few.
 */
export async function rehearse(policy, { origin, signer, bid, at, size }) {
  const began = performance.now();
  const { known, secrets } = await twin(policy, origin);
  const contents = new Map(known.slots.map((slot) => [slot, random(size)]));
  const documents = new Map(
    [...contents].map(([slot, bytes]) => [
      slot, [{ name: "rehearsal.bin", type: "application/octet-stream", blob: new Blob([bytes]) }],
    ]),
  );
  const made = await sealBid(known, documents, { signer, bid, version: 1, at });
  const statement = parseBid(made.statement, { origin });
  const heads = made.envelopes.map(({ head }) => head);
  await checkBid(statement, known, heads, await signer.certificate.digest());
  const sealed = performance.now();
  for (const [number, envelope] of made.envelopes.entries()) {
    const { slot, head } = envelope;
    const shares = await Promise.all(
      head.wraps.map((wrap, i) => unwrap(head.header, wrap, secrets[i].get(slot))),
    );
    const own = made.ownShares.get(slot);
    await requireOpening(head, shares, { k: known.k, own });
    const opened = await openEnvelope({
      head,
      body: await bodyOf(envelope),
      commitment: statement.envelopes[number],
      shares: shares.slice(-known.k),
      origin,
    });
    const found = await opened.files[0].read(0, size);
    if (opened.files.length !== 1 || !equal(found, contents.get(slot))) {
      throw new EnvelopeError("A dummy opened to something else.", "opened-wrong");
    }
  }
  return { sealing: (sealed - began) / 1000, opening: (performance.now() - sealed) / 1000 };
}

/** The same terms marked as a rehearsal, and the secrets of its trustees' keys by slot. */
async function twin(data, origin) {
  await Policy.parse(data, { origin, rehearsal: false });
  const value = JSON.parse(new TextDecoder().decode(data));
  const { kem } = hpke();
  const secrets = [];
  for (const trustee of value.trustees) {
    const own = new Map();
    for (const slot of Object.keys(trustee.keys)) {
      const { publicKey, privateKey } = await kem.generateKeyPair();
      trustee.keys[slot] = hex(new Uint8Array(await kem.serializePublicKey(publicKey)));
      own.set(Number(slot), new Uint8Array(await kem.serializePrivateKey(privateKey)));
    }
    secrets.push(own);
  }
  const known = await Policy.parse(dumps({ ...value, rehearsal: true }), { origin, rehearsal: true });
  return { known, secrets };
}

/** k of the trustees open it, and so does the tenderer in place of one; fewer do not. */
async function requireOpening(head, shares, { k, own }) {
  const few = shares.slice(0, k - 1);
  const [whole, stoodIn] = [await recoverKey(head, shares.slice(0, k)), await recoverKey(head, [...few, own])];
  if (!equal(whole, stoodIn)) {
    throw new EnvelopeError("The recovery kit does not stand in for a trustee.", "bad-kit");
  }
  try {
    await recoverKey(head, few);
  } catch {
    return;
  }
  throw new EnvelopeError("A dummy opened with one share too few.", "too-few-opened");
}

/** What would have been stored of an envelope, as a source. */
async function bodyOf({ head, secret, sealed, preamble, files }) {
  const pieces = [];
  for await (const { data } of parts(head, secret, sealed, new Plaintext(preamble, files))) {
    pieces.push(data.slice());
  }
  const all = concat(...pieces);
  return { size: all.length, read: async (at, size) => all.subarray(at, at + size) };
}

function random(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += MOST_AT_ONCE) {
    crypto.getRandomValues(bytes.subarray(at, at + MOST_AT_ONCE));
  }
  return bytes;
}
