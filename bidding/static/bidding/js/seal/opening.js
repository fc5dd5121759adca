/**
 * Opening an envelope on the device with k shares: for rehearsals on a dummy bid, and for trying
 * what was sealed. The twin of bidding/kit/envelope.py and quarantine.py. Nothing is given back
 * before end, manifest, signature, digests and zeros are all proven.
 */

import { checkSignature } from "../../../signatures/js/cades.js";
import { PART_SIZE, bodyKey, openBody, plaintextSize } from "./body.js";
import { concat, equal, readU32, sha256 } from "./bytes.js";
import { recoverKey } from "./envelope.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import { Keeper } from "./keeping.js";
import { MAX_MANIFEST, MAX_SIGNATURE, belongsTo, contentSize, parseManifest } from "./manifest.js";
import { paddedSize } from "./padding.js";
import { rootOf } from "./tree.js";

const LENGTH = 4;
/** Bytes that are read at once where nothing but their hash is wanted. */
const STEP = 8 * PART_SIZE;
/** Parts whose hashes may be under way: bounds memory. */
const FRAMES = 16;

/**
 * {manifest, certificate (DER), files: [{entry, blob}]} of a body. head was checked against policy
 * and statement (checkBid); body is a source; shares are k or more; origin is the platform's.
 */
export async function openEnvelope({ head, body, commitment, shares, origin }) {
  if (!equal(await head.digest(), commitment.head)) {
    throw new EnvelopeError(
      "The stored head is not the one that the tenderer signed.",
      "head-not-committed",
      Fault.STORAGE,
    );
  }
  const size = plaintextSize(commitment.size);
  if (size === null) {
    throw new EnvelopeError("No envelope has the size that was signed.", "body-damaged", Fault.TENDERER);
  }
  const raw = await recoverKey(head, shares);
  const stored = new Stored(body, commitment);
  const keeper = new Keeper(size);
  const content = new Content(head.header, { size, origin, keeper });
  let failure = null;
  try {
    const key = await bodyKey(raw);
    for await (const plain of openBody(key, await head.bodyContext(), stored)) {
      await content.take(plain);
    }
    content.finish();
  } catch (error) {
    failure = error;
  } finally {
    raw.fill(0);
    keeper.close();
  }
  // Whoever is at fault, it depends on whether these are the bytes that were committed to.
  await stored.check();
  if (failure instanceof EnvelopeError) failure.fault = Fault.TENDERER;
  if (failure !== null) throw failure;
  return content.found;
}

/** The stored body as a source that is read once, from front to back, and hashed on the way. */
class Stored {
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

