/** Small tools for bytes: joining, comparing, and the texts in which they travel. */

import { Malformed } from "./errors.js";

const encoder = new TextEncoder();
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The UTF-8 bytes of a text. */
export const utf8 = (text) => encoder.encode(text);

/** All pieces (Uint8Arrays) in one. */
export function concat(...pieces) {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Whether two byte strings are equal, in a time that depends on their length only. */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** Lower-case hexadecimal digits. */
export const hex = (data) =>
  Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytes from lower-case hex; exactly size of them unless it is null. */
export function unhex(text, size = null, where = "The value") {
  if (typeof text !== "string" || !/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new Malformed(`${where} must be lower-case hexadecimal digits.`);
  }
  if (size !== null && text.length !== 2 * size) {
    throw new Malformed(`${where} must be ${2 * size} lower-case hexadecimal digits.`);
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Standard base64 with padding, as the interface carries bytes. */
export function base64(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 0x8000) {
    text += String.fromCharCode(...data.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** Bytes from base64; Malformed for anything else. */
export function unbase64(text, where = "The value") {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new Malformed(`${where} is not base64.`);
  }
}

/** Four bytes, big-endian. */
export function u32(value) {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value);
  return data;
}

/** The number in four big-endian bytes at a place. */
export const readU32 = (data, at) =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at);

/** SHA-256 of bytes that are in memory. */
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/** The 16 bytes of a UUID in its usual lower-case form. */
export function uuidBytes(text, where = "The id") {
  if (typeof text !== "string" || !UUID.test(text)) {
    throw new Malformed(`${where} must be a UUID in lower case.`);
  }
  return unhex(text.replaceAll("-", ""));
}

/** A UUID's text from its 16 bytes. */
export function uuidText(data) {
  const digits = hex(data);
  return [0, 8, 12, 16, 20]
    .map((start, i, starts) => digits.slice(start, starts[i + 1]))
    .join("-");
}
