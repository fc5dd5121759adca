/**
 * Whether a holder's browser releases its share of one envelope: every check of the design's
 * "Opening". The twin of bidding/kit/opening.py. It reads nothing but its arguments, believes none
 * of them, and says all the reasons that stand in the way as {code, message}.
 */

import { openCheckpoint } from "../../../signatures/js/note.js";
import { checkHead, parseBid } from "../seal/bid.js";
import { unhex, utf8 } from "../seal/bytes.js";
import { Malformed, Refused } from "../seal/errors.js";
import { advance } from "./follower.js";
import { digestOf, signerOf } from "./signed.js";
import { Tender, frozenRoot } from "./tender.js";
import { verifyToken } from "./token.js";

/** The last second that a moment's text can name. */
const LAST_SECOND = 253_402_300_799;

class Reasons {
  constructor(found = []) {
    this.found = [...found];
  }

  async run(check) {
    try {
      return await check();
    } catch (error) {
      if (typeof error.code !== "string") throw error;
      this.add(error.code, error.message);
      return null;
    }
  }

  add(code, message) {
    this.found.push({ code, message });
  }
}

/**
 * Everything that can be proven about a lot from what is shown, once for all its bids.
 *
 * shown: {note, token, leaves (from the follower's size on), objects: [{data, signatures}], frozen:
 * [{bid, version, statement (hex)}]}. What could not be proven is null in the answer, with a reason.
 * The answer's follower is to be stored, whether or not anything is released.
 */
export async function observe(policy, stored, shown) {
  const reasons = new Reasons();
  const { checkpoint, cosignedAt } = await readNote(policy, shown.note, reasons);
  let follower = null;
  if (stored.lot !== policy.lot) {
    reasons.add("wrong-log", "The stored state is of another lot.");
  } else if (checkpoint !== null) {
    follower = await reasons.run(() => advance(stored, shown.leaves, checkpoint));
  }
  let stamp = null;
  if (checkpoint !== null) {
    const independent = policy.authorities.filter(({ operator }) => operator !== policy.centre);
    stamp = await reasons.run(() => verifyToken(shown.token, utf8(checkpoint.text), independent));
  }
  let tender = null;
  if (follower !== null) {
    tender = await reasons.run(() => Tender.read(policy, follower.leaves, shown.objects));
  }
  let schedule = null;
  let freeze = null;
  if (tender !== null) {
    await reasons.run(() => tender.requirePolicy());
    schedule = await reasons.run(() => tender.schedule());
    freeze = await reasons.run(() => tender.freeze());
  }
  if (freeze !== null) await checkFreeze(policy, freeze, schedule, shown.frozen, reasons);
  return {
    policy, follower, checkpoint, cosignedAt, stamp, tender, schedule, freeze,
    frozen: shown.frozen, reasons: reasons.found,
  };
}

/**
 * {release, reasons, opensAt} for the envelope with this head. statement is the tenderer's
 * sunlit.bid/1 {data, signatures}; now this device's own clock, as a moment's text.
 */
export async function decide(view, head, statement, { now, rehearsal = false }) {
  const reasons = new Reasons(view.reasons);
  const { slot } = head.header;
  if (view.policy.rehearsal !== rehearsal || head.header.rehearsal !== rehearsal) {
    reasons.add("rehearsal", "The envelope or the policy is a rehearsal's, or this is one.");
  }
  await reasons.run(() => checkFrozen(view, head, statement));
  const found = view.tender === null ? null : await reasons.run(() => view.tender.gate(slot));
  const opensAt = found === null ? null : opening(view, slot, found);
  if (found !== null) checkGate(view, head, found, opensAt, reasons);
  if (opensAt !== null) checkTimes(view, opensAt, now, reasons);
  const proofs = [view.checkpoint, view.follower, view.stamp, view.freeze, opensAt];
  const complete = proofs.every((each) => each !== null);
  if (!complete && reasons.found.length === 0) {
    reasons.add("not-proven", "Not everything that must be shown was shown.");
  }
  return { release: complete && reasons.found.length === 0, reasons: reasons.found, opensAt };
}

