/**
 * Opening a PKCS#12 file (RFC 7292) on the device: the keys and certificates in it.
 *
 * Modern files (PBES2 with AES) are decrypted by WebCrypto; the ciphers of older ones (3DES, RC2),
 * which browsers lack, and the old key derivation of the file's check by node-forge. Neither file,
 * password nor key leaves the page.
 */

import { asn1 as forgeAsn1, hmac, md, pki, util } from "../../vendor/forge_pbe.js";
import {
  bytesOf, decode, encode, integerOf, members, octetsOf, oidOf, taggedMembers, taggedOctets,
} from "./der.js";
import { SigningError } from "./errors.js";

export const MAXIMUM_SIZE = 1 << 20;

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const BAG = "1.2.840.113549.1.12.10.1";
const KEY_BAG = `${BAG}.1`;
const SHROUDED_KEY_BAG = `${BAG}.2`;
const CERTIFICATE_BAG = `${BAG}.3`;
const NESTED_BAG = `${BAG}.6`;
const X509 = "1.2.840.113549.1.9.22.1";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const OLD_PBE = "1.2.840.113549.1.12.1.";
const PRFS = {
  "1.2.840.113549.2.7": "SHA-1",
  "1.2.840.113549.2.9": "SHA-256",
  "1.2.840.113549.2.10": "SHA-384",
  "1.2.840.113549.2.11": "SHA-512",
};
const AES_CBC = {
  "2.16.840.1.101.3.4.1.2": 128,
  "2.16.840.1.101.3.4.1.22": 192,
  "2.16.840.1.101.3.4.1.42": 256,
};
const MAC_DIGESTS = {
  "1.3.14.3.2.26": ["sha1", 20],
  "2.16.840.1.101.3.4.2.1": ["sha256", 32],
  "2.16.840.1.101.3.4.2.2": ["sha384", 48],
  "2.16.840.1.101.3.4.2.3": ["sha512", 64],
};
const MAC_KEY = 3;
/** A file from elsewhere must not keep the page busy for minutes. */
const MAXIMUM_ROUNDS = 10_000_000;
const MAXIMUM_OLD_ROUNDS = 500_000;

/**
 * The private keys (PKCS#8, DER) and certificates (DER) in a file's bytes.
 *
 * Raises SigningError: wrong-password, not-pkcs12 (another kind of file, or a damaged one),
 * unsupported-file (encrypted in a way that is not known here).
 */
export async function openPkcs12(data, password) {
  if (data.length === 0 || data.length > MAXIMUM_SIZE) throw otherFile();
  let safes;
  try {
    const [version, content, mac] = members(decode(data));
    if (integerOf(version) !== 3) throw otherFile();
    const authenticated = octetsOf(contentOf(content, DATA));
    if (mac !== undefined) checkMac(mac, authenticated, password);
    safes = members(decode(authenticated));
  } catch (error) {
    throw readable(error);
  }
  const found = { keys: [], certificates: [] };
  for (const safe of safes) {
    try {
      await readBags(await plainSafe(safe, password), password, found);
    } catch (error) {
      throw readable(error);
    }
  }
  return found;
}

/** The value inside a ContentInfo of the expected type. */
function contentOf(node, type) {
  const [found, value] = members(node);
  if (oidOf(found) !== type) throw otherFile();
  return taggedMembers(value, 0)[0];
}

/** The SafeContents of one safe, decrypted if need be. */
async function plainSafe(safe, password) {
  const type = oidOf(members(safe)[0]);
  if (type === DATA) return octetsOf(contentOf(safe, DATA));
  if (type !== ENCRYPTED_DATA) {
    throw unsupported("A part of the file is encrypted for a certificate, not with a password");
  }
  const [, info] = members(contentOf(safe, ENCRYPTED_DATA));
  const [, algorithm, encrypted] = members(info);
  return decrypt(algorithm, taggedOctets(encrypted, 0), password);
}

async function readBags(safe, password, found) {
  for (const bag of members(decode(safe))) {
    const [type, wrapped] = members(bag);
    const [value] = taggedMembers(wrapped, 0);
    switch (oidOf(type)) {
      case KEY_BAG:
        found.keys.push(bytesOf(value));
        break;
      case SHROUDED_KEY_BAG: {
        const [algorithm, encrypted] = members(value);
        found.keys.push(await decrypt(algorithm, octetsOf(encrypted), password));
        break;
      }
      case CERTIFICATE_BAG: {
        const [kind, content] = members(value);
        if (oidOf(kind) === X509) found.certificates.push(octetsOf(taggedMembers(content, 0)[0]));
        break;
      }
      case NESTED_BAG:
        await readBags(encode(value), password, found);
        break;
      default: // revocation lists and secrets are not for signing
    }
  }
}

