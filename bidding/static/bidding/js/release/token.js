/**
 * RFC 3161 timestamp tokens by authorities that a policy names by their certificate: the twin of
 * bidding/kit/tokens.py. No chain is built: everybody who approved the policy approved that very
 * certificate.
 */

import { verify as verifyBy } from "../../../signatures/js/cades.js";
import { Certificate, same } from "../../../signatures/js/certificate.js";
import {
  bytesOf, decode, isTagged, members, octetsOf, oidOf, setMembers, taggedMembers, timeOf,
} from "../../../signatures/js/der.js";
import { hex } from "../seal/bytes.js";
import { Malformed } from "../seal/errors.js";
import { timestamp } from "../seal/fields.js";

const MAX_TOKEN = 64 * 1024;
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const DIGESTS = new Map([
  ["2.16.840.1.101.3.4.2.1", "SHA-256"],
  ["2.16.840.1.101.3.4.2.2", "SHA-384"],
  ["2.16.840.1.101.3.4.2.3", "SHA-512"],
]);

/**
 * {time, authority} of a token (DER) over the message by one of the authorities [{certificate
 * (SHA-256 hex), operator}]. Malformed bad-timestamp whatever is wrong with it.
 */
export async function verifyToken(token, message, authorities) {
  try {
    return await check(token, message, authorities);
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw bad("cannot be read");
  }
}

async function check(token, message, authorities) {
  if (token.length === 0 || token.length > MAX_TOKEN) throw bad(`has ${token.length} bytes`);
  const [type, wrapped] = members(decode(token));
  if (oidOf(type) !== SIGNED_DATA) throw bad("is not signed data");
  const [, , enclosed, ...rest] = members(taggedMembers(wrapped, 0)[0]);
  const [innerType, inner] = members(enclosed);
  const infos = setMembers(rest.at(-1));
  if (oidOf(innerType) !== TST_INFO || infos.length !== 1) throw bad("does not hold one signed time");
  const content = octetsOf(taggedMembers(inner, 0)[0]);
  const held = rest.find((each) => isTagged(each, 0));
  const { certificate, authority } = await chosen(taggedMembers(held, 0).map(bytesOf), authorities);
  await checkSigner(members(infos[0]), certificate, content);
  const [, , imprint, , time] = members(decode(content));
  await checkImprint(imprint, message);
  const moment = timeOf(time);
  if (moment < certificate.notBefore || moment > certificate.notAfter) {
    throw bad("is dated outside its certificate's validity");
  }
  return { time: timestamp(moment), authority };
}

async function chosen(ders, authorities) {
  for (const der of ders) {
    const certificate = new Certificate(der);
    const name = hex(await certificate.digest());
    const authority = authorities.find((each) => each.certificate === name);
    if (authority === undefined) continue;
    if (usages(der).join() !== TIME_STAMPING) {
      throw bad("comes from a certificate that is not for timestamps alone");
    }
    return { certificate, authority };
  }
  throw bad("is not by an authority that the policy names");
}

/** The purposes that a certificate's extension names (RFC 5280, 4.2.1.12); none without one. */
function usages(der) {
  const [tbs] = members(decode(der));
  const held = members(tbs).find((part) => isTagged(part, 3));
  if (held === undefined) return [];
  const extension = members(taggedMembers(held, 3)[0])
    .map(members)
    .find(([name]) => oidOf(name) === EXTENDED_KEY_USAGE);
  return extension === undefined ? [] : members(decode(octetsOf(extension.at(-1)))).map(oidOf);
}

async function checkSigner(parts, certificate, content) {
  const [, , algorithm, signed] = parts;
  const hashName = DIGESTS.get(oidOf(members(algorithm)[0]));
  if (hashName === undefined) throw bad("uses a digest that is not accepted");
  const attributes = new Map();
  for (const node of taggedMembers(signed, 0)) {
    const [name, values] = members(node);
    if (attributes.has(oidOf(name))) throw bad("repeats a signed attribute");
    attributes.set(oidOf(name), setMembers(values)[0]);
  }
  const digest = attributes.get(MESSAGE_DIGEST);
  if (oidOf(attributes.get(CONTENT_TYPE)) !== TST_INFO || digest === undefined) {
    throw bad("is signed for something else");
  }
  if (!same(octetsOf(digest), await hash(hashName, content))) throw bad("has a false signature");
  if (!(await names(attributes, certificate))) {
    throw bad("does not name the certificate that signed it");
  }
  // RFC 5652, 5.4: what is signed is the SET OF, not the tagged form.
  const received = bytesOf(signed);
  received[0] = 0x31;
  const value = octetsOf(parts[5]);
  if (!(await verifyBy(certificate, certificate.keyKind(), hashName, value, received))) {
    throw bad("has a false signature");
  }
}

/** Whether the attributes name this certificate (RFC 3161, 2.4.1; RFC 5816). */
async function names(attributes, certificate) {
  const second = attributes.get(SIGNING_CERTIFICATE_V2);
  const first = attributes.get(SIGNING_CERTIFICATE);
  if (second === undefined && first === undefined) return false;
  const parts = members(members(members(second ?? first)[0])[0]);
  let name = second === undefined ? "SHA-1" : "SHA-256";
  if (second !== undefined && parts[0].idBlock.tagNumber === 16) {
    name = DIGESTS.get(oidOf(members(parts.shift())[0]));
  }
  return name !== undefined && same(octetsOf(parts[0]), await hash(name, certificate.der));
}

async function checkImprint(imprint, message) {
  const [algorithm, value] = members(imprint);
  const name = DIGESTS.get(oidOf(members(algorithm)[0]));
  if (name === undefined) throw bad("uses a digest that is not accepted");
  if (!same(octetsOf(value), await hash(name, message))) throw bad("is over something else");
}

const hash = async (name, data) => new Uint8Array(await crypto.subtle.digest(name, data));

const bad = (what) => new Malformed(`The timestamp ${what}.`, "bad-timestamp");
