/**
 * An envelope's plaintext as a source that can be read again: preamble, files, zeros; the twin of
 * bidding/kit/plaintext.py. Files are Blobs; no more than a few MiB of one are in memory at a time.
 */

import { sha256 as newHash } from "../../../vendor/hashes.js";
import { equal, sha256 } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import { checkEntry, contentSize } from "./manifest.js";
import { paddedSize } from "./padding.js";

const BLOCK = 1_048_576;
/** Blocks that stay in memory: those that reads under way may share. */
const BLOCKS_HELD = 4;

/**
 * The manifest's entry of a file {name, type, blob}, and a fingerprint of each of its blocks of
 * 1 MiB, by which pass 1 sees that it still reads what was hashed here. progress(bytes) is awaited
 * after each block, so that it may also pause or stop.
 */
export async function describe({ name, type, blob }, { progress = async () => {} } = {}) {
  const entry = { name: name.normalize("NFC"), type, size: blob.size, sha256: new Uint8Array(32) };
  checkEntry(entry);
  const hash = newHash.create();
  const fingerprints = [];
  for (let at = 0; at < blob.size; at += BLOCK) {
    const data = await readBlob(blob, at, Math.min(BLOCK, blob.size - at), entry.name);
    fingerprints.push(await sha256(data));
    hash.update(data);
    await progress(data.length);
  }
  entry.sha256 = hash.digest();
  return { entry, blob, fingerprints };
}

/** The bytes of one envelope before encryption: a source for body.js. */
export class Plaintext {
  #preamble;
  #segments = [];
  #content;
  #held = [];

  /**
   * files are what describe gave, in the manifest's order; fingerprints may be left out where
   * something else proves the content, as in pass 2.
   */
  constructor(preamble, files) {
    this.#preamble = preamble;
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

  /** The bytes from an offset, or what is left before the end. */
  async read(offset, size) {
    const end = Math.min(offset + size, this.size);
    const out = new Uint8Array(Math.max(0, end - offset));
    if (offset < this.#preamble.length) out.set(this.#preamble.subarray(offset, end));
    for (const segment of this.#segments) {
      if (segment.start >= end || offset >= segment.end) continue;
      const from = Math.max(offset, segment.start);
      await this.#fill(
        segment,
        from - segment.start,
        out.subarray(from - offset, Math.min(end, segment.end) - offset),
      );
    }
    return out;
  }

  /** Fill a view with a file's bytes from a place on, block by block. */
  async #fill(segment, from, out) {
    if (segment.fingerprints === null) {
      out.set(await readBlob(segment.blob, from, out.length, segment.name));
      return;
    }
    for (let at = 0; at < out.length; ) {
      const number = Math.floor((from + at) / BLOCK);
      const inside = from + at - number * BLOCK;
      const block = await this.#block(segment, number);
      const piece = block.subarray(inside, inside + out.length - at);
      out.set(piece, at);
      at += piece.length;
    }
  }

  /** One checked block; the last few are kept, as reads overlap in them and run side by side. */
  #block(segment, number) {
    const held = this.#held.find((each) => each.segment === segment && each.number === number);
    if (held !== undefined) return held.data;
    const data = checkedBlock(segment, number);
    this.#held = [...this.#held.slice(1 - BLOCKS_HELD), { segment, number, data }];
    return data;
  }
}

async function checkedBlock({ blob, name, fingerprints }, number) {
  const at = number * BLOCK;
  const data = await readBlob(blob, at, Math.min(BLOCK, blob.size - at), name);
  if (!equal(await sha256(data), fingerprints[number])) {
    throw changed(name, "changed after it was listed in the manifest");
  }
  return data;
}

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

const changed = (name, what) =>
  new EnvelopeError(`The file ${name} ${what}. Seal the bid again.`, "content-changed", Fault.TENDERER);
