/** sunlit.gate/1: that a slot may be opened now, and for which bids; bidding/kit/gate.py. */

import { hex } from "../seal/bytes.js";
import { Malformed } from "../seal/errors.js";
import * as fields from "../seal/fields.js";
import { SLOTS } from "../seal/header.js";

export const PURPOSE = "sunlit.gate/1";
const MAX_BIDS = 100_000;

/** {origin, at, policy, slot, freeze, bids, result}; digests in hex, result null at a time. */
export function parseGate(data, { origin = null } = {}) {
  const own = ["policy", "slot", "freeze", "bids", "result"];
  const value = fields.readStatement(data, { purpose: PURPOSE, origin, own });
  for (const name of ["policy", "freeze"]) fields.bytes(value[name], 32, `The gate's ${name}`);
  if (value.result !== null) fields.bytes(value.result, 32, "The gate's result");
  const bids = fields.listing(value.bids, 0, MAX_BIDS, "The gate's bids");
  bids.forEach((bid) => fields.identifier(bid, "A bid of the gate"));
  if (bids.some((bid, i) => i > 0 && bid <= bids[i - 1])) {
    throw new Malformed("A gate's bids are sorted and named once each.");
  }
  const slot = fields.integer(value.slot, SLOTS[0], SLOTS.at(-1), "The gate's slot");
  return { ...value, slot, bids };
}

/** The statement's canonical bytes, ready to be signed; freeze and result in hex. */
export const buildGate = (policy, { at, slot, freeze, bids, result }) =>
  fields.buildStatement(PURPOSE, {
    origin: policy.origin,
    at,
    policy: hex(policy.digest),
    slot,
    freeze,
    bids: [...bids].sort(),
    result,
  });
