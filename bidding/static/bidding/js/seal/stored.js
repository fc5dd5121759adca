/** What a platform stored of a body, compared with what the tenderer committed to. */

import { PART_SIZE, partLength } from "./body.js";
import { equal, sha256 } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import { rootOf } from "./tree.js";

/** Bytes that are read at once where nothing but their hash is wanted. */
const STEP = 8 * PART_SIZE;
/** Parts whose hashes may be under way: bounds memory. */
const FRAMES = 16;

/** A body as a source that is read once, from front to back, and hashed on the way. */
export class Stored {
  #body;
  #commitment;
  #at = 0;
  #frame = null;
  #filled = 1;
  #leaves = [];

  constructor(body, commitment) {
    this.#body = body;
    this.#commitment = commitment;
    this.size = body.size;
  }

  async read(offset, size) {
    if (offset !== this.#at) throw new Malformed("A body is opened from front to back.");
    this.#at += size;
    const data = await this.#body.read(offset, size);
    await this.#hash(data);
    return data;
  }

  /**
   * The same bytes as a source that is read in any order; EnvelopeError body-not-committed, the
   * storage's fault, unless they are the committed body.
   */
  async proven() {
    const { size, root } = this.#commitment;
    if (this.size === size) {
      while (this.#at < size) await this.read(this.#at, Math.min(STEP, size - this.#at));
      if (this.#filled > 1) this.#end();
    }
    const leaves = await Promise.all(this.#leaves);
    if (this.size !== size || !equal(await rootOf(leaves), root)) throw notCommitted();
    return new Proven(this.#body, leaves);
  }

  async #hash(data) {
    for (let rest = data; rest.length > 0; ) {
      this.#frame ??= new Uint8Array(1 + PART_SIZE);
      const piece = rest.subarray(0, this.#frame.length - this.#filled);
      this.#frame.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#filled === this.#frame.length) this.#end();
    }
    // No more frames than a few are on their way at once.
    await this.#leaves.at(-FRAMES);
  }

  /** The part is whole; a digest copies what it is given, so one frame serves all. */
  #end() {
    this.#leaves.push(sha256(this.#frame.subarray(0, this.#filled)));
    this.#filled = 1;
  }
}

/**
 * A body whose parts have these leaf hashes, as a source: whoever stores it may have changed it since,
 * together with who sealed it.
 */
class Proven {
  #body;
  #leaves;

  constructor(body, leaves) {
    this.#body = body;
    this.#leaves = leaves;
    this.size = body.size;
  }

  async read(offset, size) {
    const data = new Uint8Array(size);
    const end = Math.ceil((offset + size) / PART_SIZE);
    for (let index = Math.floor(offset / PART_SIZE); index < end; index += 1) {
      const part = await this.#part(index);
      const at = index * PART_SIZE - offset;
      const from = at < 0 ? part.subarray(-at) : part;
      data.set(from.subarray(0, size - Math.max(0, at)), Math.max(0, at));
    }
    return data;
  }

  async #part(index) {
    const length = partLength(this.size, index);
    const framed = new Uint8Array(1 + length);
    const data = await this.#body.read(index * PART_SIZE, length);
    if (data.length !== length) throw notCommitted();
    framed.set(data, 1);
    if (!equal(await sha256(framed), this.#leaves[index])) throw notCommitted();
    return framed.subarray(1);
  }
}

const notCommitted = () =>
  new EnvelopeError(
    "The stored body is not the one that the tenderer committed to.",
    "body-not-committed",
    Fault.STORAGE,
  );
