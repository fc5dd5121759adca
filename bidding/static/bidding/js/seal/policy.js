/**
 * The sealing policy as a tenderer's page needs it: P, k, n, the trustees' keys, the slots. The
 * twin of bidding/kit/policy.py as far as sealing depends on it; roles, authorities, witnesses and
 * log matter to those who open, and are only required to be there.
 */

import { hex, sha256 } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import * as fields from "./fields.js";
import { MAX_TRUSTEES, SLOTS, SUITE } from "./header.js";
import { publicKey } from "./wraps.js";

export const PURPOSE = "sunlit.policy/1";

const OWN = [
  "project", "lot", "rehearsal", "suite", "k", "min_bids", "centre", "trustees", "slots",
  "signers", "schedule_signed_by", "authorities", "witnesses", "log",
];

export class Policy {
  /** Use Policy.parse. */
  constructor(given) {
    Object.assign(this, given);
    Object.freeze(this);
  }

  /** How many trustees there are; the tenderer's own share does not count. */
  get n() {
    return this.trustees.length;
  }

  /** The trustees' public keys for a slot, in order; Malformed when there is no such slot. */
  keys(slot) {
    if (!this.slots.includes(slot)) throw new Malformed(`This tender has no slot ${slot}.`);
    return this.trustees.map((trustee) => trustee.keys.get(slot));
  }

  /** EnvelopeError unless the header is one that this policy allows. */
  require(header) {
    if (hex(header.policy) !== hex(this.digest)) throw foreign("belongs to another tender");
    if (header.rehearsal !== this.rehearsal) {
      throw foreign(header.rehearsal ? "is a rehearsal's" : "is no rehearsal's");
    }
    if (header.suite !== this.suite || header.k !== this.k || header.n !== this.n) {
      throw foreign(`is not sealed with suite ${this.suite}, ${this.k} of ${this.n}`);
    }
    this.keys(header.slot);
  }

  /**
   * Read a policy's canonical bytes; Malformed for unknown fields or values that cannot stand.
   * rehearsal says which kind is asked for: one is never taken in place of the other.
   */
  static async parse(data, { origin = null, rehearsal }) {
    const value = fields.readStatement(data, { purpose: PURPOSE, origin, own: OWN });
    if (fields.boolean(value.rehearsal, "The policy's rehearsal") !== rehearsal) {
      throw new Malformed(
        rehearsal
          ? "This policy is for real bids; a rehearsal needs its own."
          : "This policy is a rehearsal's; a bid sealed under it counts for nothing.",
        "wrong-policy",
      );
    }
    if (value.suite !== SUITE) {
      throw new Malformed(
        `The policy asks for suite ${value.suite}; only ${SUITE} is known.`,
        "unknown-suite",
      );
    }
    const slots = fields.listing(value.slots, 1, 4, "The policy's slots").map(readSlot);
    if (slots.some((slot, i) => i > 0 && slot <= slots[i - 1])) {
      throw new Malformed("The slots must be some of 1 to 4, in order.");
    }
    const trustees = fields
      .listing(value.trustees, 2, MAX_TRUSTEES, "The policy's trustees")
      .map((item) => readTrustee(item, slots));
    distinct(trustees.map((trustee) => trustee.id), "The trustees");
    const keys = trustees.flatMap((trustee) => [...trustee.keys.values()]);
    distinct(keys.map(hex), "The list of slot keys");
    for (const key of keys) await publicKey(key);
    return new Policy({
      origin: value.origin,
      project: fields.urn(value.project, "The policy's project"),
      lot: fields.urn(value.lot, "The policy's lot"),
      rehearsal,
      suite: SUITE,
      k: fields.integer(value.k, 2, trustees.length, "The policy's k"),
      trustees,
      slots,
      digest: await sha256(data),
    });
  }
}

function readSlot(value) {
  const item = fields.exactly(value, ["slot", "gate"], "A slot");
  return fields.integer(item.slot, SLOTS[0], SLOTS.at(-1), "A slot's number");
}

function readTrustee(value, slots) {
  const item = fields.exactly(value, ["id", "certificate", "keys"], "A trustee");
  const id = fields.urn(item.id, "A trustee's id");
  const keys = fields.exactly(item.keys, slots.map(String), `The keys of ${id}`);
  return {
    id,
    certificate: fields.bytes(item.certificate, 32, `${id}'s certificate`),
    keys: new Map(
      slots.map((slot) => [slot, fields.bytes(keys[slot], 32, `The key of ${id}, slot ${slot}`)]),
    ),
  };
}

function distinct(values, where) {
  if (new Set(values).size !== values.length) {
    throw new Malformed(`${where} names something twice.`);
  }
}

const foreign = (what) =>
  new EnvelopeError(`The envelope ${what}.`, "foreign-envelope", Fault.TENDERER);
