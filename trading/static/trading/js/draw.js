/**
 * Draws that anyone can run again in the page: the twin of trading/domain/draws.py
 * (SUNLIT-DRAW-1). WebCrypto only; the same under Node. Binary values are Uint8Arrays, in bundles
 * lower-case hex. What a draw is and how it selects: docs, "Draws".
 */

import { DrawError, VERSION, checkRecord, requireFields } from "./draw_record.js";
import { JcsError, digest, dumps, isPlainObject, isTimestamp, loads } from "./jcs.js";

export { DrawError, VERSION };

export const PHASES = ["record", "commitments", "reveals", "result"];

const RANGE = 2n ** 128n;
const encoder = new TextEncoder();

/** A stratum gave fewer than its quota; `result` is what is published in place of a result. */
export class DrawFailed extends Error {
  name = "DrawFailed";

  constructor(stratum, found, quota, result) {
    super(`The stratum ${stratum} gave ${found} of ${quota}: the draw has failed.`);
    this.stratum = stratum;
    this.result = result;
  }
}

/** SHA-256(JCS(record)) of a record that keeps the format. */
export async function recordDigest(record) {
  return (await checkRecord(record)).digest;
}

/** The 32 bytes that a party publishes before anybody reveals. */
export async function commitment(record, party, reveal) {
  const checked = await checkRecord(record);
  if (!checked.parties.includes(party)) throw new DrawError(`parties does not name ${party}.`);
  checkReveal(party, reveal);
  return commitmentOf(checked.digest, party, reveal);
}

/** The result of a record and its parties' reveals ({party: Uint8Array of 32}). */
export async function draw(record, reveals) {
  const checked = await checkRecord(record);
  if (!isPlainObject(reveals)) throw new DrawError("reveals must be an object.");
  const strangers = Object.keys(reveals).filter((party) => !checked.parties.includes(party));
  if (strangers.length) {
    throw new DrawError(`reveals holds parties that the record does not: ${strangers.join(", ")}.`);
  }
  for (const party of checked.parties) {
    if (!Object.hasOwn(reveals, party)) throw new DrawError(`reveals lacks the party ${party}.`);
    checkReveal(party, reveals[party]);
  }
  return run(checked, await seedOf(checked, reveals));
}

/**
 * {verdict: "valid" | "invalid", reasons: [text]} for a published bundle (see
 * trading/domain/draw_bundle.py): record, commitments, reveals, result, and the leaves' digests and
 * order. A checkpoint and inclusion proofs are left to a verifier of the ledger.
 */
export async function verifyDraw(bundle) {
  const reasons = [];
  try {
    requireFields(
      bundle, ["record", "commitments", "reveals", "result", "leaves"], ["checkpoint"], "The bundle",
    );
    const record = await checkRecord(bundle.record);
    const commitments = hashes(bundle.commitments, record, "commitments", reasons);
    const reveals = hashes(bundle.reveals, record, "reveals", reasons);
    if (commitments && reveals) {
      for (const party of record.parties) {
        const expected = hex(await commitmentOf(record.digest, party, reveals[party]));
        if (expected !== hex(commitments[party])) {
          reasons.push(`The reveal of ${party} is not what ${party} committed to.`);
        }
      }
    }
    if (reveals) {
      const expected = await run(record, await seedOf(record, reveals)).catch((error) => {
        if (error instanceof DrawFailed) return error.result;
        throw error;
      });
      if (!sameJson(bundle.result, expected)) {
        reasons.push("The result is not the one that the record and the reveals give.");
      }
    }
    await checkLeaves(bundle, record, reasons);
  } catch (error) {
    if (!(error instanceof DrawError || error instanceof JcsError)) throw error;
    reasons.push(error.message);
  }
  return { verdict: reasons.length ? "invalid" : "valid", reasons };
}

/** What is wrong with a bundle's four leaves, their digests and order; nothing where they hold. */
export async function leafFaults(bundle) {
  const reasons = [];
  await checkLeaves(bundle, await checkRecord(bundle.record), reasons);
  return reasons;
}

/* The selection ------------------------------------------------------------------------------- */

