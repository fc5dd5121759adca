/**
 * Opening an envelope on the device with k shares: for rehearsals on a dummy bid, and for trying
 * what was sealed. The twin of bidding/kit/envelope.py and quarantine.py. Nothing is given back
 * before end, manifest, signature, digests and zeros are all proven.
 */

import { sha256 as newHash } from "../../../vendor/hashes.js";
import { checkSignature } from "../../../signatures/js/cades.js";
import { PART_SIZE, bodyKey, openBody, plaintextSize } from "./body.js";
import { concat, equal, readU32, sha256 } from "./bytes.js";
import { recoverKey } from "./envelope.js";
import { EnvelopeError, Fault } from "./errors.js";
import { MAX_MANIFEST, MAX_SIGNATURE, belongsTo, contentSize, parseManifest } from "./manifest.js";
import { paddedSize } from "./padding.js";
import { leafHash, rootOf } from "./tree.js";

const LENGTH = 4;

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
  await checkBody(body, commitment);
  const content = new Content(head.header, size, origin);
  try {
    const key = await bodyKey(raw);
    for await (const plain of openBody(key, await head.bodyContext(), body)) {
      await content.take(plain);
    }
    return content.finish();
  } catch (error) {
    if (error instanceof EnvelopeError) error.fault = Fault.TENDERER;
    throw error;
  } finally {
    raw.fill(0);
  }
}

/** EnvelopeError body-not-committed, the storage's fault, unless this is the committed body. */
async function checkBody(body, { size, root }) {
  const leaves = [];
  if (body.size === size) {
    for (let at = 0; at < size; at += PART_SIZE) {
      leaves.push(await leafHash(await body.read(at, Math.min(PART_SIZE, size - at))));
    }
  }
  if (leaves.length === 0 || !equal(await rootOf(leaves), root)) {
    throw new EnvelopeError(
      "The stored body is not the one that the tenderer committed to.",
      "body-not-committed",
      Fault.STORAGE,
    );
  }
}

/** The plaintext as it comes in, kept back until it is proven. */
class Content {
  #header;
  #size;
  #origin;
  #received = 0;
  #start = [];
  #opened = null;
  #files = [];
  #current = null;

  constructor(header, size, origin) {
    this.#header = header;
    this.#size = size;
    this.#origin = origin;
  }

  /** Take the next bytes. */
  async take(data) {
    this.#received += data.length;
    let rest = data;
    if (this.#opened === null) {
      this.#start.push(data);
      const start = concat(...this.#start);
      const end = await this.#readPreamble(start);
      if (end === null) return;
      rest = start.subarray(end);
      this.#start = [];
    }
    rest = this.#takeFiles(rest);
    if (rest.some((byte) => byte !== 0)) throw refused("The envelope's padding is not all zeros.");
  }

  /** What was in the envelope, once its end is proven. */
  finish() {
    if (this.#opened === null || this.#received !== this.#size) {
      throw refused("The envelope ends too early.");
    }
    const { manifest } = this.#opened;
    if (this.#files.length !== manifest.files.length) {
      throw refused("The envelope ends before its last file.");
    }
    return { ...this.#opened, files: this.#files };
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
  #takeFiles(data) {
    const entries = this.#opened.manifest.files;
    let rest = data;
    while (rest.length > 0 && this.#files.length < entries.length) {
      const entry = entries[this.#files.length];
      this.#current ??= { hash: newHash.create(), pieces: [], left: entry.size };
      const piece = rest.slice(0, this.#current.left);
      this.#current.hash.update(piece);
      this.#current.pieces.push(piece);
      this.#current.left -= piece.length;
      rest = rest.subarray(piece.length);
      if (this.#current.left > 0) continue;
      if (!equal(this.#current.hash.digest(), entry.sha256)) {
        throw refused(`The file ${entry.name} is not the one that the manifest lists.`);
      }
      const blob = new Blob(this.#current.pieces, { type: entry.type });
      this.#files.push({ entry, blob });
      this.#current = null;
    }
    return rest;
  }
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
