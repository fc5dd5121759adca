/**
 * What the plain leaves of a lot say about its sealing: policy, schedules, freeze, gates. The
 * leaves carry digests; the signed statements behind them are taken only if their SHA-256 is the
 * leaf's. The twin of bidding/kit/tender.py.
 */

import { dumps, isPlainObject, isTimestamp, loads } from "../../../trading/js/jcs.js";
import { leafHash, rootOf } from "../../../signatures/js/ledger.js";
import { hex } from "../seal/bytes.js";
import { Malformed, Refused } from "../seal/errors.js";
import * as fields from "../seal/fields.js";
import { parseGate } from "./gate.js";
import { governing, parseSchedule } from "./schedule.js";
import { digestOf, requireSignatures } from "./signed.js";

const ACT_POLICY = "bidding.policy";
const ACT_SCHEDULE = "bidding.schedule";
const ACT_FREEZE = "bidding.freeze";
const ACT_GATE = "bidding.gate";
const ENTRY = ["act", "actor", "subject", "digests", "context"];

/** The RFC 9162 root, in hex, over {bid, version, statement} sorted by bid. */
export function frozenRoot(bids) {
  const ordered = [...bids].sort((a, b) => (a.bid < b.bid ? -1 : 1));
  if (new Set(bids.map(({ bid }) => bid)).size !== bids.length) {
    throw new Malformed("The frozen set names a bid twice.");
  }
  return hex(
    rootOf(
      ordered.map(({ bid, version, statement }) => leafHash(dumps({ bid, version, statement }))),
    ),
  );
}

/** The plain leaves of one lot, read for one policy. Make it by Tender.read. */
export class Tender {
  #policy;
  #digest;
  #objects;

  constructor(policy, leaves, objects) {
    this.#policy = policy;
    this.#digest = hex(policy.digest);
    this.#objects = objects;
    this.leaves = leaves;
  }

  /** leaves: [{index, data}] of a follower; objects: signed statements [{data, signatures}]. */
  static async read(policy, leaves, objects) {
    const known = new Map();
    for (const each of objects) known.set(await digestOf(each), each);
    const read = leaves.map(readLeaf).filter((leaf) => leaf !== null);
    return new Tender(policy, read.filter(({ subject }) => subject === policy.lot), known);
  }

  /** Refused unless this very policy stands in the ledger. */
  requirePolicy() {
    if (!this.#acts(ACT_POLICY).some(({ digests }) => digests.policy === this.#digest)) {
      throw new Refused("The sealing policy does not stand in the ledger.", "wrong-policy");
    }
  }