async function run(record, seed) {
  const evidence = { seed: hex(seed), record_digest: hex(record.digest) };
  const drawn = Object.create(null);
  const alternates = Object.create(null);
  const taken = new Set();
  const strata = new Map();
  for (const candidate of record.candidates) {
    if (!strata.has(candidate.stratum)) strata.set(candidate.stratum, []);
    strata.get(candidate.stratum).push(candidate);
  }
  const avoided = new Set(record.avoid.candidates);
  const avoidedOrganisations = new Set(record.avoid.organisations);

  async function select(stratum, source, quota, extra, counts, conflicts) {
    const pool = new Pool(
      (strata.get(source) ?? []).filter(
        ({ id, organisation }) =>
          !avoided.has(id) && !avoidedOrganisations.has(organisation) && !taken.has(id) &&
          !conflicts.has(id),
      ),
    );
    const limit = record.max_per_organisation ?? Infinity;
    for (const [organisation, count] of counts) if (count >= limit) pool.close(organisation);
    const numbers = await Numbers.of(seed, stratum);
    const chosen = [];
    while (chosen.length < quota + extra && pool.total) {
      const { id, organisation } = pool.take(await numbers.below(pool.total));
      chosen.push(id);
      if (organisation !== null) {
        counts.set(organisation, (counts.get(organisation) ?? 0) + 1);
        if (counts.get(organisation) >= limit) pool.close(organisation);
      }
    }
    if (chosen.length < quota) {
      throw new DrawFailed(stratum, chosen.length, quota, { failed: stratum, ...evidence });
    }
    if (record.once) chosen.forEach((id) => taken.add(id));
    drawn[stratum] = chosen.slice(0, quota);
    alternates[stratum] = chosen.slice(quota);
  }

  const counts = new Map();
  for (const stratum of [...record.quota.keys()].sort()) {
    const extra = record.alternates.get(stratum);
    await select(stratum, stratum, record.quota.get(stratum), extra, counts, new Set());
  }
  const assign = record.assign;
  for (const id of assign ? drawn[assign.to] : []) {
    const conflicts = Object.hasOwn(assign.conflicts, id) ? assign.conflicts[id] : [];
    await select(
      `${assign.from}:${id}`, assign.from, assign.quota, assign.alternates, new Map(),
      new Set(conflicts),
    );
  }
  return { drawn, alternates, ...evidence };
}

/** The stream of numbers that the seed gives to one stratum. */
class Numbers {
  static async of(seed, stratum) {
    const numbers = new Numbers();
    const key = await hmac(await hmacKey(seed), encoder.encode(`SUNLIT-DRAW-1|${stratum}`));
    numbers.key = await hmacKey(key);
    numbers.count = 0n;
    return numbers;
  }

  async below(bound) {
    const limit = (RANGE / bound) * bound;
    for (;;) {
      const counter = new Uint8Array(8);
      new DataView(counter.buffer).setBigUint64(0, this.count);
      this.count += 1n;
      const view = new DataView((await hmac(this.key, counter)).buffer);
      const value = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
      if (value < limit) return value % bound;
    }
  }
}

/** Candidates in order of id in a Fenwick tree, which finds the walk's stop in few steps. */
class Pool {
  constructor(candidates) {
    this.candidates = [...candidates].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.present = this.candidates.map(() => true);
    this.places = new Map();
    this.sums = [0n, ...this.candidates.map(({ weight }) => BigInt(weight))];
    this.total = this.sums.reduce((sum, weight) => sum + weight, 0n);
    this.candidates.forEach(({ organisation }, place) => {
      if (!this.places.has(organisation)) this.places.set(organisation, []);
      this.places.get(organisation).push(place);
    });
    for (let node = 1; node < this.sums.length; node += 1) {
      const parent = node + (node & -node);
      if (parent < this.sums.length) this.sums[parent] += this.sums[node];
    }
  }

  take(number) {
    let place = 0;
    let rest = number;
    for (let step = 2 ** Math.ceil(Math.log2(this.sums.length)); step >= 1; step /= 2) {
      const next = place + step;
      if (next < this.sums.length && this.sums[next] <= rest) {
        place = next;
        rest -= this.sums[next];
      }
    }
    this.remove(place);
    return this.candidates[place];
  }

  close(organisation) {
    (this.places.get(organisation) ?? []).forEach((place) => this.remove(place));
  }

