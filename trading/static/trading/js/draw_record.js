/**
 * The record of a draw, read strictly: the twin of trading/domain/draw_record.py.
 */

import { digest, isName, isPlainObject } from "./jcs.js";

export const VERSION = "SUNLIT-DRAW-1";

const FIELDS = [
  "id", "version", "purpose", "parties", "candidates", "avoid", "quota", "alternates",
  "max_per_organisation", "once", "assign",
];

/** The record, a reveal or a bundle is not exactly what the format asks for. */
export class DrawError extends Error {
  name = "DrawError";
}

/**
 * The record with its digest, and with quota and alternates as Maps over every drawn stratum, or
 * a DrawError that names the field which is not right.
 */
export async function checkRecord(record) {
  requireFields(record, FIELDS, ["reasons"], "The draw record");
  name(record.id, "id");
  if (record.version !== VERSION) fail("version", `must be "${VERSION}"`);
  if (typeof record.purpose !== "string" || record.purpose === "") {
    fail("purpose", "must say what the draw is for");
  }
  const parties = names(record.parties, "parties");
  if (parties.length < 3) fail("parties", "must be at least 3, with opposed interests");
  if (parties.some((party, i) => i > 0 && party < parties[i - 1])) fail("parties", "must be sorted");
  const candidates = list(record.candidates, "candidates");
  checkCandidates(candidates);
  checkAvoid(record.avoid, Object.hasOwn(record, "reasons") ? record.reasons : {});
  const assign = checkAssign(record.assign);
  const quota = readQuota(record.quota, candidates, assign);
  if (record.max_per_organisation !== null) {
    integer(record.max_per_organisation, "max_per_organisation", 1);
  }
  if (typeof record.once !== "boolean") fail("once", "must be true or false");
  if (assign) checkAssignedStrata(assign, quota, candidates);
  const alternates = readAlternates(record.alternates, quota);
  let hash;
  try {
    hash = await digest(record);
  } catch (error) {
    throw new DrawError(`The draw record has no canonical form: ${error.message}`);
  }
  return { ...record, parties, candidates, assign, quota, alternates, digest: hash };
}

function checkCandidates(candidates) {
  const seen = new Set();
  candidates.forEach((candidate, i) => {
    const where = `candidates[${i}]`;
    requireFields(candidate, ["id", "weight", "stratum", "organisation"], [], where);
    name(candidate.id, `${where}.id`);
    integer(candidate.weight, `${where}.weight`, 1);
    name(candidate.stratum, `${where}.stratum`);
    if (candidate.organisation !== null) name(candidate.organisation, `${where}.organisation`);
    const key = `${candidate.id} ${candidate.stratum}`;
    if (seen.has(key)) fail(where, `repeats ${candidate.id} in stratum ${candidate.stratum}`);
    seen.add(key);
  });
}

function checkAvoid(avoid, reasons) {
  requireFields(avoid, ["candidates", "organisations"], [], "avoid");
  const avoided = new Set([
    ...names(avoid.candidates, "avoid.candidates"),
    ...names(avoid.organisations, "avoid.organisations"),
  ]);
  if (!isPlainObject(reasons)) fail("reasons", "must be an object of name and text");
  for (const [key, text] of Object.entries(reasons)) {
    if (!avoided.has(key)) fail("reasons", `explains ${key}, which avoid does not list`);
    if (typeof text !== "string" || text === "") fail(`reasons.${key}`, "must be a text");
  }
}

function checkAssign(assign) {
  if (assign === null) return null;
  requireFields(assign, ["to", "from", "quota", "alternates", "conflicts"], [], "assign");
  name(assign.to, "assign.to");
  name(assign.from, "assign.from");
  integer(assign.quota, "assign.quota", 1);
  integer(assign.alternates, "assign.alternates", 0);
  if (!isPlainObject(assign.conflicts)) {
    fail("assign.conflicts", "must be an object of id and list of ids");
  }
  for (const [id, ids] of Object.entries(assign.conflicts)) {
    name(id, "assign.conflicts");
    names(ids, `assign.conflicts.${id}`);
  }
  return assign;
}

function checkAssignedStrata(assign, quota, candidates) {
  if (!quota.has(assign.to)) fail("assign.to", `names the stratum ${assign.to}, not in quota`);
  if (quota.has(assign.from)) fail("assign.from", `names the stratum ${assign.from} of quota`);
  for (const { id, stratum } of candidates) {
    if (stratum !== assign.to) continue;
    const made = `${assign.from}:${id}`;
    if (!isName(made)) fail("assign.from", `makes the name ${made} longer than 160 characters`);
    if (quota.has(made)) fail("quota", `uses the stratum name ${made}, which assign makes`);
  }
}

function readQuota(value, candidates, assign) {
  const quota = new Map();
  if (isPlainObject(value)) {
    for (const [stratum, number] of Object.entries(value)) {
      quota.set(name(stratum, "quota"), integer(number, `quota.${stratum}`, 1));
    }
  } else {
    integer(value, "quota", 1);
    for (const { stratum } of candidates) {
      if (stratum !== assign?.from) quota.set(stratum, value);
    }
  }
  if (!quota.size) fail("quota", "names no stratum to draw from");
  return quota;
}

function readAlternates(value, quota) {
  if (!isPlainObject(value)) {
    integer(value, "alternates", 0);
    return new Map([...quota.keys()].map((stratum) => [stratum, value]));
  }
  for (const stratum of Object.keys(value)) {
    if (!quota.has(stratum)) fail("alternates", `names the stratum ${stratum}, not in quota`);
  }
  return new Map([...quota.keys()].map((stratum) => {
    const number = Object.hasOwn(value, stratum) ? value[stratum] : 0;
    return [stratum, integer(number, `alternates.${stratum}`, 0)];
  }));
}

/** A plain object with every required field and none that is not listed. */
export function requireFields(value, required, optional, where) {
  if (!isPlainObject(value)) throw new DrawError(`${where} must be an object.`);
  const keys = Object.keys(value);
  const unknown = keys.filter((key) => !required.includes(key) && !optional.includes(key));
  if (unknown.length) throw new DrawError(`${where} has unknown fields: ${unknown.join(", ")}.`);
  const missing = required.filter((key) => !Object.hasOwn(value, key));
  if (missing.length) throw new DrawError(`${where} lacks the fields ${missing.join(", ")}.`);
}

function list(value, field) {
  if (!Array.isArray(value)) fail(field, "must be a list");
  return value;
}

function names(value, field) {
  list(value, field).forEach((item, i) => name(item, `${field}[${i}]`));
  if (new Set(value).size !== value.length) fail(field, "names somebody twice");
  return value;
}

function name(value, field) {
  if (!isName(value)) fail(field, "must be 1 to 160 characters of a-z, 0-9 and . : _ -");
  return value;
}

function integer(value, field, least) {
  if (!Number.isSafeInteger(value) || value < least) {
    fail(field, `must be an integer from ${least} to 2^53-1`);
  }
  return value;
}

function fail(field, what) {
  throw new DrawError(`In the draw record, ${field} ${what}.`);
}
