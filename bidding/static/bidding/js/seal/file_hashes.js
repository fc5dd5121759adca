/**
 * The SHA-256 of the files of an envelope that is being opened, one after another. Those of large
 * envelopes are hashed by a worker, which takes about as long as decrypting them.
 */

import { EnvelopeError } from "./errors.js";
import { fileHash } from "./file_hash.js";

/** Contents smaller than this are not worth a worker. */
const WORTH = 4 * 1024 * 1024;
/** Rooms of so many bytes go to the worker and come back: new memory costs more than copying. */
const [ROOM, ROOMS] = [1024 * 1024, 8];

export class FileHashes {
  #hashing;

  /** For an envelope of so many bytes. */
  constructor(size) {
    const alone = size < WORTH || typeof Worker === "undefined";
    this.#hashing = alone ? new Hashing() : new HashingBeside();
  }

  /** The file's next pieces, up to 1 MiB together. */
  add(pieces) {
    return this.#hashing.add(pieces);
  }

  /** The file is whole: its SHA-256; then the next begins. */
  finish() {
    return this.#hashing.finish();
  }

  close() {
    this.#hashing.close();
  }
}

/** One file's hash after another. */
class Hashing {
  #hash = null;

  async add(pieces) {
    this.#hash ??= await fileHash();
    for (const piece of pieces) this.#hash.update(piece);
  }

  async finish() {
    const digest = this.#hash.digest();
    this.#hash = null;
    return digest;
  }

  close() {}
}

/** The same in a worker (hashing_worker.js), which answers every message in turn. */
class HashingBeside {
  #worker = new Worker(new URL("./hashing_worker.js", import.meta.url), { type: "module" });
  #asked = [];
  #rooms = [];
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

  async add(pieces) {
    const room = this.#rooms.pop() ?? new Uint8Array(ROOM);
    let size = 0;
    for (const piece of pieces) {
      room.set(piece, size);
      size += piece.length;
    }
    this.#ask({ room, size }, [room.buffer]).then(
      (back) => this.#rooms.push(back),
      () => {},
    );
    await this.#asked.at(-ROOMS)?.answered;
    if (this.#lost !== null) throw this.#lost;
  }

  finish() {
    return this.#ask({});
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
