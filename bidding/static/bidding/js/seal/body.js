/**
 * The body: C2SP chunked encryption (https://c2sp.org/chunked-encryption), AES-256-GCM, SHA-512;
 * the twin of bidding/kit/body.py.
 *
 *   salt 24 | commitment 32 | chunks of 16 KiB + 16-byte tag
 *
 * The last chunk is always shorter, so a plaintext that is a multiple of 16 KiB ends with an empty
 * chunk. A source is anything with a size and read(offset, size, room) -> Promise<Uint8Array> that
 * gives the same bytes each time, in room where it likes. The hash is a parameter because the
 * published vectors use SHA-256.
 */

import { concat, equal, sha256, utf8 } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";

export const KEY_SIZE = 32;
export const SALT_SIZE = 24;
export const PREFIX_SIZE = 56;
export const CHUNK_SIZE = 16_384;
export const TAG_SIZE = 16;
export const SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE;
export const PART_SIZE = 1_048_576;
/** 4 GiB an envelope. */
export const MAX_BODY_SIZE = 4 * 1024 ** 3;

const NONCE_SIZE = 12;
const COMMITMENT_SIZE = 32;
const LABEL = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");
/** Chunks that are read and encrypted at once, 8 MiB: reading less costs browsers about as much. */
const CHUNKS_A_BLOCK = 512;
/** Chunks that are decrypted at once: more do not stay in a processor's cache until they are used. */
const CHUNKS_AT_ONCE = 64;
/** Parts whose hashes may be under way while the next is encrypted: bounds memory. */
const HASHES_AT_ONCE = 3;

/** The body's bytes for a plaintext of so many bytes. */
export const bodySize = (size) =>
  PREFIX_SIZE + size + TAG_SIZE * (Math.floor(size / CHUNK_SIZE) + 1);

/** The plaintext's bytes in a body of so many bytes; null when no body has that size. */
export function plaintextSize(size) {
  const chunks = Math.floor((size - PREFIX_SIZE) / SEALED_CHUNK_SIZE);
  const last = size - PREFIX_SIZE - chunks * SEALED_CHUNK_SIZE;
  return chunks >= 0 && last >= TAG_SIZE ? chunks * CHUNK_SIZE + last - TAG_SIZE : null;
}

/** How many parts a body of so many bytes has; the last may be shorter. */
export const partCount = (size) => Math.ceil(size / PART_SIZE);

/** The bytes of one part (counted from 0) of a body of so many bytes. */
export const partLength = (size, index) => Math.min(PART_SIZE, size - index * PART_SIZE);

/**
 * A body's key as this browser may keep it: the 32 bytes go in, and nothing gets them out again.
 * It serves HKDF-Expand only, which is HMAC.
 */
export function bodyKey(raw, { hash = "SHA-512", extractable = false } = {}) {
  if (raw.length !== KEY_SIZE) throw new Malformed("A body's key has 32 bytes.", "bad-key");
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash }, extractable, ["sign"]);
}

/** One part of a body: its number, its offset, its bytes, and its RFC 9162 leaf hash. */
export class Part {
  #framed;

  /** framed is 0x00 ‖ the part's bytes, which is what a leaf hash is over. */
  constructor(index, framed) {
    this.index = index;
    this.offset = index * PART_SIZE;
    this.#framed = framed;
  }

  get data() {
    return this.#framed.subarray(1);
  }

  leaf() {
    return sha256(this.#framed);
  }
}

/** Encrypts one plaintext under one key, salt and context; always to the same bytes. */
export class BodyCipher {
  #aead;
  #nonce;
  /** Room for plaintext that is not in use: new memory costs more than what is done with it. */
  #rooms = [];

  /** Use BodyCipher.create: deriving keys takes promises. */
  constructor(aead, nonce, prefix) {
    this.#aead = aead;
    this.#nonce = nonce;
    this.prefix = prefix;
  }

  /** A cipher for a bodyKey, a salt (24 bytes) that never serves another plaintext, a context. */
  static async create(key, salt, context) {
    const { aead, nonce, commitment } = await derive(key, salt, context, "encrypt");
    return new BodyCipher(aead, nonce, concat(salt, commitment));
  }

  /** The body's parts from number first to before end. Memory stays within some 40 parts. */
  async *parts(source, { first = 0, end = partCount(bodySize(source.size)) } = {}) {
    yield* this.#parts(source, first, end, (length) => new Uint8Array(length));
  }

