/**
 * The sealing policy out of the keys that the trustees have published and signed, as a tenderee's
 * page makes it: bidding/kit/publishing.py build_policy. What it builds on is checked here.
 */

import { hex } from "../seal/bytes.js";
import { Refused } from "../seal/errors.js";
import * as fields from "../seal/fields.js";
import { SUITE } from "../seal/header.js";
import { PURPOSE, Policy } from "../seal/policy.js";
import { signerOf } from "./signed.js";
import { parseOffer } from "./trustee.js";

/**
 * The statement's canonical bytes, ready to be signed. sealing is what Wire.sealing gives; after:
 * {slot: {act, signedBy}} for slots that open after an act; signers: {role: [certificate hex]}.
 * Refused no-keys names a trustee whose keys are missing; whatever else could not stand is refused
 * by reading the result again.
 */
export async function composePolicy(sealing, { at, k, minBids, slots, trustees, signers, scheduleSignedBy, after }) {
  const data = fields.buildStatement(PURPOSE, {
    origin: sealing.origin,
    at,
    project: sealing.project,
    lot: sealing.lot,
    rehearsal: false,
    suite: SUITE,
    k,
    min_bids: minBids,
    centre: sealing.centre,
    trustees: await Promise.all(trustees.map((each) => trusteeOf(sealing, each, slots))),
    slots: slots.map((slot) => ({ slot, gate: gateOf(after[slot]) })),
    signers,
    schedule_signed_by: scheduleSignedBy,
    authorities: sealing.authorities.map(({ certificate, operator }) => ({ certificate, operator })),
    witnesses: sealing.witnesses,
    log: sealing.log,
  });
  await Policy.parse(data, { origin: sealing.origin, rehearsal: false });
  return data;
}

/** A trustee with the keys of its latest offer, under the certificate that signed it. */
async function trusteeOf(sealing, trustee, slots) {
  const offers = sealing.keys
    .filter((each) => each.trustee === trustee)
    .map(({ signed }) => ({ signed, offer: parseOffer(signed.data, { origin: sealing.origin }) }))
    .filter(({ offer }) => !offer.rehearsal && offer.lot === sealing.lot && offer.trustee === trustee);
  const found = offers.at(-1);
  if (found === undefined || slots.some((slot) => !found.offer.keys.has(slot))) {
    throw new Refused(`${trustee} has not published its keys.`, "no-keys");
  }
  const keys = slots.map((slot) => [String(slot), hex(found.offer.keys.get(slot))]);
  return {
    id: trustee,
    certificate: await signerOf(found.signed, "A trustee's keys"),
    keys: Object.fromEntries(keys),
  };
}

const gateOf = (waits) =>
  waits === undefined ? { at: "schedule" } : { after: waits.act, signed_by: waits.signedBy };
