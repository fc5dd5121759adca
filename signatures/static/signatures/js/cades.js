/**
 * Detached CAdES signatures (ETSI EN 319 122-1, baseline B-B) over signed statements and documents,
 * made and checked on the device: the twin of signatures/domain/cades.py.
 *
 * The signed attributes are built here from a digest computed here: content type, message digest,
 * signing certificate (ESS, RFC 5035), algorithm protection (RFC 6211) and, as signing time, the
 * statement's own. Nothing that a server made up is ever signed.
 */

import { Certificate, same } from "./certificate.js";
import {
  bytesOf, decode, encode, generalizedTime, integer, integerOf, members, nothing, numberBytes,
  octets, octetsOf, oid, oidOf, sequence, setMembers, setOf, tagged, taggedMembers, taggedSet,
  timeOf, utcTime,
} from "./der.js";
import { SigningError } from "./errors.js";
import { fromDer, toDer } from "./signer.js";

const DATA = "1.2.840.113549.1.7.1";
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52";
const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const MAXIMUM_SIGNATURE = 256 * 1024;

const DIGESTS = {
  "SHA-256": { digest: "2.16.840.1.101.3.4.2.1", rsa: "1.2.840.113549.1.1.11", ec: "1.2.840.10045.4.3.2" },
  "SHA-384": { digest: "2.16.840.1.101.3.4.2.2", rsa: "1.2.840.113549.1.1.12", ec: "1.2.840.10045.4.3.3" },
  "SHA-512": { digest: "2.16.840.1.101.3.4.2.3", rsa: "1.2.840.113549.1.1.13", ec: "1.2.840.10045.4.3.4" },
};
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/**
 * A detached signature, DER, over the exact bytes of a statement, whose "at" becomes the signing
 * time. SigningError when the bytes are no statement.
 */
export async function signStatement(data, signer) {
  const at = statementTime(data);
  return signDigest(await hash(signer.hash, data), signer, at);
}

/**
 * A detached signature, DER, over content whose digest by signer.hash is given. `at` is null inside
 * a PDF, where the signature dictionary carries the time (EN 319 142-1, 5.2).
 */
export async function signDigest(digest, signer, at) {
  const names = DIGESTS[signer.hash];
  const digestAlgorithm = () => sequence(oid(names.digest));
  const parameters = signer.kind === "rsa" ? [nothing()] : [];
  const own = signer.certificate;
  const attributes = [
    attribute(CONTENT_TYPE, oid(DATA)),
    attribute(MESSAGE_DIGEST, octets(digest)),
    attribute(SIGNING_CERTIFICATE_V2, await namedCertificate(own)),
    attribute(
      ALGORITHM_PROTECTION,
      sequence(digestAlgorithm(), tagged(1, oid(names[signer.kind]), ...parameters)),
    ),
    ...(at === null ? [] : [attribute(SIGNING_TIME, time(at))]),
  ];
  const certificates = [own, ...signer.chain].map((each) => each.der);
  const info = sequence(
    integer(1),
    sequence(own.issuer, own.serial),
    digestAlgorithm(),
    taggedSet(0, ...attributes),
    sequence(oid(names[signer.kind]), ...parameters),
    octets(await signer.sign(setOf(...attributes))),
  );
  const signedData = sequence(
    integer(1),
    setOf(digestAlgorithm()),
    sequence(oid(DATA)),
    taggedSet(0, ...certificates),
    setOf(info),
  );
  return sequence(oid(SIGNED_DATA), tagged(0, signedData));
}

/**
 * The certificate by whose key a signature signs exactly these bytes: signature and signed
 * attributes, among them a signing time that is the statement's own to the second. Says nothing
 * of trust. SigningError whatever is wrong.
 */
export async function checkSignature(data, signature) {
  if (signature.length === 0 || signature.length > MAXIMUM_SIGNATURE) throw bad("has no such size");
  try {
    return await check(data, signature);
  } catch (error) {
    if (error instanceof SigningError && error.code !== "bad-asn1") throw error;
    throw bad("cannot be read");
  }
}

async function check(data, signature) {
  const outer = decode(signature);
  // BER has many ways to write the same; DER has one.
  if (!same(encode(outer), signature)) throw bad("is not in DER");
  const [type, wrapped] = members(outer);
  if (oidOf(type) !== SIGNED_DATA) throw bad("is not CMS signed data");
  const parts = members(taggedMembers(wrapped, 0)[0]);
  const [version, digests, enclosed, held, signers] = parts;
  if (parts.length !== 5 || integerOf(version) !== 1) throw bad("has another form than CAdES");
  const content = members(enclosed);
  if (oidOf(content[0]) !== DATA || content.length !== 1) throw bad("is not detached, over data");
  const certificates = taggedMembers(held, 0).map(bytesOf);
  const infos = setMembers(signers).map(members);
  if (infos.length !== 1) throw bad("does not have exactly one signer");
  const [infoVersion, sid, digestAlgorithm, signed, signatureAlgorithm, value] = infos[0];
  if (infos[0].length !== 6 || integerOf(infoVersion) !== 1) {
    throw bad("has another form than CAdES");
  }
  const digestName = oidOf(members(digestAlgorithm)[0]);
  const hashName = Object.keys(DIGESTS).find((name) => DIGESTS[name].digest === digestName);
  if (hashName === undefined) throw bad("uses a digest that is not accepted");
  if (!setMembers(digests).some((each) => oidOf(members(each)[0]) === digestName)) {
    throw bad("does not announce its digest");
  }
  const [issuer, serial] = members(sid).map(bytesOf);
  const certificate = certificates
    .map((der) => new Certificate(der))
    .find((each) => same(each.issuer, issuer) && same(each.serial, serial));
  if (certificate === undefined) throw bad("does not hold its signer's certificate");
  const kind = certificate.keyKind();
  const mechanism = oidOf(members(signatureAlgorithm)[0]);
  const plain = kind.kind === "rsa" && mechanism === RSA_ENCRYPTION;
  if (mechanism !== DIGESTS[hashName][kind.kind] && !plain) throw bad("names another algorithm");
  await checkAttributes(signed, { data, hashName, certificate, digestAlgorithm, signatureAlgorithm });
  // RFC 5652, 5.4: what is signed is the DER of a SET OF, not the tagged form.
  const received = bytesOf(signed);
  received[0] = 0x31;
  const canonical = setOf(...taggedMembers(signed, 0).map(bytesOf));
  if (!same(canonical, received)) throw bad("has signed attributes that are not in DER");
  if (!(await verify(certificate, kind, hashName, octetsOf(value), received))) {
    throw bad("is not by the certificate's key");
  }
  return certificate;
}

