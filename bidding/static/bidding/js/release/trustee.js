/**
 * A trustee's slot keys: made in this browser, published signed, kept in a file of the trustee's
 * own that the command-line kit reads and writes as well. The twin of bidding/kit/trustee.py.
 */

import { dumps } from "../../../trading/js/jcs.js";
import { concat, hex, unhex } from "../seal/bytes.js";
import { EnvelopeError, Malformed } from "../seal/errors.js";
import * as fields from "../seal/fields.js";
import { SLOTS } from "../seal/header.js";
import { lock, parsed, unlock } from "../seal/vault.js";
import { unwrap } from "../seal/wraps.js";

export const PURPOSE = "sunlit.trustee-key/1";
const KIND = "trustee-keys";
const STORED = ["origin", "project", "lot", "trustee", "rehearsal", "keys"];
/** PKCS#8 around the 32 bytes of an X25519 key (RFC 8410). */
const PKCS8 = unhex("302e020100300506032b656e04220420");
/** The base point of X25519 (RFC 7748, 4.1). */
const BASE = unhex(`09${"00".repeat(31)}`);

/** A trustee's keys for one lot; make them by generate or open. */
export class SlotKeys {
  #private;

  constructor(value, privateKeys, publicKeys) {
    const { origin, project, lot, trustee, rehearsal } = value;
    Object.assign(this, { origin, project, lot, trustee, rehearsal });
    this.#private = privateKeys;
    /** Public keys by slot, 32 bytes each. */
    this.public = publicKeys;
    Object.freeze(this);
  }

  /** Fresh keys, one a slot. */
  static async generate({ origin, project, lot, trustee, slots, rehearsal = false }) {
    const wanted = [...new Set(slots)].sort();
    if (wanted.length === 0 || !wanted.every((slot) => SLOTS.includes(slot))) {
      throw new Malformed("Slots are some of 1 to 4.");
    }
    const keys = new Map(wanted.map((slot) => [slot, crypto.getRandomValues(new Uint8Array(32))]));
    return SlotKeys.#of({ origin, project, lot, trustee, rehearsal }, keys);
  }

  /** The keys in a file's bytes; Malformed wrong-passphrase when it does not open. */
  static async open(data, passphrase) {
    const plain = parsed(await unlock(data, passphrase, KIND));
    const value = fields.exactly(plain, STORED, "The key file");
    const slots = Object.keys(value.keys ?? {});
    if (slots.length === 0 || !slots.every((slot) => SLOTS.map(String).includes(slot))) {
      throw new Malformed("The key file must have a key for each slot.");
    }
    const keys = new Map(
      slots.sort().map((slot) => [
        Number(slot),
        fields.bytes(value.keys[slot], 32, `The private key of slot ${slot}`),
      ]),
    );
    fields.text(value.origin, 255, "The origin");
    for (const name of ["project", "lot", "trustee"]) fields.urn(value[name], `The ${name}`);
    fields.boolean(value.rehearsal, "rehearsal");
    return SlotKeys.#of(value, keys);
  }

  static async #of(value, privateKeys) {
    const publicKeys = new Map();
    for (const [slot, key] of privateKeys) publicKeys.set(slot, await publicOf(key));
    return new SlotKeys(value, privateKeys, publicKeys);
  }

  /** The file's bytes, encrypted under the passphrase. */
  save(passphrase) {
    const { origin, project, lot, trustee, rehearsal } = this;
    const keys = Object.fromEntries([...this.#private].map(([slot, key]) => [String(slot), hex(key)]));
    return lock(dumps({ origin, project, lot, trustee, rehearsal, keys }), passphrase, KIND);
  }

  /** sunlit.trustee-key/1 over the public keys, ready to be signed. */
  offer(at) {
    const { origin, project, lot, trustee, rehearsal } = this;
    const keys = [...this.public].map(([slot, key]) => [String(slot), hex(key)]);
    return fields.buildStatement(PURPOSE, {
      origin, at, project, lot, trustee, rehearsal, keys: Object.fromEntries(keys),
    });
  }

  /** Which trustee of the policy this is; refuses a policy that names other keys for it. */
  indexIn(policy) {
    if (
      policy.origin !== this.origin ||
      policy.lot !== this.lot ||
      policy.rehearsal !== this.rehearsal
    ) {
      throw new Malformed("These keys were made for another lot, platform or rehearsal.", "foreign-file");
    }
    const index = policy.indexOf(this.trustee);
    const written = (keys) => [...keys].map(([slot, key]) => `${slot} ${hex(key)}`).sort().join();
    if (written(policy.trustees[index - 1].keys) !== written(this.public)) {
      throw new Malformed("The policy names other keys for this trustee than these.", "foreign-keys");
    }
    return index;
  }

  /** This trustee's share of an envelope; wrap-bad is to be complained about. */
  async unwrap(policy, head) {
    const index = this.indexIn(policy);
    policy.require(head.header);
    const key = this.#private.get(head.header.slot);
    if (key === undefined) {
      throw new EnvelopeError(`There is no key for slot ${head.header.slot}.`, "no-key");
    }
    return unwrap(head.header, head.wraps[index - 1], key);
  }
}

/** Read a published sunlit.trustee-key/1: {trustee, lot, project, rehearsal, keys: Map}. */
export function parseOffer(data, { origin = null } = {}) {
  const own = ["project", "lot", "trustee", "rehearsal", "keys"];
  const value = fields.readStatement(data, { purpose: PURPOSE, origin, own });
  const keys = Object.entries(value.keys).map(([slot, key]) => [
    fields.integer(Number(slot), SLOTS[0], SLOTS.at(-1), "A key's slot"),
    fields.bytes(key, 32, `The key of slot ${slot}`),
  ]);
  for (const name of ["project", "lot", "trustee"]) fields.urn(value[name], `The ${name}`);
  return { ...value, keys: new Map(keys) };
}

async function publicOf(key) {
  let own;
  let base;
  try {
    own = await crypto.subtle.importKey("pkcs8", concat(PKCS8, key), "X25519", false, ["deriveBits"]);
    base = await crypto.subtle.importKey("raw", BASE, "X25519", false, []);
  } catch (error) {
    if (error.name !== "NotSupportedError") throw error;
    throw new Malformed("This browser knows no X25519 keys.", "old-browser");
  }
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: base }, own, 256));
}