/** What was encrypted under the password; wrong-password when it does not decrypt to ASN.1. */
async function decrypt(algorithm, encrypted, password) {
  const [name, parameters] = members(algorithm);
  const scheme = oidOf(name);
  let plain;
  if (scheme === PBES2) plain = await decryptPbes2(parameters, encrypted, password);
  else if (scheme.startsWith(OLD_PBE)) plain = decryptOld(scheme, parameters, encrypted, password);
  else throw unsupported(`It is encrypted with ${scheme}`);
  try {
    decode(plain);
  } catch {
    throw wrongPassword();
  }
  return plain;
}

/** PBES2 with PBKDF2 (RFC 8018, 6.2): here the password is UTF-8. */
async function decryptPbes2(parameters, encrypted, password) {
  const [derivation, cipher] = members(parameters).map(members);
  if (oidOf(derivation[0]) !== PBKDF2) throw unsupported("Its key is derived in an unknown way");
  const [salt, rounds, ...rest] = members(derivation[1]);
  const iterations = integerOf(rounds);
  if (iterations < 1 || iterations > MAXIMUM_ROUNDS) throw tooSlow();
  const last = rest.at(-1);
  const prf = last?.idBlock.tagNumber === 16 ? oidOf(members(last)[0]) : null;
  const hash = prf === null ? "SHA-1" : PRFS[prf];
  const length = AES_CBC[oidOf(cipher[0])];
  if (hash === undefined) throw unsupported("Its key is derived with an unknown hash");
  if (length === undefined) {
    if (iterations > MAXIMUM_OLD_ROUNDS) throw tooSlow();
    const text = util.encodeUtf8(password);
    return runForge(pki.pbe.getCipherForPBES2(PBES2, forgeNode(parameters), text), encrypted);
  }
  const secret = new TextEncoder().encode(password);
  const base = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash, salt: octetsOf(salt), iterations },
    base,
    { name: "AES-CBC", length },
    false,
    ["decrypt"],
  );
  try {
    const iv = octetsOf(cipher[1]);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, encrypted));
  } catch {
    throw wrongPassword();
  }
}

/** The ciphers of RFC 7292, appendix C: 3DES and RC2 under the old key derivation. */
function decryptOld(scheme, parameters, encrypted, password) {
  if (integerOf(members(parameters)[1]) > MAXIMUM_OLD_ROUNDS) throw tooSlow();
  let cipher;
  try {
    cipher = pki.pbe.getCipherForPKCS12PBE(scheme, forgeNode(parameters), password);
  } catch {
    throw unsupported("It is encrypted with an old cipher that is not known");
  }
  return runForge(cipher, encrypted);
}

function runForge(cipher, encrypted) {
  cipher.update(util.createBuffer(binary(encrypted)));
  if (!cipher.finish()) throw wrongPassword();
  return unbinary(cipher.output.getBytes());
}

/** RFC 7292, 4: the file's own check, keyed by the password as UTF-16. */
function checkMac(node, content, password) {
  const [digestInfo, salt, rounds] = members(node);
  const [algorithm, expected] = members(digestInfo);
  const known = MAC_DIGESTS[oidOf(members(algorithm)[0])];
  if (known === undefined) throw unsupported("Its check uses an unknown hash");
  const iterations = rounds === undefined ? 1 : integerOf(rounds);
  if (iterations < 1 || iterations > MAXIMUM_OLD_ROUNDS) throw tooSlow();
  const [name, size] = known;
  const bytes = util.createBuffer(binary(octetsOf(salt)));
  const make = () => md[name].create();
  const key = pki.pbe.generatePkcs12Key(password, bytes, MAC_KEY, iterations, size, make());
  const code = hmac.create();
  code.start(make(), key);
  code.update(binary(content));
  const wanted = octetsOf(expected);
  const actual = unbinary(code.digest().getBytes());
  if (actual.length !== wanted.length || !actual.every((byte, i) => byte === wanted[i])) {
    throw wrongPassword();
  }
}

const forgeNode = (node) => forgeAsn1.fromDer(binary(bytesOf(node)));

const binary = (data) => Array.from(data, (byte) => String.fromCharCode(byte)).join("");
const unbinary = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Parsers below raise several kinds of errors at hostile bytes: to people they are one. */
function readable(error) {
  return error instanceof SigningError && error.code !== "bad-asn1" ? error : otherFile();
}

const wrongPassword = () =>
  new SigningError(
    "The password does not open this file. Check capital letters and the input method.",
    "wrong-password",
  );

const otherFile = () =>
  new SigningError(
    "This is no key file (PKCS#12, usually .p12 or .pfx), or it is damaged.",
    "not-pkcs12",
  );

const unsupported = (why) =>
  new SigningError(`The key file cannot be opened here: ${why}. Export it anew with AES.`, "unsupported-file");

const tooSlow = () => unsupported("opening it would take too long");
