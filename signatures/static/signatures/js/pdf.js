/**
 * Signing a prepared PDF on the device: the twin of signatures/domain/device.py.
 *
 * Nothing here parses PDF beyond its last /ByteRange: the range must cover the whole file but the
 * room, and the room must be empty, so what is signed is exactly the file that was given.
 */

import { signDigest } from "./cades.js";
import { SigningError } from "./errors.js";

const BYTE_RANGE = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g;

/**
 * Where the signature goes, {start, end}: the hexadecimal string from its "<" to past its ">".
 * SigningError no-room when there is none, when it is not empty, or when the byte range leaves out
 * anything else.
 */
export function findRoom(data) {
  // One character a byte, so that places in the text are places in the file.
  const text = new TextDecoder("latin1").decode(data);
  const found = [...text.matchAll(BYTE_RANGE)].at(-1);
  if (found === undefined) throw noRoom("has no place prepared for a signature");
  const [first, start, end, rest] = found.slice(1).map(Number);
  if (first !== 0 || !(start > 0 && start + 3 < end) || end + rest !== data.length) {
    throw noRoom("leaves out other bytes than the signature's place");
  }
  if (!/^<0*>$/.test(text.slice(start, end))) throw noRoom("holds something in the signature's place");
  return { start, end };
}

/** The signature (CMS, DER; PAdES B-B) over a prepared document, to be handed back. */
export async function signPdf(data, signer) {
  const { start, end } = findRoom(data);
  const covered = new Uint8Array(data.length - (end - start));
  covered.set(data.subarray(0, start));
  covered.set(data.subarray(end), start);
  const digest = new Uint8Array(await crypto.subtle.digest(signer.hash, covered));
  return signDigest(digest, signer, null);
}

const noRoom = (what) => new SigningError(`The document ${what}.`, "no-room");
