/**
 * An envelope's plaintext as a source that can be read again: preamble, files, zeros; the twin of
 * bidding/kit/plaintext.py. Files are Blobs; no more than a few MiB of one are in memory at a time.
 */

import { equal, sha256 } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import { fileHash } from "./file_hash.js";
import { checkEntry, contentSize } from "./manifest.js";
import { paddedSize } from "./padding.js";

/** Browsers hash what is smaller than this for half the price. */
const BLOCK = 262_144;
/** Bytes of a file that are read at once: each reading costs browsers as much as a MiB's copying. */
const STEP = 4_194_304;

/**
 * The manifest's entry of a file {name, type, blob}, and a fingerprint of each of its blocks of
 * 256 KiB, by which pass 1 sees that it still reads what was hashed here. progress(bytes) is awaited
 * after each 4 MiB, so that it may also pause or stop.
 */
export async function describe({ name, type, blob }, { progress = async () => {} } = {}) {
  const entry = { name: name.normalize("NFC"), type, size: blob.size, sha256: new Uint8Array(32) };
  checkEntry(entry);
  const hash = await fileHash();
  const fingerprints = [];
  for (let at = 0; at < blob.size; at += STEP) {
    const data = await readBlob(blob, at, Math.min(STEP, blob.size - at), entry.name);
    fingerprints.push(...(await Promise.all(blocksOf(data).map(sha256))));
    hash.update(data);
    await progress(data.length);
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
      if (this.#window?.segment !== segment) this.#window = new Window(segment);
      await this.#window.copy(
        from - segment.start,
        out.subarray(from - offset, Math.min(end, segment.end) - offset),
      );
    }
    if (end > this.#content) out.fill(0, Math.max(0, this.#content - offset));
    return out;
  }
}

/** One file read from front to back; each of its blocks is checked once, before it is used. */
class Window {
  /** The last block, as the next read mostly begins in it. */
  #start = 0;
  #block = new Uint8Array();

  constructor(segment) {
    this.segment = segment;
  }

  /** Fill a view with the file's bytes from a place on. */
  async copy(from, out) {
    const { blob, name, fingerprints } = this.segment;
    const start = from - (from % BLOCK);
    const end = Math.min(start + Math.ceil((from + out.length - start) / BLOCK) * BLOCK, blob.size);
    const kept = start === this.#start ? this.#block : new Uint8Array();
    const next = start + kept.length;
    out.set(kept.subarray(from - start, from - start + out.length));
    if (next >= end) return;
    const found = await readBlob(blob, next, end - next, name);
    if (fingerprints !== null) {
      const hashes = await Promise.all(blocksOf(found).map(sha256));
      if (!hashes.every((hash, i) => equal(hash, fingerprints[next / BLOCK + i]))) {
        throw changed(name, "changed after it was listed in the manifest");
      }
    }
    const skipped = Math.max(0, from - next);
    out.set(found.subarray(skipped, from + out.length - next), next + skipped - from);
    this.#start = end - 1 - ((end - 1) % BLOCK);
    this.#block = found.slice(this.#start - next);
  }
}

/**
 * So many bytes of a file. A slice, not its stream: in Chromium 156 a byte stream's reader ("byob")
 * stands still for good within minutes on a busy device.
 */
async function readBlob(blob, at, size, name) {
  let data;
  try {
    data = new Uint8Array(await blob.slice(at, at + size).arrayBuffer());
  } catch {
    throw changed(name, "can no longer be read");
  }
  if (data.length !== size) throw changed(name, "became shorter while it was being sealed");
  return data;
}

const blocksOf = (data) =>
  Array.from({ length: Math.ceil(data.length / BLOCK) }, (_, i) =>
    data.subarray(i * BLOCK, (i + 1) * BLOCK),
  );

const changed = (name, what) =>
  new EnvelopeError(`The file ${name} ${what}. Seal the bid again.`, "content-changed", Fault.TENDERER);