  remove(place) {
    if (!this.present[place]) return;
    this.present[place] = false;
    const weight = BigInt(this.candidates[place].weight);
    this.total -= weight;
    for (let node = place + 1; node < this.sums.length; node += node & -node) {
      this.sums[node] -= weight;
    }
  }
}

/* Leaves -------------------------------------------------------------------------------------- */

async function checkLeaves(bundle, record, reasons) {
  const leaves = bundle.leaves;
  const order = Array.isArray(leaves) ? leaves.map((leaf) => leaf?.phase) : [];
  if (!sameJson(order, PHASES)) {
    reasons.push(`leaves must be one for each phase, in order: ${PHASES.join(", ")}.`);
    return;
  }
  for (const [place, leaf] of leaves.entries()) {
    const phase = PHASES[place];
    try {
      await checkLeaf(leaf, phase, bundle, record);
    } catch (error) {
      if (!(error instanceof DrawError || error instanceof JcsError)) throw error;
      reasons.push(`The leaf of the phase ${phase}: ${error.message}`);
      continue;
    }
    const before = leaves[place - 1];
    if (before && !(leaf.index > before.index && leaf.at >= before.at)) {
      reasons.push(`The leaf of the phase ${phase} does not stand after the one before it.`);
    }
  }
}

async function checkLeaf(leaf, phase, bundle, record) {
  requireFields(leaf, ["index", "at", "phase", "leaf"], ["proof"], "the leaf");
  if (!Number.isSafeInteger(leaf.index) || leaf.index < 0) {
    throw new DrawError("index must be a number from 0.");
  }
  if (!isTimestamp(leaf.at)) throw new DrawError("at must be a canonical time.");
  const content = loads(unhex(leaf.leaf, "leaf"), { canonical: true });
  requireFields(content, ["v", "at", "entry"], [], "its data");
  requireFields(content.entry, ["act", "actor", "subject", "digests", "context"], [], "its entry");
  if (content.v !== 1) throw new DrawError("its data is not a plain leaf of version 1.");
  if (content.at !== leaf.at) throw new DrawError("at is not the time in the leaf's data.");
  const digests = { record: hex(record.digest) };
  if (phase !== "record") digests[phase] = hex(await digest(bundle[phase]));
  if (!sameJson(content.entry.digests, digests)) {
    throw new DrawError("its digests are not those of what was published.");
  }
}

/* Small things -------------------------------------------------------------------------------- */

async function seedOf(record, reveals) {
  const parts = [encoder.encode("SUNLIT-SEED-1|"), record.digest];
  for (const party of record.parties) {
    parts.push(await sha256(await sha256(encoder.encode(party)), reveals[party]));
  }
  return sha256(...parts);
}

async function commitmentOf(hash, party, reveal) {
  const hashedParty = await sha256(encoder.encode(party));
  return sha256(encoder.encode("SUNLIT-COMMIT-1|"), hash, hashedParty, reveal);
}

async function sha256(...parts) {
  const joined = new Uint8Array(await new Blob(parts).arrayBuffer());
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}

function hmacKey(bytes) {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

async function hmac(key, data) {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, data));
}

function hashes(value, record, what, reasons) {
  const parties = isPlainObject(value) ? Object.keys(value).sort() : [];
  if (!sameJson(parties, record.parties)) {
    reasons.push(`${what} must name exactly the parties ${record.parties.join(", ")}.`);
    return null;
  }
  const found = Object.create(null);
  for (const party of parties) {
    const text = value[party];
    if (typeof text !== "string" || !/^[0-9a-f]{64}$/.test(text)) {
      reasons.push(`${what}.${party} must be 64 characters of lower-case hex.`);
      return null;
    }
    found[party] = unhex(text, what);
  }
  return found;
}

function sameJson(one, other) {
  try {
    return hex(dumps(one)) === hex(dumps(other));
  } catch {
    return false;
  }
}

/** Lower-case hex of bytes. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes of lower-case hex. */
export function unhex(text, what = "The value") {
  if (typeof text !== "string" || !/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new DrawError(`${what} must be lower-case hex.`);
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function checkReveal(party, reveal) {
  if (!(reveal instanceof Uint8Array) || reveal.length !== 32) {
    throw new DrawError(`The reveal of ${party} must be 32 bytes.`);
  }
}
