/**
 * Sealing an envelope in two passes, the twin of bidding/kit/envelope.py: prepare draws a fresh key
 * and salt and wraps the shares; measure (pass 1) encrypts and keeps only sizes and hashes, for the
 * signed commitment; parts (pass 2) encrypts again to the same bytes and gives the parts to upload.
 * A part whose leaf hash differs from the committed one is never given, because another plaintext
 * under the same key and salt would reuse nonces.
 */

import {
  BodyCipher, KEY_SIZE, MAX_BODY_SIZE, SALT_SIZE, bodyKey, bodySize,
} from "./body.js";
import { equal } from "./bytes.js";
import { Crew } from "./crew.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import { Header } from "./header.js";
import { combine, isCommitted, mismatches, split } from "./shares.js";
import { rootOf } from "./tree.js";
import { wrapAll } from "./wraps.js";

/**
 * A new envelope for a slot: {head, secret: {key, salt}, ownShare}. The key is a CryptoKey that
 * nothing can read out again; its bytes are wiped once the shares are made. certificate is the
 * SHA-256 of the tenderer's certificate in DER.
 */
export async function prepare(policy, { slot, certificate, bid, version }) {
  const keys = policy.keys(slot);
  const header = new Header({
    k: policy.k,
    n: policy.n,
    slot,
    policy: policy.digest,
    certificate,
    bid,
    version,
    rehearsal: policy.rehearsal,
  });
  const raw = crypto.getRandomValues(new Uint8Array(KEY_SIZE));
  try {
    const shares = await split(raw, header);
    const head = await wrapAll(header, shares, keys);
    const salt = crypto.getRandomValues(new Uint8Array(SALT_SIZE));
    return { head, secret: { key: await bodyKey(raw), salt }, ownShare: shares.at(-1) };
  } finally {
    raw.fill(0);
  }
}

/**
 * Pass 1: the commitment {slot, head, size, root} to a source's content, and the leaf hashes that
 * travel with it. progress(bytes) is awaited for each part, so that it may also pause or stop.
 * The work is shared with the workers of a crew, where one is given.
 */
export async function measure(
  head,
  secret,
  source,
  { progress = async () => {}, crew = new Crew() } = {},
) {
  const size = bodySize(source.size);
  if (size > MAX_BODY_SIZE) {
    throw new Malformed(`The envelope would have ${size} bytes; at most 4 GiB are allowed.`);
  }
  const hashes = await crew.leaves(secret, await head.bodyContext(), source, progress);
  const commitment = {
    slot: head.header.slot,
    head: await head.digest(),
    size,
    root: await rootOf(hashes),
  };
  return { commitment, leaves: hashes };
}

/**
 * Pass 2: the same body again from part first on, each part checked before it is given. At the
 * first part that is not the committed one EnvelopeError content-changed: that version of the bid
 * must be given up and sealed anew with a fresh key.
 */
export async function* parts(head, secret, sealed, source, { first = 0 } = {}) {
  const { commitment, leaves } = sealed;
  if (!equal(await head.digest(), commitment.head)) {
    throw new Malformed("The head is not the one that was committed to.");
  }
  if (bodySize(source.size) !== commitment.size) throw contentChanged();
  const cipher = await BodyCipher.create(secret.key, secret.salt, await head.bodyContext());
  for await (const part of cipher.parts(source, { first })) {
    const committed = leaves[part.index];
    if (committed === undefined || !equal(await part.leaf(), committed)) throw contentChanged();
    yield part;
  }
}

/**
 * K from k or more shares, after every share was derived again and compared. Shares that do not
 * match their commitment are left out; trustees' come before the tenderer's own.
 */
export async function recoverKey(head, given) {
  const { commitments, header } = head;
  const good = new Map();
  for (const share of given) {
    const expected = commitments[share.index - 1];
    if (expected !== undefined && (await isCommitted(share, expected))) good.set(share.index, share);
  }
  const ordered = [...good.values()].sort((a, b) => a.index - b.index);
  const key = combine(ordered, header.k);
  const wrong = await mismatches(key, header, commitments);
  if (wrong.length > 0) {
    throw new EnvelopeError(
      `The shares with the numbers ${wrong.join(", ")} were not made from this envelope's key: the` +
        " bid was built so that only some can open it. It is revoked.",
      "commitment-mismatch",
      Fault.TENDERER,
    );
  }
  return key;
}

const contentChanged = () =>
  new EnvelopeError(
    "The content is no longer what was committed to. This version is given up; seal the bid again" +
      " as a new version.",
    "content-changed",
    Fault.TENDERER,
  );
