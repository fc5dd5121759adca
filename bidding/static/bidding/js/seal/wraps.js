/**
 * W: one HPKE-wrapped share a trustee, its commitment, and the commitment to the tenderer's own;
 * the twin of bidding/kit/wraps.py.
 *
 *   n × ( index u8 | commitment 32 | HPKE encapsulated key 32 | HPKE ciphertext 49 ) ‖ T 32
 *
 * HPKE is RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; everything
 * that a wrap is bound to stands in its info: magic " wrap" ‖ H ‖ index.
 */

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "../../../vendor/hpke.js";
import { concat, sha256, utf8 } from "./bytes.js";
import { EnvelopeError, Malformed } from "./errors.js";
import { HEADER_SIZE, Header } from "./header.js";
import { COMMITMENT_SIZE, Share, commitment, isCommitted } from "./shares.js";

export const WRAP_SIZE = 114;
const CIPHERTEXT_SIZE = 49;

/** A fresh suite: the library's objects hold state. */
export const hpke = () =>
  new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });

/** H ‖ W: what is registered with the signed statement, before any ciphertext goes up. */
export class Head {
  /** wraps: [{index, commitment, encapsulated, ciphertext}], tenderer: T. */
  constructor(header, wraps, tenderer) {
    if (wraps.length !== header.n || wraps.some((wrap, i) => wrap.index !== i + 1)) {
      throw malformed("There must be one wrap a trustee, numbered 1 to n.");
    }
    if (tenderer.length !== COMMITMENT_SIZE) throw malformed("A commitment has 32 bytes.");
    this.header = header;
    this.wraps = wraps;
    this.tenderer = tenderer;
    Object.freeze(this);
  }

  /** Commitments 1..n, then the tenderer's. */
  get commitments() {
    return [...this.wraps.map((wrap) => wrap.commitment), this.tenderer];
  }

  /** H ‖ W. */
  encode() {
    const wraps = this.wraps.map((wrap) =>
      concat(Uint8Array.of(wrap.index), wrap.commitment, wrap.encapsulated, wrap.ciphertext),
    );
    return concat(this.header.encode(), ...wraps, this.tenderer);
  }

  /** SHA-256(H ‖ W), which the tenderer's statement names and the body is bound to. */
  digest() {
    return sha256(this.encode());
  }

  /** The context of the body's encryption: magic " body" ‖ SHA-256(H ‖ W). */
  async bodyContext() {
    return concat(this.header.magic, utf8(" body"), await this.digest());
  }

  /** Read H ‖ W; Malformed when anything is missing, surplus or out of bounds. */
  static parse(data) {
    const header = Header.parse(data.subarray(0, HEADER_SIZE));
    const size = HEADER_SIZE + header.n * WRAP_SIZE + COMMITMENT_SIZE;
    if (data.length !== size) {
      throw malformed(`A head for ${header.n} trustees has ${size} bytes, not ${data.length}.`);
    }
    const wraps = Array.from({ length: header.n }, (_, i) => {
      const wrap = data.slice(HEADER_SIZE + i * WRAP_SIZE, HEADER_SIZE + (i + 1) * WRAP_SIZE);
      return {
        index: wrap[0],
        commitment: wrap.subarray(1, 33),
        encapsulated: wrap.subarray(33, 65),
        ciphertext: wrap.subarray(65),
      };
    });
    return new Head(header, wraps, data.slice(size - COMMITMENT_SIZE));
  }
}

/** An X25519 public key from its 32 bytes; Malformed otherwise or for a degenerate point. */
export async function publicKey(data) {
  if (data.length !== 32) throw new Malformed("An X25519 public key has 32 bytes.", "bad-key");
  const { kem } = hpke();
  const key = await kem.deserializePublicKey(data);
  try {
    await kem.encap({ recipientPublicKey: key });
  } catch {
    throw new Malformed("This X25519 public key is degenerate; make another.", "bad-key");
  }
  return key;
}

/**
 * The head of an envelope: share i wrapped for trustee i's slot key, in policy order, and the
 * commitment to the tenderer's own. Shares are the n+1 of split, keys the n trustees' (32 bytes).
 */
export async function wrapAll(header, shares, keys) {
  if (shares.length !== header.tendererIndex || keys.length !== header.n) {
    throw malformed("There must be n public keys and n+1 shares.");
  }
  const wraps = [];
  for (const [i, key] of keys.entries()) wraps.push(await wrap(header, shares[i], key));
  return new Head(header, wraps, await commitment(shares.at(-1)));
}

/** Encrypt a share to its trustee and commit to it. */
export async function wrap(header, share, key) {
  const recipientPublicKey = await publicKey(key);
  const info = wrapInfo(header, share.index);
  const { ct, enc } = await hpke().seal({ recipientPublicKey, info }, share.encode());
  if (enc.byteLength !== 32 || ct.byteLength !== CIPHERTEXT_SIZE) {
    throw malformed("HPKE gave a ciphertext of an unexpected length.");
  }
  return {
    index: share.index,
    commitment: await commitment(share),
    encapsulated: new Uint8Array(enc),
    ciphertext: new Uint8Array(ct),
  };
}

/** A trustee's share out of its wrap with its private key (32 bytes); wrap-bad otherwise. */
export async function unwrap(header, given, privateKey) {
  const suite = hpke();
  const bad = (why) =>
    new EnvelopeError(
      `The share wrapped for trustee ${given.index} ${why}. Complain before any opening sheet is` +
        " opened.",
      "wrap-bad",
    );
  let share;
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(privateKey);
    const info = wrapInfo(header, given.index);
    const opened = { recipientKey, enc: given.encapsulated, info };
    share = Share.parse(new Uint8Array(await suite.open(opened, given.ciphertext)));
  } catch {
    throw bad(`cannot be decrypted with its key for slot ${header.slot}`);
  }
  if (share.index !== given.index || !(await isCommitted(share, given.commitment))) {
    throw bad("is not the one committed to");
  }
  return share;
}

const wrapInfo = (header, index) =>
  concat(header.magic, utf8(" wrap"), header.encode(), Uint8Array.of(index));

const malformed = (message) => new Malformed(message, "bad-wraps");
