/** What a page and a signature need of an X.509 certificate (RFC 5280). Says nothing of trust. */

import {
  bitsOf, bytesOf, decode, isTagged, members, numberBytes, oidOf, setMembers, textOf, timeOf,
} from "./der.js";
import { SigningError } from "./errors.js";

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";
const COMMON_NAME = "2.5.4.3";
const ORGANISATION = "2.5.4.10";
/** ETSI EN 319 412-1, 5.1.4: NTRCN- and the unified social credit code. */
const IDENTIFIER = "2.5.4.97";
const REGISTER = "NTRCN-";
const MINIMUM_RSA_BITS = 2048;

const CURVES = {
  "1.2.840.10045.3.1.7": { namedCurve: "P-256", size: 32, hash: "SHA-256" },
  "1.3.132.0.34": { namedCurve: "P-384", size: 48, hash: "SHA-384" },
  "1.3.132.0.35": { namedCurve: "P-521", size: 66, hash: "SHA-512" },
};
const SM2 = "1.2.156.10197.1.301";

/** One certificate: der, and the parts of it that signatures name. */
export class Certificate {
  constructor(der) {
    this.der = der;
    const [tbs] = members(decode(der));
    const parts = members(tbs);
    if (isTagged(parts[0], 0)) parts.shift();
    const [serial, , issuer, validity, subject, key] = parts;
    this.serial = bytesOf(serial);
    this.issuer = bytesOf(issuer);
    this.subject = bytesOf(subject);
    [this.notBefore, this.notAfter] = members(validity).map(timeOf);
    this.publicKey = bytesOf(key);
    this.name = part(subject, COMMON_NAME);
    this.issuerName = part(issuer, COMMON_NAME);
    /** Whose it is, empty where it is a person's alone. */
    this.organisation = part(subject, ORGANISATION);
    const identifier = part(subject, IDENTIFIER);
    this.organisationCode = identifier.startsWith(REGISTER) ? identifier.slice(REGISTER.length) : "";
    this.#algorithm = members(members(key)[0]);
    this.#bits = bitsOf(members(key)[1]);
  }

  #algorithm;
  #bits;

  /** SHA-256 of the DER. */
  async digest() {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", this.der));
  }

  get selfIssued() {
    return same(this.issuer, this.subject);
  }

  /**
   * How its key signs: {kind: "rsa"|"ec", hash, import, sign, size}. SigningError weak-algorithm,
   * saying what is accepted, for any other key.
   */
  keyKind() {
    const [algorithm, parameters] = this.#algorithm;
    const name = oidOf(algorithm);
    if (name === RSA) {
      const bits = modulusBits(this.#bits);
      if (bits < MINIMUM_RSA_BITS) {
        throw weak(`The certificate's RSA key has ${bits} bits; ${MINIMUM_RSA_BITS} are needed.`);
      }
      const how = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      return { kind: "rsa", hash: "SHA-256", import: how, sign: { name: how.name }, size: 0 };
    }
    const curve = name === EC ? oidOf(parameters) : null;
    if (curve === SM2) {
      throw weak("The certificate has an SM2 key, which this page cannot sign with. Use the kit.");
    }
    if (curve === null || !Object.hasOwn(CURVES, curve)) {
      throw weak("The certificate's key is of a kind that is not accepted; use RSA, P-256, P-384 or P-521.");
    }
    const { namedCurve, size, hash } = CURVES[curve];
    return {
      kind: "ec",
      hash,
      import: { name: "ECDSA", namedCurve },
      sign: { name: "ECDSA", hash },
      size,
    };
  }

  /** The public key, ready to verify with. */
  verifyingKey() {
    return crypto.subtle.importKey("spki", this.publicKey, this.keyKind().import, false, ["verify"]);
  }
}

/** Whether two byte strings are equal (public values only). */
export const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function part(name, wanted) {
  const parts = members(name).flatMap(setMembers);
  const found = parts.map(members).filter(([type]) => oidOf(type) === wanted);
  return found.length > 0 ? textOf(found[0][1]) : "";
}

function modulusBits(key) {
  const modulus = numberBytes(members(decode(key))[0]);
  const first = modulus.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : 8 * (modulus.length - first) - Math.clz32(modulus[first]) + 24;
}

const weak = (message) => new SigningError(message, "weak-algorithm");

