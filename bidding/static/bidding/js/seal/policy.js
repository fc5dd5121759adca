/**
 * The sealing policy: P, k, n, the trustees' keys and the slots for those who seal; gates, roles,
 * authorities, witnesses and log for those who open. The twin of bidding/kit/policy.py.
 */

import { isName, isPlainObject } from "../../../trading/js/jcs.js";
import { COSIGNATURE, ED25519, NoteVerifier } from "../../../signatures/js/note.js";
import { hex, sha256 } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import * as fields from "./fields.js";
import { MAX_TRUSTEES, SLOTS, SUITE } from "./header.js";
import { publicKey } from "./wraps.js";

export const PURPOSE = "sunlit.policy/1";
const MAX_BIDS = 100_000;
const MAX_SIGNERS = 64;

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

  /** How a slot opens: {slot, after, signedBy}; after is null where it opens at a time. */
  rule(slot) {
    const found = this.rules.find((rule) => rule.slot === slot);
    if (found === undefined) throw new Malformed(`This tender has no slot ${slot}.`);
    return found;
  }

  /** The share index of the trustee with this URN, from 1. */
  indexOf(trustee) {
    const index = this.trustees.findIndex(({ id }) => id === trustee) + 1;
    if (index === 0) throw new Malformed(`${trustee} is not a trustee of this tender.`);
    return index;
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
    const rules = fields.listing(value.slots, 1, 4, "The policy's slots").map(readRule);
    if (rules[0].after !== null) {
      throw new Malformed("The first slot opens at a time, not after another act.");
    }
    const slots = rules.map(({ slot }) => slot);
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
    const centre = fields.urn(value.centre, "The policy's centre");
    const signers = readSigners(value.signers);
    const scheduleSignedBy = roles(value.schedule_signed_by, "The policy's schedule_signed_by");
    for (const role of [...scheduleSignedBy, ...rules.flatMap(({ signedBy }) => signedBy)]) {
      if (!signers.has(role)) throw new Malformed(`No certificates are given for the role ${role}.`);
    }
    return new Policy({
      origin: value.origin,
      at: value.at,
      centre,
      rules,
      signers,
      scheduleSignedBy,
      minBids: fields.integer(value.min_bids, 1, MAX_BIDS, "The policy's min_bids"),
      authorities: readAuthorities(value.authorities, centre),
      witnesses: readWitnesses(value.witnesses),
      log: readLog(value.log),
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

function readRule(value) {
  const item = fields.exactly(value, ["slot", "gate"], "A slot");
  const slot = fields.integer(item.slot, SLOTS[0], SLOTS.at(-1), "A slot's number");
  if (item.gate?.at === "schedule") {
    fields.exactly(item.gate, ["at"], `The gate of slot ${slot}`);
    return { slot, after: null, signedBy: [] };
  }
  const gate = fields.exactly(item.gate, ["after", "signed_by"], `The gate of slot ${slot}`);
  if (!isName(gate.after)) throw new Malformed(`Slot ${slot} opens after something without a name.`);
  return { slot, after: gate.after, signedBy: roles(gate.signed_by, `The signers of slot ${slot}`) };
}

function roles(value, where) {
  const found = fields.listing(value, 1, MAX_SIGNERS, where);
  if (!found.every(isName)) throw new Malformed(`${where} must be names of roles.`);
  distinct(found, where);
  return found;
}

function readSigners(value) {
  if (!isPlainObject(value)) throw new Malformed("The policy's signers must be an object of roles.");
  const entries = fields.listing(Object.entries(value), 1, MAX_SIGNERS, "The policy's signers");
  const found = entries.map(([role, digests]) => {
    if (!isName(role)) throw new Malformed("A role must be a name.");
    const listed = fields.listing(digests, 1, MAX_SIGNERS, `The certificates of ${role}`);
    for (const each of listed) fields.bytes(each, 32, `A certificate of ${role}`);
    return [role, listed];
  });
  distinct(found.flatMap(([, digests]) => digests), "The list of signing certificates");
  return new Map(found);
}

function readAuthorities(value, centre) {
  const found = fields.listing(value, 1, MAX_SIGNERS, "The policy's authorities").map((each) => {
    const item = fields.exactly(each, ["certificate", "operator"], "A timestamp authority");
    fields.bytes(item.certificate, 32, "Its certificate");
    return { certificate: item.certificate, operator: fields.urn(item.operator, "Its operator") };
  });
  if (found.every(({ operator }) => operator === centre)) {
    throw new Malformed("At least one timestamp authority must not be run by the centre.");
  }
  return found;
}

function readWitnesses(value) {
  const found = fields.listing(value, 1, MAX_SIGNERS, "The policy's witnesses");
  distinct(found, "The list of witnesses");
  return found.map((key) => {
    const verifier = NoteVerifier.parse(key);
    if (verifier.kind !== COSIGNATURE) {
      throw new Malformed("A witness's key must be one for cosignatures.");
    }
    return verifier;
  });
}

function readLog(value) {
  const verifier = NoteVerifier.parse(value);
  if (verifier.kind !== ED25519) throw new Malformed("The log's key must be a plain Ed25519 key.");
  return verifier;
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
