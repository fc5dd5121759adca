/**
 * An envelope's plaintext as a source that can be read again: preamble, files, zeros; the twin of
 * bidding/kit/plaintext.py. Files are Blobs; no more than a few MiB of one are in memory at a time.
 */

import { sha256 as newHash } from "../../../vendor/hashes.js";
import { equal, sha256 } from "./bytes.js";
import { Malformed } from "./errors.js";
import { checkEntry, contentSize } from "./manifest.js";
import { paddedSize } from "./padding.js";
import { Reel, changed } from "./reel.js";

/** Browsers hash what is smaller than this for half the price. */
const BLOCK = 262_144;
/** Bytes of a file that are looked at at once. */
const STEP = 1_048_576;

/**
 * The manifest's entry of a file {name, type, blob}, and a fingerprint of each of its blocks of
 * 256 KiB, by which pass 1 sees that it still reads what was hashed here. progress(bytes) is awaited
 * after each MiB, so that it may also pause or stop.
 */
export async function describe({ name, type, blob }, { progress = async () => {} } = {}) {
  const entry = { name: name.normalize("NFC"), type, size: blob.size, sha256: new Uint8Array(32) };
  checkEntry(entry);
  const hash = newHash.create();
  const fingerprints = [];
  const reel = new Reel(blob, entry.name);
  const room = new Uint8Array(Math.min(STEP, blob.size));
  try {
    while (reel.at < blob.size) {
      const data = room.subarray(0, Math.min(STEP, blob.size - reel.at));
      await reel.fill(data);
      fingerprints.push(...(await Promise.all(blocksOf(data).map(sha256))));
      hash.update(data);
      await progress(data.length);
    }
  } finally {
    reel.close();
  }
  entry.sha256 = hash.digest();
  return { entry, blob, fingerprints };
}

/** The bytes of one envelope before encryption: a source for body.js. */
export class Plaintext {
  #preamble;
  #files;
  #segments = [];
  #content;
  #turn = Promise.resolve();
  #window = null;

  /**
   * files are what describe gave, in the manifest's order; fingerprints may be left out where
   * something else proves the content, as in pass 2.
   */
  constructor(preamble, files) {
    this.#preamble = preamble;
    this.#files = files;
    let start = preamble.length;
    for (const { entry, blob, fingerprints = null } of files) {
      if (blob.size !== entry.size) throw changed(entry.name, "has another size now");
      this.#segments.push({ start, end: start + entry.size, name: entry.name, blob, fingerprints });
      start += entry.size;
    }
    this.#content = start;
    this.size = paddedSize(start);
    if (start !== preamble.length + contentSize(files.map(({ entry }) => entry))) {
      throw new Malformed("The files are not those of the manifest.");
    }
  }

  /** What it was made of, as another worker can be told. */
  described() {
    const files = this.#files.map(({ entry, blob, fingerprints }) => ({ entry, blob, fingerprints }));
    return { preamble: this.#preamble, files };
  }

  /**
   * The bytes from an offset, or what is left before the end; in room, where it is given. Reads wait
   * for one another, so that files are read from front to back.
   */
  read(offset, size, room = new Uint8Array(size)) {
    const end = Math.min(offset + size, this.size);
    const out = room.subarray(0, Math.max(0, end - offset));
    const done = this.#turn.then(() => this.#read(offset, end, out));
    this.#turn = done.catch(() => {});
    return done;
  }

  async #read(offset, end, out) {
    if (offset < this.#preamble.length) out.set(this.#preamble.subarray(offset, end));
    for (const segment of this.#segments) {
      if (segment.start >= end || offset >= segment.end) continue;
      const from = Math.max(offset, segment.start);
      if (this.#window?.segment !== segment) {
        this.#window?.close();
        this.#window = new Window(segment);
      }
      await this.#window.copy(
        from - segment.start,
        out.subarray(from - offset, Math.min(end, segment.end) - offset),
      );
    }
    if (end > this.#content) out.fill(0, Math.max(0, this.#content - offset));
    return out;
  }
}

/** The blocks of one file that were read last; each is checked once, before it is used. */
class Window {
  #data = new Uint8Array();
  #start = 0;
  #length = 0;
  #reel = null;

  constructor(segment) {
    this.segment = segment;
  }

  /** Fill a view with the file's bytes from a place on. */
  async copy(from, out) {
    const start = from - (from % BLOCK);
    const end = Math.min(start + Math.ceil((from + out.length - start) / BLOCK) * BLOCK, this.size);
    await this.#move(start, end);
    out.set(this.#data.subarray(from - start, from - start + out.length));
  }

  get size() {
    return this.segment.blob.size;
  }

  close() {
    this.#reel?.close();
  }

  /** Hold the blocks from start to before end; what is here already is kept. */
  async #move(start, end) {
    const before = this.#start + this.#length;
    const kept = start >= this.#start && start < before ? Math.min(before, end) - start : 0;
    if (this.#data.length < end - start) {
      const larger = new Uint8Array(end - start);
      larger.set(this.#data.subarray(start - this.#start, start - this.#start + kept));
      this.#data = larger;
    } else {
      this.#data.copyWithin(0, start - this.#start, start - this.#start + kept);
    }
    // Until all is checked, nothing new counts as being here.
    this.#start = start;
    this.#length = kept;
    const { blob, name, fingerprints } = this.segment;
    if (this.#reel?.at !== start + kept) {
      this.#reel?.close();
      this.#reel = new Reel(blob, name, start + kept);
    }
    const found = this.#data.subarray(kept, end - start);
    await this.#reel.fill(found);
    if (fingerprints !== null) {
      const first = (start + kept) / BLOCK;
      const hashes = await Promise.all(blocksOf(found).map(sha256));
      if (!hashes.every((hash, i) => equal(hash, fingerprints[first + i]))) {
        throw changed(name, "changed after it was listed in the manifest");
      }
    }
    this.#length = end - start;
  }
}

const blocksOf = (data) =>
  Array.from({ length: Math.ceil(data.length / BLOCK) }, (_, i) =>
    data.subarray(i * BLOCK, (i + 1) * BLOCK),
  );
