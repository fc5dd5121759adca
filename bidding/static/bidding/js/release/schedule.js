/** sunlit.schedule/1: when a tender closes and its timed slots open; bidding/kit/schedule.py. */

import { isPlainObject, isTimestamp } from "../../../trading/js/jcs.js";
import { hex } from "../seal/bytes.js";
import { Malformed, Refused } from "../seal/errors.js";
import * as fields from "../seal/fields.js";
import { SLOTS } from "../seal/header.js";

export const PURPOSE = "sunlit.schedule/1";
const MAX_SEQ = 1000;

/** {origin, at, policy (hex), seq, deadline, gates: Map}; moments stay the statement's texts. */
export function parseSchedule(data, { origin = null } = {}) {
  const own = ["policy", "seq", "deadline", "gates"];
  const value = fields.readStatement(data, { purpose: PURPOSE, origin, own });
  const slots = SLOTS.map(String);
  if (!isPlainObject(value.gates) || Object.keys(value.gates).some((key) => !slots.includes(key))) {
    throw new Malformed("The schedule's gates must be an object of slots.");
  }
  fields.bytes(value.policy, 32, "The schedule's policy");
  return {
    origin: value.origin,
    at: value.at,
    policy: value.policy,
    seq: fields.integer(value.seq, 1, MAX_SEQ, "The schedule's seq"),
    deadline: moment(value.deadline),
    gates: new Map(Object.entries(value.gates).map(([slot, at]) => [Number(slot), moment(at)])),
  };
}

/** The statement's canonical bytes, ready to be signed. */
export const buildSchedule = (policy, { at, seq, deadline, gates }) =>
  fields.buildStatement(PURPOSE, {
    origin: policy.origin,
    at,
    policy: hex(policy.digest),
    seq,
    deadline,
    gates: Object.fromEntries([...gates].map(([slot, time]) => [String(slot), time])),
  });

/**
 * The schedule that governs: the last of these, in the order of the ledger. Refused when there is
 * none, when seq does not rise or when any time moves earlier.
 */
export function governing(schedules, policy) {
  let current = null;
  for (const schedule of schedules) {
    requireOwn(schedule, policy);
    if (current !== null) {
      if (schedule.seq <= current.seq) {
        throw bad(`with seq ${schedule.seq} comes after seq ${current.seq}`);
      }
      const earlier = [...current.gates].some(([slot, at]) => schedule.gates.get(slot) < at);
      if (schedule.deadline < current.deadline || earlier) {
        throw bad(`with seq ${schedule.seq} moves a time earlier`);
      }
    }
    current = schedule;
  }
  if (current === null) {
    throw new Refused("The ledger holds no schedule for this tender.", "no-schedule");
  }
  return current;
}

function requireOwn(schedule, policy) {
  const timed = policy.rules.filter(({ after }) => after === null).map(({ slot }) => slot);
  if (schedule.policy !== hex(policy.digest) || schedule.origin !== policy.origin) {
    throw bad("belongs to another tender");
  }
  if ([...schedule.gates.keys()].sort().join() !== timed.join()) {
    throw bad(`must give times for the slots ${timed.join(", ")} and no others`);
  }
  if ([...schedule.gates.values()].some((at) => at < schedule.deadline)) {
    throw bad("opens a slot before the deadline");
  }
}

function moment(text) {
  if (!isTimestamp(text)) throw new Malformed("A schedule's times are moments of UTC.");
  return text;
}

const bad = (what) => new Refused(`A schedule ${what}.`, "bad-schedule");
