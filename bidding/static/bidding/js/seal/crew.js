/**
 * Hashing one body with several workers: the body is cut into stripes of whole parts, and whoever
 * is free takes the next one. Encrypting is bound by the thread that asks for it, chunk by chunk, so
 * a device with several cores is done sooner. What comes out is the same.
 */

import { BodyCipher, PART_SIZE, bodySize, partCount, partLength } from "./body.js";
import { EnvelopeError, Malformed } from "./errors.js";

/** Parts in a stripe: few, so that nobody waits long at the end, yet a long reading of the file. */
const [FEWEST, MOST] = [8, 64];
/** Stripes that each worker gets, about. */
const STRIPES = 4;
/** Workers beside this one, at the most: more would only wait for the file. */
const HANDS = 3;

const spare = () => Math.min(HANDS, Math.max(0, (globalThis.navigator?.hardwareConcurrency ?? 1) - 1));

export class Crew {
  #hands = [];

  /** For contents of up to so many bytes; workers load while files are still being hashed. */
  constructor(bytes = 0) {
    const count = typeof Worker === "undefined" || bytes <= FEWEST * PART_SIZE ? 0 : spare();
    this.#hands = Array.from({ length: count }, () => new Hand());
  }

  /**
   * The leaf hashes of a source's body, in order. progress(bytes) is awaited for each part; while it
   * does not return, no stripe is begun, and what it throws ends the work.
   */
  async leaves(secret, context, source, progress) {
    const size = bodySize(source.size);
    const count = partCount(size);
    const leaves = new Array(count);
    const hands = count > FEWEST ? this.#hands : [];
    const fair = Math.ceil(count / (STRIPES * (1 + hands.length)));
    const length = Math.max(FEWEST, Math.min(MOST, fair));
    let next = 0;
    let over = false;
    const stripe = () => {
      if (over || next >= count) return null;
      const first = next;
      next = Math.min(first + length, count);
      return { first, end: next };
    };
    const take = async (index, leaf) => {
      leaves[index] = leaf;
      await progress(partLength(size, index));
    };
    const alone = async () => {
      const cipher = await BodyCipher.create(secret.key, secret.salt, context);
      for (let each = stripe(); each !== null; each = stripe()) await cipher.leaves(source, each, take);
    };
    const own = alone();
    const helped = async (hand) => {
      // A worker that takes long to load is not waited for, and one that cannot is done without.
      if ((await Promise.race([hand.ready, own])) !== true) return;
      hand.begin({ secret, context, source: source.described() });
      for (let each = stripe(); each !== null; each = stripe()) await hand.leaves(each, take);
    };
    try {
      await Promise.all([own, ...hands.map(helped)]);
    } finally {
      over = true;
    }
    return leaves;
  }

  /** End the workers; what they are at is lost. */
  close() {
    for (const hand of this.#hands) hand.close();
    this.#hands = [];
  }
}

/** One worker of a crew (crew_worker.js). */
class Hand {
  #worker;
  #job = null;

  constructor() {
    this.#worker = new Worker(new URL("./crew_worker.js", import.meta.url), { type: "module" });
    this.ready = new Promise((resolve) => {
      this.#worker.addEventListener("message", () => resolve(true), { once: true });
      this.#worker.addEventListener("error", () => resolve(false), { once: true });
    });
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    const lost = () => this.#job?.reject(new Malformed("A sealing worker ended.", "worker-ended"));
    this.#worker.addEventListener("error", lost);
    this.#worker.addEventListener("messageerror", lost);
  }

  /** The body that the next stripes are of. */
  begin(body) {
    this.#worker.postMessage({ body });
  }

  /** Have a stripe hashed; returns once take(index, leaf) did for each of its parts. */
  async leaves(stripe, take) {
    const taken = [];
    await new Promise((resolve, reject) => {
      this.#job = { resolve, reject, take: (...part) => taken.push(heard(take(...part))) };
      this.#worker.postMessage({ stripe });
    });
    await Promise.all(taken);
  }

  close() {
    this.#worker.terminate();
  }

  #hear({ part, done, error }) {
    if (part !== undefined) this.#job.take(...part);
    else if (done) this.#job.resolve();
    else if (error !== undefined) {
      this.#job.reject(new EnvelopeError(error.message, error.code, error.fault));
    }
  }
}

/** A promise whose failure may be looked at later. */
function heard(promise) {
  promise.catch(() => {});
  return promise;
}