  /** EnvelopeError body-not-committed, the storage's fault, unless this is the committed body. */
  async check() {
    const { size, root } = this.#commitment;
    if (this.size === size) {
      while (this.#at < size) await this.read(this.#at, Math.min(STEP, size - this.#at));
      if (this.#filled > 1) this.#end();
    }
    const leaves = await Promise.all(this.#leaves);
    if (this.size !== size || !equal(await rootOf(leaves), root)) {
      throw new EnvelopeError(
        "The stored body is not the one that the tenderer committed to.",
        "body-not-committed",
        Fault.STORAGE,
      );
    }
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

/** The plaintext as it comes in, kept back until it is proven. */
class Content {
  #header;
  #size;
  #origin;
  #keeper;
  #received = 0;
  #start = [];
  #opened = null;
  #files = [];
  #left = null;

  constructor(header, { size, origin, keeper }) {
    this.#header = header;
    this.#size = size;
    this.#origin = origin;
    this.#keeper = keeper;
  }

  /** What was in the envelope. */
  get found() {
    return { ...this.#opened, files: this.#files };
  }

  /** Take the next pieces, each in a buffer of its own. */
  async take(pieces) {
    let rest = pieces;
    this.#received += lengthOf(pieces);
    if (this.#opened === null) {
      this.#start.push(...pieces);
      const start = concat(...this.#start);
      const end = await this.#readPreamble(start);
      if (end === null) return;
      rest = [start.slice(end)];
      this.#start = [];
    }
    const padding = await this.#takeFiles(rest);
    if (!padding.every(isZero)) throw refused("The envelope's padding is not all zeros.");
  }

  /** The end is proven: all must have been there. */
  finish() {
    if (this.#opened === null || this.#received !== this.#size) {
      throw refused("The envelope ends too early.");
    }
    const { manifest } = this.#opened;
    if (this.#files.length !== manifest.files.length) {
      throw refused("The envelope ends before its last file.");
    }
  }

  /** Where the files start, once manifest and signature are there and have been checked. */
  async #readPreamble(data) {
    const manifest = block(data, 0, MAX_MANIFEST, "manifest");
    if (manifest === null) return null;
    const at = LENGTH + manifest.length;
    const signature = block(data, at, MAX_SIGNATURE, "signature");
    if (signature === null) return null;
    const end = at + LENGTH + signature.length;
    this.#opened = await this.#accept(manifest.slice(), signature.slice());
    if (paddedSize(end + contentSize(this.#opened.manifest.files)) !== this.#size) {
      throw refused("The envelope's length is not that of its padded files.");
    }
    return end;
  }

  async #accept(data, signature) {
    let manifest;
    let certificate;
    try {
      manifest = parseManifest(data, { origin: this.#origin });
      certificate = await checkSignature(data, signature);
    } catch (error) {
      throw refused(`The envelope's manifest is refused: ${error.message}`);
    }
    if (!belongsTo(manifest, this.#header)) {
      throw refused("The envelope's manifest belongs to another tender, bid, version or slot.");
    }
    if (!equal(await sha256(certificate.der), this.#header.certificate)) {
      throw refused("The envelope's manifest is signed by another certificate than its own.");
    }
    return { manifest, certificate: certificate.der };
  }

  /** Take what belongs to files; what is left is padding. */
  async #takeFiles(pieces) {
    const entries = this.#opened.manifest.files;
    let rest = pieces;
    while (this.#files.length < entries.length && lengthOf(rest) > 0) {
      const entry = entries[this.#files.length];
      this.#left ??= entry.size;
      const [taken, others] = cut(rest, this.#left);
      this.#left -= lengthOf(taken);
      rest = others;
      await this.#keeper.add(taken);
      if (this.#left > 0) continue;
      const { digest, blob } = await this.#keeper.finish(entry.type);
      if (!equal(digest, entry.sha256)) {
        throw refused(`The file ${entry.name} is not the one that the manifest lists.`);
      }
      this.#files.push({ entry, blob });
      this.#left = null;
    }
    return rest;
  }
}

const lengthOf = (pieces) => pieces.reduce((sum, { length }) => sum + length, 0);

/** Pieces of up to so many bytes together, and the others; what is cut gets buffers of its own. */
function cut(pieces, size) {
  let left = size;
  const at = pieces.findIndex(({ length }) => (left -= length) < 0);
  if (at < 0) return [pieces, []];
  const first = pieces[at].length + left;
  return [
    [...pieces.slice(0, at), pieces[at].slice(0, first)],
    [pieces[at].slice(first), ...pieces.slice(at + 1)],
  ];
}

function isZero(data) {
  let bits = 0;
  for (let i = 0; i < data.length; i += 1) bits |= data[i];
  return bits === 0;
}

function block(data, at, most, what) {
  if (data.length < at + LENGTH) return null;
  const length = readU32(data, at);
  if (length === 0 || length > most) {
    throw refused(`The envelope's ${what} would have ${length} bytes.`);
  }
  const end = at + LENGTH + length;
  return data.length >= end ? data.subarray(at + LENGTH, end) : null;
}

const refused = (message) => new EnvelopeError(message, "content-refused", Fault.TENDERER);
