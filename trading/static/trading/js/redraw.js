/**
 * A published draw run again, one step after another, so that a page can say which of them agree.
 * Everything is worked out anew from the record and the reveals (draw.js); runs under Node too.
 */

import {
  DrawError, DrawFailed, commitment, draw, hex, leafFaults, recordDigest, unhex,
} from "./draw.js";
import { JcsError } from "./jcs.js";

/** The steps in their order; each one's outcome is "good", "bad", or "off" where it cannot run. */
export const STEPS = ["record", "commitments", "seed", "selection", "leaves"];

/**
 * Runs every step over a bundle (see trading/domain/draw_bundle.py), calling `each(step)` as it
 * ends. A step is {name, outcome, facts, reason}. The answer is {agrees, steps, differences}, where
 * a difference is {part: "drawn" | "alternates" | "failed", stratum, published, computed}, both
 * lists of ids in drawn order.
 */
export async function rerun(bundle, each = () => {}) {
  const found = { differences: [], steps: [] };
  const context = { bundle, found, digest: "", computed: null, sound: true };
  const work = { record, commitments, seed, selection, leaves };
  for (const name of STEPS) {
    const step = { name, facts: {}, ...(await attempt(() => work[name](context))) };
    found.steps.push(step);
    each(step);
  }
  return { agrees: found.steps.every(({ outcome }) => outcome === "good"), ...found };
}

async function attempt(step) {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof DrawError || error instanceof JcsError)) throw error;
    return { outcome: "bad", reason: error.message };
  }
}

/** The record keeps the format; its digest is the one that everything else rests on. */
async function record(context) {
  context.sound = false;
  context.digest = hex(await recordDigest(context.bundle.record));
  context.sound = true;
  return { outcome: "good", facts: { digest: context.digest } };
}

/** What each party revealed is what it had committed to. */
async function commitments({ bundle, sound }) {
  if (!sound) return { outcome: "off" };
  const parties = bundle.record.parties;
  const wrong = [];
  for (const party of parties) {
    const revealed = unhex(bundle.reveals?.[party], `The reveal of ${party}`);
    const expected = hex(await commitment(bundle.record, party, revealed));
    if (expected !== bundle.commitments?.[party]) wrong.push(party);
  }
  const facts = { count: String(parties.length), wrong: wrong.join(", ") };
  return { outcome: wrong.length ? "bad" : "good", facts };
}

/** The seed follows from the record's digest and all reveals. */
async function seed(context) {
  if (!context.sound) return { outcome: "off" };
  const { bundle, digest } = context;
  const reveals = Object.fromEntries(
    Object.entries(bundle.reveals ?? {}).map(([party, text]) => [
      party, unhex(text, `The reveal of ${party}`),
    ]),
  );
  context.computed = await draw(bundle.record, reveals).catch((error) => {
    if (error instanceof DrawFailed) return error.result;
    throw error;
  });
  const same = context.computed.seed === bundle.result?.seed
    && digest === bundle.result?.record_digest;
  return { outcome: same ? "good" : "bad", facts: { seed: context.computed.seed } };
}

/** The selection by that seed gives the published ids in the published order. */
async function selection({ bundle, found, computed }) {
  if (!computed) return { outcome: "off" };
  found.differences.push(...differences(bundle.result, computed));
  const chosen = Object.values(computed.drawn ?? {}).flat().length;
  return { outcome: found.differences.length ? "bad" : "good", facts: { count: String(chosen) } };
}

/** The four leaves of the ledger name these very things, in the order of the phases. */
async function leaves({ bundle, sound }) {
  if (!sound) return { outcome: "off" };
  const faults = await leafFaults(bundle);
  return { outcome: faults.length ? "bad" : "good", reason: faults.join(" ") };
}

/** Where two results differ, stratum by stratum; nothing where they are the same. */
export function differences(published, computed) {
  const found = [];
  for (const part of ["drawn", "alternates"]) {
    const one = table(published?.[part]);
    const other = table(computed?.[part]);
    for (const stratum of [...new Set([...one.keys(), ...other.keys()])].sort()) {
      const pair = { published: one.get(stratum) ?? [], computed: other.get(stratum) ?? [] };
      if (pair.published.join(" ") !== pair.computed.join(" ")) {
        found.push({ part, stratum, ...pair });
      }
    }
  }
  const failed = [published?.failed ?? "", computed?.failed ?? ""];
  if (failed[0] !== failed[1]) {
    found.push({
      part: "failed", stratum: failed[0] || failed[1], published: [], computed: [],
    });
  }
  return found;
}

function table(value) {
  const rows = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return new Map(rows.map(([name, ids]) => [name, Array.isArray(ids) ? ids.map(String) : []]));
}
