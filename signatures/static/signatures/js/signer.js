/** A private key on this device with its certificate: the page's twin of signatures.domain.keys. */

import { Certificate, same } from "./certificate.js";
import { sequence } from "./der.js";
import { SigningError } from "./errors.js";
import { openPkcs12 } from "./pkcs12.js";

const PROBE = new TextEncoder().encode("sunlit: does this key belong to this certificate?");

/** A key that can sign, and the certificate that says whose it is. */
export class Signer {
  #key;
  #kind;

  /** Use Signer.open or Signer.of, which make sure that key and certificate belong together. */
  constructor(key, certificate, chain) {
    this.#key = key;
    this.#kind = certificate.keyKind();
    this.certificate = certificate;
    /** Certificates of issuers, to be put beside signatures; roots are left out. */
    this.chain = chain;
  }

  /** WebCrypto's name of the digest that belongs with the key. */
  get hash() {
    return this.#kind.hash;
  }

  get kind() {
    return this.#kind.kind;
  }

  /** The signer in a PKCS#12 file. The key is imported so that nothing can read it out again. */
  static async open(data, password) {
    const { keys, certificates } = await openPkcs12(data, password);
    if (keys.length === 0) throw new SigningError("The file holds no private key.", "no-key");
    const known = certificates.map((der) => new Certificate(der));
    if (known.length === 0) throw new SigningError("The file holds no certificate.", "no-certificate");
    let refusal = null;
    try {
      for (const der of keys) {
        for (const certificate of known) {
          const key = await importKey(der, certificate).catch((error) => {
            if (error instanceof SigningError) refusal ??= error;
            return null; // a key of another kind than the certificate's
          });
          if (key !== null && (await belongs(key, certificate))) {
            return new Signer(key, certificate, issuers(certificate, known));
          }
        }
      }
    } finally {
      keys.forEach((der) => der.fill(0));
    }
    throw (
      refusal ??
      new SigningError("The file's key and certificate do not belong together.", "key-mismatch")
    );
  }

  /** A signer over a WebCrypto private key that is there already. */
  static async of(key, certificate, chain = []) {
    if (!(await belongs(key, certificate))) {
      throw new SigningError("The private key is not the certificate's.", "key-mismatch");
    }
    return new Signer(key, certificate, chain);
  }

  /** Sign bytes with this key and its digest: DER for ECDSA, PKCS#1 v1.5 for RSA. */
  async sign(data) {
    const value = new Uint8Array(await crypto.subtle.sign(this.#kind.sign, this.#key, data));
    return this.kind === "ec" ? toDer(value, this.#kind.size) : value;
  }
}

const importKey = async (der, certificate) =>
  crypto.subtle.importKey("pkcs8", der, certificate.keyKind().import, false, ["sign"]);

async function belongs(key, certificate) {
  const how = certificate.keyKind().sign;
  const signature = await crypto.subtle.sign(how, key, PROBE);
  return crypto.subtle.verify(how, await certificate.verifyingKey(), signature, PROBE);
}

/** The certificates that lead up from one, nearest first, without the root. */
function issuers(certificate, known) {
  const chain = [];
  let current = certificate;
  while (chain.length < known.length) {
    const below = current;
    const next = known.find(
      (each) => same(each.subject, below.issuer) && !each.selfIssued && !chain.includes(each),
    );
    if (next === undefined || next === certificate) break;
    chain.push(next);
    current = next;
  }
  return chain;
}

/** WebCrypto gives r ‖ s; CMS wants SEQUENCE { r, s } (RFC 5753, 7.2). */
export function toDer(signature, size) {
  const number = (data) => {
    const first = data.findIndex((byte) => byte !== 0);
    const body = first < 0 ? Uint8Array.of(0) : data.subarray(first);
    const sign = body[0] & 0x80 ? [0] : [];
    return Uint8Array.of(2, body.length + sign.length, ...sign, ...body);
  };
  return sequence(number(signature.subarray(0, size)), number(signature.subarray(size)));
}

/** SEQUENCE { r, s } back to r ‖ s; null when the numbers do not fit. */
export function fromDer(numbers, size) {
  const out = new Uint8Array(2 * size);
  for (const [i, value] of numbers.entries()) {
    const first = value.findIndex((byte) => byte !== 0);
    const body = first < 0 ? value.subarray(value.length) : value.subarray(first);
    if (i > 1 || body.length > size) return null;
    out.set(body, (i + 1) * size - body.length);
  }
  return numbers.length === 2 ? out : null;
}

