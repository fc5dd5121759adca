/**
 * Releasing shares: a trustee's for every bid of a lot, or a tenderer's own in an absence. Nothing
 * goes out before every check of decide.js holds. The twin of bidding/kit/releasing.py.
 */

import { Refused } from "../seal/errors.js";
import { timestamp } from "../seal/fields.js";
import { Head } from "../seal/wraps.js";
import { decide } from "./decide.js";
import { look, openingKey } from "./looking.js";
import { buildComplaint, buildShare } from "./share.js";

export const RELEASED = "released";
export const SETTLED = "settled";
export const HELD = "held";
export const COMPLAINED = "complained";
/** Refusals that say that the platform has this very share already. */
const HAS_IT = ["share-already-received", "already-opened", "already-received"];

/**
 * Look at the lot and release whatever may be released now: {items: [{bid, version, slot, state,
 * reasons}], reasons}. show({look, view}) tells the checks; item(done, all) the envelopes gone
 * through. Throws what the platform answers, and Refused for a file that is another lot's.
 */
export async function releaseAll({ wire, watch, holder, signer, origin, report, show, item }) {
  const accept = (policy) => holder.index(policy);
  const found = await look(wire, watch, { origin, accept, report });
  const { policy, view, frozen, sealing } = found;
  show?.(found);
  if (policy === null || view === null || frozen === null) {
    return { items: [], reasons: found.reasons.length > 0 ? found.reasons : [notFrozen] };
  }
  const index = holder.index(policy);
  await requireSigner(signer, policy, index);
  const recipient = await openingKey(sealing, policy, watch);
  const work = frozen.bids
    .filter((entry) => holder.holds(entry))
    .flatMap((entry) => entry.envelopes.map((envelope) => ({ entry, envelope })));
  const context = { wire, holder, signer, policy, view, recipient, index };
  const items = [];
  for (const each of work) {
    items.push(await releaseOne(context, each));
    item?.(items.length, work.length, items.at(-1));
  }
  return { items, reasons: found.reasons };
}

async function releaseOne(context, { entry, envelope }) {
  const { bid, version } = entry;
  const { slot } = envelope;
  const state = (name, reasons = []) => ({ bid, version, slot, state: name, reasons });
  if (envelope.opened || !entry.stands || envelope.shares.includes(context.index)) {
    return state(SETTLED);
  }
  const head = Head.parse(envelope.head);
  const { header } = head;
  if (header.bid !== bid || header.version !== version || header.slot !== slot) {
    const message = "The platform shows another envelope's head.";
    return state(HELD, [{ code: "wrong-head", message }]);
  }
  const now = timestamp(new Date());
  const decision = await decide(context.view, head, entry.signed, { now });
  if (!decision.release) return state(HELD, decision.reasons);
  return state(await handOver(context, head));
}

async function handOver({ wire, holder, signer, policy, view, recipient, index }, head) {
  let share;
  try {
    share = await holder.share(policy, head);
  } catch (error) {
    if (error.code !== "wrap-bad") throw error;
    const at = await wire.officialTime();
    await post(wire, "complaints", await buildComplaint({ policy, head, index, at }), signer);
    return COMPLAINED;
  }
  const { checkpoint } = view;
  const at = await wire.officialTime();
  const statement = await buildShare(share, { policy, head, recipient, checkpoint, at });
  await post(wire, "shares", statement, signer);
  return RELEASED;
}

async function post(wire, what, statement, signer) {
  try {
    await wire.handIn(what, statement, signer);
  } catch (error) {
    if (!HAS_IT.includes(error.code)) throw error;
  }
}

/** A trustee's share counts only under the certificate that the policy names for it. */
async function requireSigner(signer, policy, index) {
  if (index > policy.n) return;
  const own = await signer.certificate.digest();
  const named = policy.trustees[index - 1].certificate;
  if (own.some((byte, i) => byte !== named[i])) {
    throw new Refused("The policy names another certificate for this trustee.", "other-certificate");
  }
}

const notFrozen = { code: "no-freeze", message: "The set of bids has not been frozen." };
