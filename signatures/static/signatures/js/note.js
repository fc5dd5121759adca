/**
 * Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature)
 * as somebody reads them who believes none: the twin of signatures/domain/checkpoint.py.
 */

import { sha256 } from "../../vendor/hashes.js";
import { SigningError } from "./errors.js";

/** Signature types of signed-note: a plain Ed25519 signature, a timestamped cosignature. */
export const ED25519 = 1;
export const COSIGNATURE = 4;

const MAX_NOTE = 1 << 20;
const MAX_SIGNATURES = 128;
const DASH = "\u2014";
const encoder = new TextEncoder();

/** A public key under a name; kind is ED25519 (a log) or COSIGNATURE (a witness). */
export class NoteVerifier {
  constructor(name, publicKey, kind) {
    requireName(name);
    if (kind !== ED25519 && kind !== COSIGNATURE) {
      throw wrong(`${name}: only Ed25519 keys (types 1 and 4) are read`);
    }
    Object.assign(this, { name, publicKey, kind });
    Object.freeze(this);
  }

  /** From name+<key ID in hex>+base64(type ‖ public key); the ID must be the key's own. */
  static parse(vkey) {
    const [name, id, ...rest] = typeof vkey === "string" ? vkey.split("+") : [];
    if (rest.length === 0) throw wrong("A verifier key has three parts joined by plus signs");
    const key = unbase64(rest.join("+"), "The verifier key");
    if (key.length !== 33) throw wrong("A verifier key holds one type byte and 32 bytes of key");
    const verifier = new NoteVerifier(name, key.slice(1), key[0]);
    if (verifier.id !== id) throw wrong(`${name}: the key ID is not the key's own`);
    return verifier;
  }

  /** The first 4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key), in hex. */
  get id() {
    const start = encoder.encode(`${this.name}\n`);
    return hex(sha256(Uint8Array.of(...start, this.kind, ...this.publicKey)).subarray(0, 4));
  }
}

/** {origin, size, root, text} that a signed note states. **Nothing of it is verified.** */
export const readCheckpoint = (note) => checkpointIn(takeApart(note).text);

/**
 * {checkpoint, names, cosignatures} of a note that at least one of the verifiers has signed:
 * names of those who did, and the newest time of each cosigner (POSIX seconds). Every name in
 * require must be among them. SigningError says what is missing; a known key's false signature
 * refuses the whole note.
 */
export async function openCheckpoint(note, verifiers, { origin = null, require = [] } = {}) {
  const { text, signatures } = takeApart(note);
  const names = new Set();
  const cosignatures = new Map();
  for (const each of signatures) {
    const verifier = verifiers.find(({ name, id }) => name === each.name && id === each.id);
    if (verifier === undefined) continue;
    const moment = await verified(verifier, text, each.signature);
    names.add(verifier.name);
    if (moment !== null) {
      cosignatures.set(verifier.name, Math.max(moment, cosignatures.get(verifier.name) ?? 0));
    }
  }
  if (names.size === 0) throw wrong("No known key has signed this note", "not-signed");
  const missing = require.filter((name) => !names.has(name));
  if (missing.length > 0) throw wrong(`It is not signed by ${missing.join(", ")}`, "not-signed");
  const checkpoint = checkpointIn(text);
  if (origin !== null && checkpoint.origin !== origin) {
    throw wrong(`It is of the log ${checkpoint.origin}, not of ${origin}`, "wrong-origin");
  }
  return { checkpoint, names, cosignatures };
}

async function verified(verifier, text, signature) {
  let moment = null;
  let message = text;
  let value = signature;
  if (verifier.kind === COSIGNATURE) {
    moment = signature.subarray(0, 8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    value = signature.subarray(8);
    message = `cosignature/v1\ntime ${moment}\n${text}`;
  }
  if (!(await isSigned(verifier.publicKey, value, encoder.encode(message)))) {
    throw wrong(`The signature of ${verifier.name} is false`, "bad-signature");
  }
  if (moment !== null && moment > 0x7fffffffffffffffn) {
    throw wrong(`The cosignature of ${verifier.name} has an impossible time`);
  }
  return moment === null ? null : Number(moment);
}

async function isSigned(publicKey, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name !== "NotSupportedError") return false;
    throw new SigningError("This browser cannot check Ed25519 signatures.", "old-browser");
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

function takeApart(note) {
  if (!isText(note) || encoder.encode(note).length > MAX_NOTE) {
    throw wrong("A note is text without control characters");
  }
  const end = note.lastIndexOf("\n\n");
  const tail = note.slice(end + 2);
  if (end < 0 || !tail.endsWith("\n")) {
    throw wrong("A note is text, an empty line, and signature lines");
  }
  const lines = tail.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw wrong("A note has too many signatures");
  return { text: note.slice(0, end + 1), signatures: lines.map(signatureLine) };
}

function signatureLine(line) {
  const parts = line.split(" ");
  if (parts.length !== 3 || parts[0] !== DASH) {
    throw wrong("A signature line is a long dash, a key name and base64");
  }
  requireName(parts[1]);
  const data = unbase64(parts[2], `The signature of ${parts[1]}`);
  if (data.length < 5) throw wrong(`The signature of ${parts[1]} is too short`);
  return { name: parts[1], id: hex(data.subarray(0, 4)), signature: data.slice(4) };
}

function checkpointIn(text) {
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n");
  if (root === undefined || [origin, ...extensions].some((line) => line === "")) {
    throw wrong("A checkpoint has at least three lines: origin, size, root");
  }
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw wrong("The second line of a checkpoint is the size in decimal");
  }
  const hash = unbase64(root, "The root");
  if (hash.length !== 32) throw wrong("The root is a hash of 32 bytes");
  return { origin, size: Number(size), root: hash, text };
}

const isText = (text) =>
  typeof text === "string" && !/[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u.test(text);

function requireName(name) {
  if (!isText(name) || name === "" || /[+\s\u0085]/u.test(name)) {
    throw wrong("A key name has no spaces and no plus signs");
  }
}

/** Only the one canonical spelling of the bytes is accepted. */
function unbase64(text, what) {
  let data;
  try {
    data = atob(text);
  } catch {
    data = "";
  }
  if (data === "" || btoa(data) !== text) throw wrong(`${what} is not base64`);
  return Uint8Array.from(data, (character) => character.charCodeAt(0));
}

const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

const wrong = (message, code = "bad-checkpoint") => new SigningError(`${message}.`, code);
