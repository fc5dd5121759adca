/** A file read from a place on, as one stream: far fewer questions to the browser than slices. */

import { EnvelopeError, Fault } from "./errors.js";

/** Bytes that are asked for at once. */
const PIECE = 524_288;

export class Reel {
  #name;
  #reader;
  /** Memory that the browser reads into, again and again; null where it brings its own. */
  #room = null;
  #piece = new Uint8Array();

  constructor(blob, name, at = 0) {
    this.#name = name;
    const stream = blob.slice(at, blob.size).stream();
    try {
      this.#reader = stream.getReader({ mode: "byob" });
      this.#room = new ArrayBuffer(PIECE);
    } catch {
      this.#reader = stream.getReader();
    }
    /** Where in the file the next byte stands. */
    this.at = at;
  }

  /** Fill a view with what comes next; EnvelopeError content-changed where there is less. */
  async fill(view) {
    for (let filled = 0; filled < view.length; ) {
      if (this.#piece.length === 0) this.#piece = await this.#next();
      const piece = this.#piece.subarray(0, view.length - filled);
      view.set(piece, filled);
      filled += piece.length;
      this.at += piece.length;
      this.#piece = this.#piece.subarray(piece.length);
    }
  }

  /** Let go of the file. */
  close() {
    this.#reader.cancel().catch(() => {});
  }

  async #next() {
    let found;
    try {
      found = await (this.#room === null
        ? this.#reader.read()
        : this.#reader.read(new Uint8Array(this.#room)));
    } catch {
      throw changed(this.#name, "can no longer be read");
    }
    if (found.done) throw changed(this.#name, "became shorter while it was being sealed");
    if (this.#room !== null) this.#room = found.value.buffer;
    return found.value;
  }
}

/** The file is no longer what was listed. */
export const changed = (name, what) =>
  new EnvelopeError(`The file ${name} ${what}. Seal the bid again.`, "content-changed", Fault.TENDERER);
