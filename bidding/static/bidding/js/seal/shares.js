/**
 * Shamir's secret sharing of an envelope's key, bytewise over GF(2^8) modulo 0x11B: the twin of
 * bidding/kit/shares.py.
 *
 * f(0) = K; coefficient j (1..k-1) = HMAC-SHA256(K, "TBX1 coefficient" ‖ H ‖ j). The polynomial
 * follows from K, so whoever recombines K derives every share again and compares it with its
 * commitment. Multiplication is a loop over bits without look-ups or branches on secrets.
 */

import { concat, equal, sha256, utf8 } from "./bytes.js";
import { EnvelopeError, Malformed } from "./errors.js";

export const KEY_SIZE = 32;
export const SHARE_SIZE = 33;
export const COMMITMENT_SIZE = 32;

/** One point of the polynomial: value = f(index), 32 bytes, index 1 to 255. */
export class Share {
  constructor(index, value) {
    if (!(Number.isInteger(index) && index >= 1 && index <= 255) || value.length !== KEY_SIZE) {
      throw new Malformed("A share is 32 bytes with an index from 1 to 255.", "bad-share");
    }
    this.index = index;
    this.value = value;
    Object.freeze(this);
  }

  /** f(i) ‖ i, 33 bytes. */
  encode() {
    return concat(this.value, Uint8Array.of(this.index));
  }

  /** Read f(i) ‖ i; Malformed for another length or index 0. */
  static parse(data) {
    if (data.length !== SHARE_SIZE) {
      throw new Malformed(`A share has ${SHARE_SIZE} bytes, not ${data.length}.`, "bad-share");
    }
    return new Share(data[KEY_SIZE], data.slice(0, KEY_SIZE));
  }
}

/** All n+1 shares of a key (32 bytes): trustees 1..n, then the tenderer's own. */
export async function split(key, header) {
  const polynomial = await coefficients(key, header);
  return Array.from(
    { length: header.tendererIndex },
    (_, i) => new Share(i + 1, evaluate(polynomial, i + 1)),
  );
}

/**
 * f(0) from the first k of the shares, which must have distinct indices. Says nothing about
 * whether the result is K; that is what mismatches is for.
 */
export function combine(shares, k) {
  const chosen = shares.slice(0, k);
  if (chosen.length < k) {
    throw new EnvelopeError(
      `${k} shares are needed and ${chosen.length} are there.`,
      "too-few-shares",
    );
  }
  const indices = chosen.map((share) => share.index);
  if (new Set(indices).size !== k) {
    throw new EnvelopeError("The same share was given twice.", "duplicate-share");
  }
  const secret = new Uint8Array(KEY_SIZE);
  for (const share of chosen) {
    const weight = indices
      .filter((other) => other !== share.index)
      .reduce((product, other) => times(product, times(other, inverse(other ^ share.index))), 1);
    share.value.forEach((byte, i) => {
      secret[i] ^= times(byte, weight);
    });
  }
  return secret;
}

/** SHA-256("TBX1 share" ‖ index ‖ share), where share is the 33 bytes f(i) ‖ i. */
export const commitment = (share) =>
  sha256(concat(utf8("TBX1 share"), Uint8Array.of(share.index), share.encode()));

/** Whether this is the share that the commitment fixes. */
export const isCommitted = async (share, expected) => equal(await commitment(share), expected);

/**
 * Indices 1..n+1 whose commitment is not that of the share derived from the key. Anything but an
 * empty result revokes the bid: the tenderer did not share its key as the suite says.
 */
export async function mismatches(key, header, commitments) {
  if (commitments.length !== header.tendererIndex) {
    throw new Malformed("There must be one commitment a share.", "bad-wraps");
  }
  const derived = await split(key, header);
  const good = await Promise.all(derived.map((share, i) => isCommitted(share, commitments[i])));
  return derived.filter((_, i) => !good[i]).map((share) => share.index);
}

async function coefficients(key, header) {
  if (key.length !== KEY_SIZE) {
    throw new Malformed(`An envelope's key has ${KEY_SIZE} bytes.`, "bad-key");
  }
  const hash = { name: "HMAC", hash: "SHA-256" };
  const mac = await crypto.subtle.importKey("raw", key, hash, false, ["sign"]);
  const start = concat(utf8("TBX1 coefficient"), header.encode());
  const found = [key];
  for (let j = 1; j < header.k; j += 1) {
    const value = await crypto.subtle.sign("HMAC", mac, concat(start, Uint8Array.of(j)));
    found.push(new Uint8Array(value));
  }
  return found;
}

/** Horner's rule, byte by byte. */
function evaluate(polynomial, x) {
  const value = new Uint8Array(KEY_SIZE);
  for (const coefficient of [...polynomial].reverse()) {
    for (let i = 0; i < KEY_SIZE; i += 1) value[i] = times(value[i], x) ^ coefficient[i];
  }
  return value;
}

/** The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function times(a, b) {
  let product = 0;
  let power = a;
  for (let bit = 0; bit < 8; bit += 1) {
    product ^= power & -((b >> bit) & 1);
    power = ((power << 1) ^ (0x11b & -(power >> 7))) & 0x1ff;
  }
  return product;
}

/** a^254, which is 1/a. */
function inverse(a) {
  const square = (value) => times(value, value);
  let power = a;
  let result = 1;
  for (let step = 0; step < 7; step += 1) {
    power = square(power);
    result = times(result, power);
  }
  return result;
}
