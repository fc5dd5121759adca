/**
 * Reading the fields of statements, the twin of bidding/kit/fields.py: each function gives a value
 * of its type or says what is wrong; where is the field's place in words.
 */

import { isPlainObject, isTimestamp, loads, dumps } from "../../../trading/js/jcs.js";
import { unhex, uuidBytes } from "./bytes.js";
import { Malformed } from "./errors.js";

const URN = /^[a-z][a-z0-9-]{0,31}:[A-Za-z0-9._~:/-]{1,128}$/;
const COMMON = ["purpose", "origin", "at"];
const MAX_STATEMENT = 16 * 1024 * 1024;
const MAX_ORIGIN = 255;

/** The canonical bytes of a statement, ready to be signed; at is YYYY-MM-DDTHH:MM:SS.ffffffZ. */
export function buildStatement(purpose, { origin, at, ...own }) {
  requireCommon(origin, at);
  return dumps({ purpose, origin, at, ...own });
}

/** The statement in these bytes: for this purpose (and origin), with exactly these own fields. */
export function readStatement(data, { purpose, origin = null, own }) {
  if (data.length > MAX_STATEMENT) {
    throw new Malformed(`A statement has at most ${MAX_STATEMENT} bytes.`);
  }
  let value;
  try {
    value = loads(data, { canonical: true });
  } catch (error) {
    throw new Malformed(error.message, "bad-json");
  }
  if (!isPlainObject(value) || value.purpose !== purpose) {
    throw new Malformed(`This is no statement for ${purpose}.`, "wrong-purpose");
  }
  requireCommon(value.origin, value.at);
  if (origin !== null && value.origin !== origin) {
    throw new Malformed(`The statement is not meant for ${origin}.`, "wrong-origin");
  }
  return exactly(value, [...COMMON, ...own], `The statement ${purpose}`);
}

/** A moment as statements write it: microseconds, of which a page knows thousands. */
export const timestamp = (moment) => moment.toISOString().replace("Z", "000Z");

/** An object with every one of these fields and no other. */
export function exactly(value, names, where) {
  if (!isPlainObject(value)) throw new Malformed(`${where} must be an object.`);
  const unknown = Object.keys(value).filter((key) => !names.includes(key));
  if (unknown.length > 0) throw new Malformed(`${where} has unknown fields: ${unknown.join(", ")}.`);
  const missing = names.filter((name) => !Object.hasOwn(value, name));
  if (missing.length > 0) throw new Malformed(`${where} lacks the fields ${missing.join(", ")}.`);
  return value;
}

/** An integer within bounds, both included. */
export function integer(value, least, most, where) {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new Malformed(`${where} must be an integer from ${least} to ${most}.`);
}

/** A list of so many members. */
export function listing(value, least, most, where) {
  if (Array.isArray(value) && value.length >= least && value.length <= most) return value;
  throw new Malformed(`${where} must be a list of ${least} to ${most} members.`);
}

/** A text of 1 to most characters. */
export function text(value, most, where) {
  if (typeof value === "string" && value.length >= 1 && [...value].length <= most) return value;
  throw new Malformed(`${where} must be a text of 1 to ${most} characters.`);
}

/** A name such as org:<uuid>. */
export function urn(value, where) {
  if (typeof value === "string" && URN.test(value)) return value;
  throw new Malformed(`${where} must be a name of the form kind:id.`);
}

/** A UUID in its usual lower-case form. */
export function identifier(value, where) {
  uuidBytes(value, where);
  return value;
}

/** True or false, nothing that merely counts as it. */
export function boolean(value, where) {
  if (typeof value === "boolean") return value;
  throw new Malformed(`${where} must be true or false.`);
}

/** So many bytes in lower-case hex. */
export function bytes(value, size, where) {
  return unhex(value, size, where);
}

function requireCommon(origin, at) {
  if (typeof origin !== "string" || origin.length < 1 || origin.length > MAX_ORIGIN) {
    throw new Malformed("A statement names the origin that it is meant for.", "wrong-origin");
  }
  if (!isTimestamp(at)) {
    throw new Malformed("A statement's time has the form YYYY-MM-DDTHH:MM:SS.ffffffZ.", "bad-json");
  }
}