  /** The governing schedule; Refused when one is missing, forged or not allowed. */
  async schedule() {
    const freezes = this.#own(ACT_FREEZE);
    const schedules = [];
    for (const leaf of this.#own(ACT_SCHEDULE)) {
      if (freezes.length > 0 && leaf.index > freezes[0].index) {
        throw new Refused("A schedule was published after the freeze.", "bad-schedule");
      }
      const signed = this.#statement(leaf);
      await requireSignatures(signed, this.#policy, this.#policy.scheduleSignedBy);
      schedules.push(parseSchedule(signed.data, { origin: this.#policy.origin }));
    }
    return governing(schedules, this.#policy);
  }

  /** The one FREEZE {index, at, count, root (hex)}; Refused no-freeze or two-freezes. */
  freeze() {
    const found = this.#own(ACT_FREEZE);
    if (found.length === 0) throw new Refused("The set of bids has not been frozen.", "no-freeze");
    if (found.length > 1) {
      throw new Refused(`The set of bids was frozen ${found.length} times.`, "two-freezes");
    }
    const [{ index, at, context, digests }] = found;
    fields.bytes(digests.set, 32, "The frozen set's root");
    const most = Number.MAX_SAFE_INTEGER;
    // Without it the ledger keeps secret how many there are; the root binds the set all the same.
    const count = "count" in context
      ? fields.integer(context.count, 0, most, "The freeze's count")
      : null;
    return { index, at, root: digests.set, count };
  }

  /** The slot's gate {index, at, gate}; Refused no-gate, two-gates, not-signed or bad-gate. */
  async gate(slot) {
    const found = this.#own(ACT_GATE).filter(({ context }) => context.slot === slot);
    if (found.length === 0) throw new Refused(`The gate of slot ${slot} is not open.`, "no-gate");
    if (found.length > 1) throw new Refused(`Slot ${slot} has ${found.length} gates.`, "two-gates");
    const [leaf] = found;
    const rule = this.#policy.rule(slot);
    const signed = this.#statement(leaf);
    await requireSignatures(signed, this.#policy, rule.signedBy);
    const gate = parseGate(signed.data, { origin: this.#policy.origin });
    if (gate.policy !== this.#digest || gate.slot !== slot) {
      throw new Refused("The gate belongs to another tender or slot.", "bad-gate");
    }
    if ((gate.result === null) !== (rule.after === null)) {
      throw new Refused("The gate names no result, or one that it must not.", "bad-gate");
    }
    if (rule.after !== null) this.#requireResult(rule.after, gate, leaf);
    return { index: leaf.index, at: leaf.at, gate };
  }

  /** The digest (hex) of the result that the lot's last leaf of an act put into the ledger. */
  resultOf(act) {
    const leaf = this.#acts(act).at(-1);
    if (leaf === undefined) throw new Refused(`The ledger holds no ${act} of this lot yet.`, "no-result");
    const values = Object.values(leaf.digests);
    const value = leaf.digests.result ?? (values.length === 1 ? values[0] : "");
    if (!/^[0-9a-f]{64}$/.test(value)) {
      throw new Refused(`The leaf of ${act} names no result.`, "no-result");
    }
    return value;
  }

  #requireResult(act, gate, gateLeaf) {
    const found = this.#acts(act).some(
      ({ index, digests }) =>
        index < gateLeaf.index && Object.values(digests).includes(gate.result),
    );
    if (!found) throw new Refused(`The ledger holds no ${act} with the gate's result.`, "bad-gate");
  }

  #acts(act) {
    return this.leaves.filter((leaf) => leaf.act === act);
  }

  /** Leaves of this act under this policy; one that names no policy is refused. */
  #own(act) {
    const found = this.#acts(act);
    for (const { context } of found) fields.bytes(context.policy, 32, `The policy of ${act}`);
    return found.filter(({ context }) => context.policy === this.#digest);
  }

  #statement(leaf) {
    fields.bytes(leaf.digests.statement, 32, `The statement of ${leaf.act}`);
    const signed = this.#objects.get(leaf.digests.statement);
    if (signed === undefined) {
      throw new Refused(
        `The statement behind leaf ${leaf.index} (${leaf.act}) was not shown.`,
        "missing-statement",
      );
    }
    return signed;
  }
}

/** A plain leaf; null for a hidden one, which cannot name a lot. */
function readLeaf({ index, data }) {
  let value;
  try {
    value = loads(data, { canonical: true });
  } catch {
    throw new Malformed(`Leaf ${index} is not canonical.`, "not-canonical");
  }
  if (!isPlainObject(value) || !Object.hasOwn(value, "entry")) return null;
  const leaf = fields.exactly(value, ["v", "at", "entry"], "The leaf");
  const entry = fields.exactly(leaf.entry, ENTRY, "The leaf's entry");
  if (leaf.v !== 1 || !isTimestamp(leaf.at)) throw new Malformed(`Leaf ${index} is unknown here.`);
  if (!isPlainObject(entry.digests) || !isPlainObject(entry.context)) {
    throw new Malformed(`Leaf ${index} has no digests or no context.`);
  }
  fields.text(entry.act, 160, "The leaf's act");
  return { index, at: leaf.at, ...entry };
}
