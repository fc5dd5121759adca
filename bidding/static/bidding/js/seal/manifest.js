/**
 * The manifest: which files an envelope holds, signed by the tenderer and sealed with them; the
 * twin of bidding/kit/manifest.py.
 *
 *   manifest length u32 | manifest (JCS) | signature length u32 | signature | files | zeros
 */

import { concat, equal, hex, u32, utf8 } from "./bytes.js";
import { MAX_BODY_SIZE } from "./body.js";
import { Malformed } from "./errors.js";
import * as fields from "./fields.js";
import { MAX_VERSION, SLOTS } from "./header.js";

export const PURPOSE = "sunlit.manifest/1";
export const MAX_MANIFEST = 1024 * 1024;
export const MAX_SIGNATURE = 256 * 1024;
export const MAX_FILES = 1000;
export const MAX_NAME_BYTES = 240;

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/;
// What Python's str.strip takes away, beyond the controls that are refused anyway.
const BLANK_AT_AN_END = /^[\s\u0085]|[\s\u0085]$/u;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * A file's name itself if it may stand in an envelope, else Malformed: NFC, at most 240 bytes of
 * UTF-8, no separator, no control or invisible character, no dot or blank at an end.
 */
export function checkName(name) {
  let problem = null;
  if (typeof name !== "string" || name === "" || utf8(name).length > MAX_NAME_BYTES) {
    problem = `must have 1 to ${MAX_NAME_BYTES} bytes`;
  } else if (/[/\\:*?"<>|]/.test(name)) {
    problem = 'must not contain / \\ : * ? " < > |';
  } else if (INVISIBLE.test(name)) {
    problem = "must not contain control or invisible characters";
  } else if (name.normalize("NFC") !== name) {
    problem = "must be in Unicode form NFC";
  } else if (BLANK_AT_AN_END.test(name) || name.endsWith(".") || name.startsWith(".")) {
    problem = "must not start with a dot, end with one, or have blanks at its ends";
  }
  if (problem !== null) {
    throw new Malformed(
      `The file name ${JSON.stringify(String(name).slice(0, 100))} ${problem}.`,
      "hostile-name",
    );
  }
  return name;
}

/** A file's entry {name, type, size, sha256 (32 bytes)} itself if it may stand in a manifest. */
export function checkEntry(entry) {
  checkName(entry.name);
  if (typeof entry.type !== "string" || !TYPE.test(entry.type)) {
    throw new Malformed(`The file ${entry.name} has no media type of the form kind/name.`);
  }
  if (!Number.isSafeInteger(entry.size) || entry.size < 1 || entry.size > MAX_BODY_SIZE) {
    throw new Malformed(
      `The file ${entry.name} has ${entry.size} bytes; a file has 1 byte to 4 GiB.`,
    );
  }
  if (entry.sha256.length !== 32) {
    throw new Malformed(`The digest of ${entry.name} is not a SHA-256.`);
  }
  return entry;
}

/** Files that may stand in one envelope together, in the order of their bytes. */
function checkFiles(files) {
  fields.listing(files, 1, MAX_FILES, "An envelope's list of files");
  const seen = new Set();
  for (const entry of files) {
    checkEntry(entry);
    if (seen.has(entry.name)) {
      throw new Malformed(`Two files are called ${entry.name}; rename one of them.`);
    }
    seen.add(entry.name);
  }
  if (contentSize(files) > MAX_BODY_SIZE) {
    throw new Malformed("The files of one envelope have more than 4 GiB together.");
  }
  return files;
}

/** The bytes of all files together. */
export const contentSize = (files) => files.reduce((sum, entry) => sum + entry.size, 0);

/** The manifest's canonical bytes for the envelope with this header, ready to be signed. */
export function buildManifest(header, { origin, at, files }) {
  checkFiles(files);
  return fields.buildStatement(PURPOSE, {
    origin,
    at,
    policy: hex(header.policy),
    bid: header.bid,
    version: header.version,
    slot: header.slot,
    files: files.map((entry) => ({
      name: entry.name,
      type: entry.type,
      size: entry.size,
      sha256: hex(entry.sha256),
    })),
  });
}

/** Read a manifest; Malformed for unknown fields, hostile names, bad values. */
export function parseManifest(data, { origin = null } = {}) {
  if (data.length > MAX_MANIFEST) {
    throw new Malformed(`A manifest has at most ${MAX_MANIFEST} bytes.`);
  }
  const value = fields.readStatement(data, {
    purpose: PURPOSE,
    origin,
    own: ["policy", "bid", "version", "slot", "files"],
  });
  const listed = fields.listing(value.files, 1, MAX_FILES, "The manifest's list of files");
  return {
    origin: value.origin,
    at: value.at,
    policy: fields.bytes(value.policy, 32, "The manifest's policy"),
    bid: fields.identifier(value.bid, "The manifest's bid"),
    version: fields.integer(value.version, 1, MAX_VERSION, "The manifest's version"),
    slot: fields.integer(value.slot, SLOTS[0], SLOTS.at(-1), "The manifest's slot"),
    files: checkFiles(listed.map((item, i) => readEntry(item, `File ${i + 1} of the manifest`))),
  };
}

/** Whether this is the manifest of that tender, bid, version and slot. */
export const belongsTo = (manifest, header) =>
  equal(manifest.policy, header.policy) &&
  manifest.bid === header.bid &&
  manifest.version === header.version &&
  manifest.slot === header.slot;

/** What stands before the files: both lengths, the manifest and its signature. */
export function preamble(manifest, signature) {
  if (!within(manifest, MAX_MANIFEST) || !within(signature, MAX_SIGNATURE)) {
    throw new Malformed(
      `A manifest has at most ${MAX_MANIFEST} bytes and its signature ${MAX_SIGNATURE}.`,
    );
  }
  return concat(u32(manifest.length), manifest, u32(signature.length), signature);
}

const within = (data, most) => data.length > 0 && data.length <= most;

function readEntry(value, where) {
  const item = fields.exactly(value, ["name", "type", "size", "sha256"], where);
  return {
    name: fields.text(item.name, MAX_NAME_BYTES, `${where}: its name`),
    type: fields.text(item.type, 129, `${where}: its type`),
    size: fields.integer(item.size, 1, MAX_BODY_SIZE, `${where}: its size`),
    sha256: fields.bytes(item.sha256, 32, `${where}: its digest`),
  };
}
