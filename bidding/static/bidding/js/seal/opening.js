/**
 * Opening an envelope on the device with k shares: for rehearsals on a dummy bid, and for trying
 * what was sealed. The twin of bidding/kit/envelope.py and quarantine.py. Nothing is given back
 * before end, manifest, signature, digests and zeros are all proven.
 */

import { checkSignature } from "../../../signatures/js/cades.js";
import { BodyOpener, bodyKey, plaintextSize } from "./body.js";
import { concat, equal, readU32, sha256 } from "./bytes.js";
import { recoverKey } from "./envelope.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import { FileHashes } from "./file_hashes.js";
import { MAX_MANIFEST, MAX_SIGNATURE, belongsTo, contentSize, parseManifest } from "./manifest.js";
import { paddedSize } from "./padding.js";
import { Stored } from "./stored.js";

const LENGTH = 4;
/** Bytes of a file that are read at once. */
const STEP = 8 * 1024 * 1024;

/**
 * {manifest, certificate (DER), files: OpenedFiles} of a body. head was checked against policy and
 * statement (checkBid); body is a source; shares are k or more; origin is the platform's.
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
  const hashes = new FileHashes(size);
  const content = new Content(head.header, { size, origin, hashes });
  let opener = null;
  let failure = null;
  try {
    opener = await BodyOpener.create(await bodyKey(raw), await head.bodyContext(), stored);
    for await (const plain of opener.pieces()) await content.take(plain);
    content.finish();
  } catch (error) {
    failure = error;
  } finally {
    raw.fill(0);
    hashes.close();
  }
  // Whoever is at fault, it depends on whether these are the bytes that were committed to.
  const proven = await stored.proven();
  if (failure instanceof EnvelopeError) failure.fault = Fault.TENDERER;
  if (failure !== null) throw failure;
  return content.found(opener.over(proven));
}

/**
 * A file of an opened envelope, entry of its manifest. It is decrypted again whenever it is read, from
 * parts that are compared with what was proven: no plaintext lies about.
 */
export class OpenedFile {
  #body;
  #start;

  constructor(entry, body, start) {
    this.entry = entry;
    this.#body = body;
    this.#start = start;
  }

  /** Some of its bytes; EnvelopeError, the storage's fault, where the body has changed since. */
  read(offset, size) {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.entry.size)) {
      throw new Malformed("The file has no such bytes.");
    }
    return this.#body.read(this.#start + offset, size);
  }

  /** All of it, for saving. */
  async blob() {
    const pieces = [];
    for (let at = 0; at < this.entry.size; at += STEP) {
      pieces.push(new Blob([await this.read(at, Math.min(STEP, this.entry.size - at))]));
    }
    return new Blob(pieces, { type: this.entry.type });
  }
}

/** The plaintext as it comes in: who it is from, and which files are in it. */
class Content {
  #header;
  #size;
  #origin;
  #hashes;
  #received = 0;
  #start = [];
  #opened = null;
  /** Files that are whole, and where the first begins. */
  #whole = 0;
  #first = 0;
  #left = null;

  constructor(header, { size, origin, hashes }) {
    this.#header = header;
    this.#size = size;
    this.#origin = origin;
    this.#hashes = hashes;
  }

  /** What was in the envelope; body opens what was proven. */
  found(body) {
    let start = this.#first;
    const files = this.#opened.manifest.files.map((entry) => {
      start += entry.size;
      return new OpenedFile(entry, body, start - entry.size);
    });
    return { ...this.#opened, files };
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
      this.#first = end;
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
    if (this.#whole !== manifest.files.length) {
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
    while (this.#whole < entries.length && lengthOf(rest) > 0) {
      const entry = entries[this.#whole];
      this.#left ??= entry.size;
      const [taken, others] = cut(rest, this.#left);
      this.#left -= lengthOf(taken);
      rest = others;
      await this.#hashes.add(taken);
      if (this.#left > 0) continue;
      if (!equal(await this.#hashes.finish(), entry.sha256)) {
        throw refused(`The file ${entry.name} is not the one that the manifest lists.`);
      }
      this.#whole += 1;
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
