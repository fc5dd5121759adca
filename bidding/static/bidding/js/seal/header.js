/**
 * H: the 92 bytes that say to whom an envelope belongs and how it opens (suite 1), the twin of
 * bidding/kit/header.py. Layout, big-endian:
 *
 *   magic 4 | suite u8 | k u8 | n u8 | slot u8 | P 32 | certificate 32 | bid 16 | version u32
 *
 * The magic is TBX1, or TBR1 for a rehearsal; everything derived from H is bound to it.
 */

import { concat, readU32, u32, utf8, uuidBytes, uuidText } from "./bytes.js";
import { Malformed } from "./errors.js";

export const HEADER_SIZE = 92;
export const SUITE = 1;
export const SLOTS = Object.freeze([1, 2, 3, 4]);
/** Trustees in a policy; the tenderer's share is index n+1 and must still fit one byte. */
export const MAX_TRUSTEES = 16;
export const MAX_VERSION = 2 ** 32 - 1;

const MAGIC = "TBX1";
const REHEARSAL_MAGIC = "TBR1";

/** The parsed H. Values out of bounds raise Malformed. */
export class Header {
  /**
   * k shares open, n counts trustees only (2 <= k <= n <= 16); policy is P and certificate the
   * SHA-256 of the tenderer's certificate in DER (32 bytes each); bid a UUID's text; version
   * counts from 1.
   */
  constructor({ k, n, slot, policy, certificate, bid, version, rehearsal = false, suite = SUITE }) {
    if (suite !== SUITE) {
      throw new Malformed(
        `The envelope uses suite ${suite}; suite ${SUITE} only is known here.`,
        "unknown-suite",
      );
    }
    if (!integers(k, n) || !(k >= 2 && k <= n && n <= MAX_TRUSTEES)) {
      throw wrong(`An envelope needs 2 <= k <= n <= ${MAX_TRUSTEES}; this one has k=${k}, n=${n}.`);
    }
    if (!SLOTS.includes(slot)) throw wrong(`There is no slot ${slot}; slots are 1 to 4.`);
    if (policy.length !== 32 || certificate.length !== 32) {
      throw wrong("Policy and certificate digests are 32 bytes.");
    }
    if (!integers(version) || version < 1 || version > MAX_VERSION) {
      throw wrong(`A bid's version counts from 1 to ${MAX_VERSION}, not ${version}.`);
    }
    this.bidBytes = uuidBytes(bid, "The bid's id");
    Object.assign(this, { k, n, slot, policy, certificate, bid, version, rehearsal, suite });
    Object.freeze(this);
  }

  /** TBX1, or TBR1 for a rehearsal; also the start of every info and context. */
  get magic() {
    return utf8(this.rehearsal ? REHEARSAL_MAGIC : MAGIC);
  }

  /** The index of the tenderer's own share: n + 1. */
  get tendererIndex() {
    return this.n + 1;
  }

  /** H, 92 bytes. */
  encode() {
    return concat(
      this.magic,
      Uint8Array.of(this.suite, this.k, this.n, this.slot),
      this.policy,
      this.certificate,
      this.bidBytes,
      u32(this.version),
    );
  }

  /** Read H; Malformed for another length, magic, suite or value out of bounds. */
  static parse(data) {
    if (data.length !== HEADER_SIZE) {
      throw wrong(`An envelope's header has ${HEADER_SIZE} bytes, not ${data.length}.`);
    }
    const magic = String.fromCharCode(...data.subarray(0, 4));
    if (magic !== MAGIC && magic !== REHEARSAL_MAGIC) {
      throw new Malformed("This is no sealed envelope: it starts differently.", "bad-magic");
    }
    const [suite, k, n, slot] = data.subarray(4, 8);
    return new Header({
      suite,
      k,
      n,
      slot,
      policy: data.slice(8, 40),
      certificate: data.slice(40, 72),
      bid: uuidText(data.subarray(72, 88)),
      version: readU32(data, 88),
      rehearsal: magic === REHEARSAL_MAGIC,
    });
  }
}

const integers = (...values) => values.every(Number.isSafeInteger);

const wrong = (message) => new Malformed(message, "bad-header");