async function checkAttributes(signed, { data, hashName, certificate, ...algorithms }) {
  const found = new Map();
  for (const node of taggedMembers(signed, 0)) {
    const [type, values] = members(node);
    const name = oidOf(type);
    const [value, ...more] = setMembers(values);
    if (found.has(name) || more.length > 0) throw bad("repeats a signed attribute");
    found.set(name, value);
  }
  for (const name of [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2, SIGNING_TIME]) {
    if (!found.has(name)) throw bad("lacks a signed attribute");
  }
  if (oidOf(found.get(CONTENT_TYPE)) !== DATA) throw bad("is over something other than data");
  if (!same(octetsOf(found.get(MESSAGE_DIGEST)), await hash(hashName, data))) {
    throw new SigningError("The signature is over other content.", "wrong-digest");
  }
  await checkNamed(found.get(SIGNING_CERTIFICATE_V2), certificate);
  const protection = found.get(ALGORITHM_PROTECTION);
  if (protection !== undefined) {
    const [digest, mechanism] = members(protection);
    const [name, parameters] = taggedMembers(mechanism, 1).map(bytesOf);
    const [usedName, usedParameters] = members(algorithms.signatureAlgorithm).map(bytesOf);
    if (
      !same(bytesOf(digest), bytesOf(algorithms.digestAlgorithm)) ||
      !same(name, usedName) ||
      !same(parameters ?? new Uint8Array(), usedParameters ?? new Uint8Array())
    ) {
      throw bad("protects other algorithms than it uses");
    }
  }
  const at = statementTime(data);
  if (timeOf(found.get(SIGNING_TIME)).getTime() !== at.getTime()) {
    throw new SigningError("The signing time is not the statement's own time.", "wrong-time");
  }
}

/** The first ESS certificate identifier must be the signer's (RFC 5035, section 4). */
async function checkNamed(node, certificate) {
  const parts = members(members(members(node)[0])[0]);
  let name = "SHA-256";
  if (parts[0].idBlock.tagNumber === 16) {
    const algorithm = oidOf(members(parts.shift())[0]);
    name = Object.keys(DIGESTS).find((each) => DIGESTS[each].digest === algorithm);
  }
  if (name === undefined || !same(octetsOf(parts[0]), await hash(name, certificate.der))) {
    throw new SigningError("The signature names another certificate.", "wrong-certificate");
  }
  if (parts[1] !== undefined && !same(bytesOf(members(parts[1])[1]), certificate.serial)) {
    throw new SigningError("The signature names another serial.", "wrong-certificate");
  }
}

/** Whether value signs the data by the certificate's key, with the digest of that name. */
export async function verify(certificate, kind, hashName, value, data) {
  const key = await crypto.subtle.importKey(
    "spki",
    certificate.publicKey,
    { ...kind.import, hash: hashName },
    false,
    ["verify"],
  );
  if (kind.kind === "rsa") return crypto.subtle.verify(kind.sign, key, value, data);
  const plain = fromDer(members(decode(value)).map(numberBytes), kind.size);
  if (plain === null || !same(toDer(plain, kind.size), value)) return false;
  const how = { name: "ECDSA", hash: hashName };
  return crypto.subtle.verify(how, key, plain, data);
}

/** SigningCertificateV2 with the default hash SHA-256, which DER leaves out. */
async function namedCertificate(certificate) {
  const issuer = sequence(tagged(4, certificate.issuer));
  const name = sequence(
    octets(await certificate.digest()),
    sequence(issuer, certificate.serial),
  );
  return sequence(sequence(name));
}

/** The statement's own time, to the second. */
function statementTime(data) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    value = null;
  }
  const at = value?.at;
  if (typeof value?.purpose !== "string" || typeof at !== "string" || !TIMESTAMP.test(at)) {
    throw new SigningError("Only statements are signed here: purpose, origin, at.", "no-statement");
  }
  return new Date(`${at.slice(0, 19)}Z`);
}

/** RFC 5652, 11.3: two-digit years from 1950 to 2049, else four digits. */
const time = (at) =>
  at.getUTCFullYear() >= 1950 && at.getUTCFullYear() <= 2049 ? utcTime(at) : generalizedTime(at);

const attribute = (type, value) => sequence(oid(type), setOf(value));

const hash = async (name, data) => new Uint8Array(await crypto.subtle.digest(name, data));

const bad = (what) => new SigningError(`The signature ${what}.`, "bad-signature");
