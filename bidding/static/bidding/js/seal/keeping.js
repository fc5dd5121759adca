/**
 * The files of an envelope that is being opened: put together and hashed, one after another. A
 * worker of its own does it for large ones: the hash of a file as a whole is JavaScript, and takes
 * about as long as decrypting it.
 */

import { sha256 as newHash } from "../../../vendor/hashes.js";
import { EnvelopeError } from "./errors.js";

/** Contents smaller than this are not worth a worker. */
const WORTH = 4 * 1024 * 1024;
/** Pieces that may be on their way to the worker: bounds memory. */
const WAITING = 2;

/** Whoever keeps an envelope of so many bytes: add(piece), finish(type), close(). */
export const keeping = (size) =>
  size < WORTH || typeof Worker === "undefined" ? new Keeper() : new Helped();

/** Keeps files here. Browsers hold what is in a Blob outside of the page, on disk if need be. */
export class Keeper {
  #hash = newHash.create();
  #pieces = [];

  /** The file's next bytes. */
  add(piece) {
    this.#hash.update(piece);
    this.#pieces.push(new Blob([piece]));
  }

  /** The file is whole: its SHA-256, and itself as a Blob of a media type; then the next begins. */
  finish(type) {
    const kept = { digest: this.#hash.digest(), blob: new Blob(this.#pieces, { type }) };
    this.#hash = newHash.create();
    this.#pieces = [];
    return kept;
  }

  close() {
    this.#pieces = [];
  }
}

/** The same in a worker (keeping_worker.js), which answers every message in turn. */
class Helped {
  #worker = new Worker(new URL("./keeping_worker.js", import.meta.url), { type: "module" });
  #asked = [];
  #lost = null;

  constructor() {
    this.#worker.addEventListener("message", ({ data }) => this.#asked.shift().resolve(data));
    const lose = () => {
      this.#lost = new EnvelopeError("A worker of the page ended. Open it again.", "worker-ended");
      for (const { reject } of this.#asked.splice(0)) reject(this.#lost);
    };
    this.#worker.addEventListener("error", lose);
    this.#worker.addEventListener("messageerror", lose);
  }

  async add(piece) {
    // What is a buffer's own goes over without being copied.
    const whole = piece.length === piece.buffer.byteLength ? piece : piece.slice();
    this.#ask({ piece: whole }, [whole.buffer]).catch(() => {});
    await this.#asked.at(-1 - WAITING)?.answered;
    if (this.#lost !== null) throw this.#lost;
  }

  finish(type) {
    return this.#ask({ finish: type });
  }

  close() {
    this.#worker.terminate();
  }

  #ask(message, transfer = []) {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const asked = {};
    asked.answered = new Promise((resolve, reject) => Object.assign(asked, { resolve, reject }));
    this.#asked.push(asked);
    this.#worker.postMessage(message, transfer);
    return asked.answered;
  }
}
