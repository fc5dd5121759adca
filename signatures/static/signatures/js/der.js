/**
 * ASN.1 in few words, over asn1js. What is built are DER bytes all along, so that certificates and
 * names go into a signature exactly as they were read; what is read may be BER.
 */

import * as asn1 from "../../vendor/asn1.js";
import { SigningError } from "./errors.js";

export const CONTEXT = 3;

const SEQUENCE = 0x30;
const SET = 0x31;
const CONSTRUCTED_CONTEXT = 0xa0;

const primitive = (value) => new Uint8Array(value.toBER(false));

export const oid = (value) => primitive(new asn1.ObjectIdentifier({ value }));
export const nothing = () => primitive(new asn1.Null());
export const integer = (value) => primitive(new asn1.Integer({ value }));
export const octets = (data) => primitive(new asn1.OctetString({ valueHex: buffer(data) }));
export const utcTime = (valueDate) => primitive(new asn1.UTCTime({ valueDate }));
export const generalizedTime = (valueDate) => primitive(new asn1.GeneralizedTime({ valueDate }));

export const sequence = (...values) => wrapped(SEQUENCE, values);

/** A SET OF in DER: its members in the order of their encodings (X.690, 11.6). */
export const setOf = (...values) => wrapped(SET, values.sort(compare));

/** [number] around one or more values, constructed. */
export const tagged = (number, ...values) => wrapped(CONSTRUCTED_CONTEXT | number, values);

/** Members, as DER has them in a set, behind a context tag. */
export const taggedSet = (number, ...values) => tagged(number, ...values.sort(compare));

/** The value again, in DER. */
export const encode = (node) => primitive(node);

/** The one value that fills these bytes; SigningError bad-asn1 for anything else. */
export function decode(data) {
  const { offset, result } = asn1.fromBER(buffer(data));
  if (offset !== data.length) throw unreadable();
  return result;
}

/** The bytes of a value exactly as they were read. */
export const bytesOf = (node) => node.valueBeforeDecodeView.slice();

/** The members of a SEQUENCE. */
export const members = (node) => inside(node, 1, 16);

/** The members of a SET. */
export const setMembers = (node) => inside(node, 1, 17);

/** The values behind context tag [number], constructed. */
export const taggedMembers = (node, number) => inside(node, CONTEXT, number);

function inside(node, tagClass, tagNumber) {
  const value = node?.valueBlock?.value;
  const id = node?.idBlock;
  if (!Array.isArray(value) || id.tagClass !== tagClass || id.tagNumber !== tagNumber) {
    throw unreadable();
  }
  return value;
}

/** The text of an object identifier. */
export function oidOf(node) {
  if (!(node instanceof asn1.ObjectIdentifier)) throw unreadable();
  return node.getValue();
}

/** The content of an octet string, joined where BER cut it into pieces. */
export function octetsOf(node) {
  const { tagClass, tagNumber } = node?.idBlock ?? {};
  if (tagClass !== 1 || tagNumber !== 4) throw unreadable();
  return pieces(node);
}

/** The same behind an implicit context tag [number]. */
export function taggedOctets(node, number) {
  if (!isTagged(node, number)) throw unreadable();
  return pieces(node);
}

function pieces(node) {
  if (node.idBlock.isConstructed) return join(node.valueBlock.value.map(octetsOf));
  return node.valueBlock.valueHexView.slice();
}

/** The content bytes of an INTEGER. */
export function numberBytes(node) {
  if (!(node instanceof asn1.Integer)) throw unreadable();
  return node.valueBlock.valueHexView.slice();
}

/** A small non-negative integer. */
export function integerOf(node) {
  if (!(node instanceof asn1.Integer)) throw unreadable();
  const value = Number(BigInt(node.toBigInt()));
  if (!Number.isSafeInteger(value) || value < 0) throw unreadable();
  return value;
}

/** Whether a value stands behind context tag [number]. */
export const isTagged = (node, number) =>
  node?.idBlock?.tagClass === CONTEXT && node.idBlock.tagNumber === number;

/** The bytes of a bit string without unused bits. */
export function bitsOf(node) {
  if (!(node instanceof asn1.BitString) || node.valueBlock.unusedBits !== 0) throw unreadable();
  return node.valueBlock.valueHexView.slice();
}

/** The moment of a UTCTime or GeneralizedTime. */
export function timeOf(node) {
  if (!(node instanceof asn1.UTCTime)) throw unreadable();
  return node.toDate();
}

/** The text of a directory string. */
export const textOf = (node) => String(node.valueBlock.value);

export const unreadable = () =>
  new SigningError("The bytes are not the ASN.1 structure that is needed.", "bad-asn1");

function wrapped(tag, values) {
  const content = join(values);
  const { length } = content;
  const size = length < 0x80 ? [length] : longLength(length);
  return join([Uint8Array.of(tag, ...size), content]);
}

/** X.690, 8.1.3.5: how many bytes the length has, then these bytes. */
function longLength(length) {
  const digits = length.toString(16);
  const bytes = digits.padStart(digits.length + (digits.length % 2), "0").match(/../g);
  return [0x80 | bytes.length, ...bytes.map((byte) => Number.parseInt(byte, 16))];
}

function compare(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function join(pieces) {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

const buffer = (data) => data.slice().buffer;