/** The checkpoint if the log signed it, and when the latest witness of P cosigned it. */
async function readNote(policy, note, reasons) {
  const { log, witnesses } = policy;
  const opened = await reasons.run(() =>
    openCheckpoint(note, [log, ...witnesses], { origin: log.name, require: [log.name] }),
  );
  if (opened === null) return { checkpoint: null, cosignedAt: null };
  const times = witnesses
    .filter(({ name }) => opened.cosignatures.has(name))
    .map(({ name }) => opened.cosignatures.get(name));
  const last = Math.max(...times);
  if (times.length === 0) {
    reasons.add("no-witness", "No witness that the policy names has cosigned the checkpoint.");
  } else if (last > LAST_SECOND) {
    reasons.add("no-witness", "The witness's cosignature has an impossible time.");
  } else {
    const at = new Date(last * 1000).toISOString().replace("Z", "000Z");
    return { checkpoint: opened.checkpoint, cosignedAt: at };
  }
  return { checkpoint: opened.checkpoint, cosignedAt: null };
}

async function checkFreeze(policy, freeze, schedule, frozen, reasons) {
  if (schedule !== null && freeze.at < schedule.deadline) {
    reasons.add("early-freeze", "The set of bids was frozen before the deadline.");
  }
  const count = freeze.count ?? frozen.length;
  if (count < policy.minBids) {
    reasons.add("too-few-bids", `${count} bids came; under ${policy.minBids} nothing opens.`);
  }
  const root = await reasons.run(() => frozenRoot(frozen));
  if (root !== null && (root !== freeze.root || frozen.length !== count)) {
    reasons.add("wrong-set", "The set of bids that was shown is not the one frozen.");
  }
}

/** The envelope is that of a frozen bid: by its statement, signed by the header's holder. */
async function checkFrozen(view, head, statement) {
  const { header } = head;
  const digest = await digestOf(statement);
  const known = view.frozen.some(
    (each) =>
      each.bid === header.bid && each.version === header.version && each.statement === digest,
  );
  if (!known) throw new Refused("The bid is not in the frozen set.", "bid-not-frozen");
  const bid = parseBid(statement.data, { origin: view.policy.origin });
  const certificate = await signerOf(statement, "The bid's statement");
  const commitment = bid.envelopes.find(({ slot }) => slot === header.slot);
  if (commitment === undefined) throw new Malformed(`The bid has no slot ${header.slot}.`);
  await checkHead(bid, view.policy, commitment, head, unhex(certificate));
}

/**
 * The schedule's time; for a slot that waits for a result, when its gate was ledgered, cut to the
 * second: timestamps and cosignatures know whole seconds only.
 */
function opening(view, slot, { at }) {
  if (view.schedule === null) return null;
  const { gates } = view.schedule;
  if (view.policy.rule(slot).after === null) return gates.get(slot) ?? null;
  return [`${at.slice(0, 19)}.000000Z`, ...gates.values()].sort().at(-1);
}

function checkGate(view, head, { index, at, gate }, opensAt, reasons) {
  if (view.freeze !== null && (gate.freeze !== view.freeze.root || index < view.freeze.index)) {
    reasons.add("bad-gate", "The gate was made for another set of bids.");
  }
  if (!gate.bids.includes(head.header.bid)) {
    reasons.add("bid-not-admitted", "The gate does not admit this bid.");
  }
  if (opensAt !== null && at < opensAt) {
    reasons.add("early-gate", "The gate was opened before its time.");
  }
}

function checkTimes(view, opensAt, now, reasons) {
  const moments = [
    ["early-timestamp", "The timestamp", view.stamp?.time ?? null],
    ["early-cosignature", "The witness's cosignature", view.cosignedAt],
    ["early-clock", "This device's clock", now],
  ];
  for (const [code, what, moment] of moments) {
    if (moment !== null && moment < opensAt) {
      reasons.add(code, `${what} is at ${moment}, before the opening time ${opensAt}.`);
    }
  }
}