  /**
   * The leaf hashes of the parts from first to before end; take(index, leaf) is awaited for each, in
   * any order.
   */
  async leaves(source, { first, end }, take) {
    // A digest copies what it is given, so one frame serves all parts.
    const whole = new Uint8Array(1 + PART_SIZE);
    const hashing = [];
    for await (const part of this.#parts(source, first, end, (length) => whole.subarray(0, length))) {
      const { index } = part;
      const taken = part.leaf().then((leaf) => take(index, leaf));
      // Whoever stops early, or fails, must not leave a failure unheard.
      taken.catch(() => {});
      hashing.push(taken);
      if (hashing.length > HASHES_AT_ONCE) await hashing.shift();
    }
    await Promise.all(hashing);
  }

  /** The same, each part in a frame of room(length): 0x00, then its bytes. */
  async *#parts(source, first, end, room) {
    const total = bodySize(source.size);
    if (!(first >= 0 && first < end && end <= partCount(total))) {
      throw new Malformed(`The body has no part ${first}.`, "bad-part");
    }
    const start = first * PART_SIZE;
    const last = Math.min(
      Math.floor(source.size / CHUNK_SIZE),
      Math.floor((end * PART_SIZE - 1 - PREFIX_SIZE) / SEALED_CHUNK_SIZE),
    );
    let chunk = Math.floor(Math.max(0, start - PREFIX_SIZE) / SEALED_CHUNK_SIZE);
    let skip = first === 0 ? 0 : start - PREFIX_SIZE - chunk * SEALED_CHUNK_SIZE;
    let index = first;
    let framed = room(1 + partLength(total, index));
    let filled = 1;
    const pending = first === 0 ? [this.prefix] : [];
    while (chunk <= last) {
      pending.push(...(await this.#block(source, chunk, last)));
      chunk += CHUNKS_A_BLOCK;
      for (let piece of pending) {
        if (skip > 0) piece = piece.subarray(skip);
        skip = 0;
        while (piece.length > 0) {
          const free = framed.length - filled;
          framed.set(piece.length > free ? piece.subarray(0, free) : piece, filled);
          filled += Math.min(free, piece.length);
          piece = piece.subarray(free);
          if (filled < framed.length) continue;
          yield new Part(index, framed);
          index += 1;
          if (index === end) return;
          framed = room(1 + partLength(total, index));
          filled = 1;
        }
      }
      pending.length = 0;
    }
  }

  /** Up to 512 sealed chunks from a number on, in order. */
  async #block(source, chunk, last) {
    const offset = chunk * CHUNK_SIZE;
    const count = Math.min(CHUNKS_A_BLOCK, last + 1 - chunk);
    const size = Math.min(count * CHUNK_SIZE, source.size - offset);
    const room = this.#rooms.pop() ?? new Uint8Array(CHUNKS_A_BLOCK * CHUNK_SIZE);
    const plain = await source.read(offset, size, room);
    if (plain.length !== size) {
      throw new EnvelopeError(
        "The content became shorter while it was being sealed. Start again.",
        "content-changed",
        Fault.TENDERER,
      );
    }
    const sealed = Array.from({ length: count }, (_, i) =>
      crypto.subtle.encrypt(
        { name: "AES-GCM", iv: nonceOf(this.#nonce, chunk + i) },
        this.#aead,
        plain.subarray(i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE),
      ),
    );
    // What is being encrypted was copied when it was asked for.
    this.#rooms.push(room);
    return (await Promise.all(sealed)).map((data) => new Uint8Array(data));
  }
}

/** Decrypts one body, a source, under its key and context. */
export class BodyOpener {
  #aead;
  #nonce;
  #source;

  /** Use BodyOpener.create: deriving keys takes promises. */
  constructor(aead, nonce, source) {
    this.#aead = aead;
    this.#nonce = nonce;
    this.#source = source;
    this.size = plaintextSize(source.size);
  }

  /** EnvelopeError body-damaged for a wrong key or context, and where no body has that size. */
  static async create(key, context, source) {
    if (plaintextSize(source.size) === null) throw damaged();
    const prefix = await source.read(0, PREFIX_SIZE);
    const { aead, nonce, commitment } = await derive(key, prefix.subarray(0, SALT_SIZE), context, "decrypt");
    if (!equal(prefix.subarray(SALT_SIZE), commitment)) throw damaged();
    return new BodyOpener(aead, nonce, source);
  }

  /** The same body, from another source of its bytes. */
  over(source) {
    if (source.size !== this.#source.size) throw new Malformed("A body has one size.");
    return new BodyOpener(this.#aead, this.#nonce, source);
  }

  /**
   * The plaintext from front to back, in lists of up to 64 pieces of 16 KiB, each in a buffer of its
   * own. What it gives is unproven until the iteration has ended: EnvelopeError body-damaged for any
   * altered, missing or surplus byte.
   */
  async *pieces() {
    const chunks = Math.floor(this.size / CHUNK_SIZE) + 1;
    let block = null;
    let coming = this.#sealed(0, CHUNKS_A_BLOCK);
    let opening = null;
    // The next are read and decrypted while whoever iterates looks at these.
    for (let first = 0; first < chunks; first += CHUNKS_AT_ONCE) {
      const within = first % CHUNKS_A_BLOCK;
      if (within === 0) {
        block = await coming;
        const next = first + CHUNKS_A_BLOCK;
        coming = next < chunks ? unheard(this.#sealed(next, CHUNKS_A_BLOCK)) : null;
      }
      const opened = opening;
      const count = Math.min(CHUNKS_AT_ONCE, chunks - first);
      opening = unheard(this.#open(block.subarray(within * SEALED_CHUNK_SIZE), first, count));
      if (opened !== null) yield await opened;
    }
    yield await opening;
  }

  /** Some of the plaintext; EnvelopeError body-damaged where a chunk of it was altered. */
  async read(offset, size) {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.size)) {
      throw new Malformed("The body has no such bytes.");
    }
    const found = new Uint8Array(size);
    const end = Math.ceil((offset + size) / CHUNK_SIZE);
    for (let first = Math.floor(offset / CHUNK_SIZE); first < end; first += CHUNKS_AT_ONCE) {
      const count = Math.min(CHUNKS_AT_ONCE, end - first);
      const opened = await this.#open(await this.#sealed(first, count), first, count);
      opened.forEach((piece, i) => {
        const at = (first + i) * CHUNK_SIZE - offset;
        const from = at < 0 ? piece.subarray(-at) : piece;
        found.set(from.subarray(0, size - Math.max(0, at)), Math.max(0, at));
      });
    }
    return found;
  }

  /** Up to so many sealed chunks from a number on, one after another. */
  async #sealed(chunk, count) {
    const offset = PREFIX_SIZE + chunk * SEALED_CHUNK_SIZE;
    const size = Math.min(count * SEALED_CHUNK_SIZE, this.#source.size - offset);
    const data = await this.#source.read(offset, size);
    if (data.length !== size) throw damaged();
    return data;
  }

  /** So many chunks from the number first on, with which sealed begins. */
  async #open(sealed, first, count) {
    const opened = Array.from({ length: count }, (_, i) =>
      crypto.subtle.decrypt(
        { name: "AES-GCM", iv: nonceOf(this.#nonce, first + i) },
        this.#aead,
        sealed.subarray(i * SEALED_CHUNK_SIZE, (i + 1) * SEALED_CHUNK_SIZE),
      ),
    );
    try {
      return (await Promise.all(opened)).map((data) => new Uint8Array(data));
    } catch {
      throw damaged();
    }
  }
}

/** A promise that is waited for later, if nothing fails before. */
function unheard(promise) {
  promise.catch(() => {});
  return promise;
}

/** Key, base nonce and commitment for a salt and a context (HKDF-Expand, RFC 5869, 2.3). */
async function derive(key, salt, context, usage) {
  if (salt.length !== SALT_SIZE) throw new Malformed("A body's salt has 24 bytes.", "bad-key");
  const info = concat(LABEL, salt, context);
  let derived = new Uint8Array();
  let block = new Uint8Array();
  for (let i = 1; derived.length < KEY_SIZE + NONCE_SIZE + COMMITMENT_SIZE; i += 1) {
    const input = concat(block, info, Uint8Array.of(i));
    block = new Uint8Array(await crypto.subtle.sign("HMAC", key, input));
    derived = concat(derived, block);
  }
  const raw = derived.slice(0, KEY_SIZE);
  const aead = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, [usage]);
  return {
    aead,
    nonce: derived.slice(KEY_SIZE, KEY_SIZE + NONCE_SIZE),
    commitment: derived.slice(KEY_SIZE + NONCE_SIZE, KEY_SIZE + NONCE_SIZE + COMMITMENT_SIZE),
  };
}

/** The base nonce XOR the chunk's number, which fits 32 bits: 4 GiB have 2^18 chunks. */
function nonceOf(base, chunk) {
  const nonce = base.slice();
  const view = new DataView(nonce.buffer);
  view.setUint32(NONCE_SIZE - 4, view.getUint32(NONCE_SIZE - 4) ^ chunk);
  return nonce;
}

const damaged = () =>
  new EnvelopeError(
    "The envelope's body does not decrypt: key, envelope or bytes do not belong together, or some" +
      " are missing.",
    "body-damaged",
  );
