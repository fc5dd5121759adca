/**
 * The ledger as a page reads it: leaf and node hashes, the right edge of a growing tree
 * (signatures/domain/ledger.py), and the tiles that it is served in (signatures/domain/tiles.py).
 */

import { sha256 } from "../../vendor/hashes.js";
import { SigningError } from "./errors.js";

/** How many entries a full bundle holds. */
export const WIDTH = 256;

/** SHA-256(0x00 ‖ data). */
export const leafHash = (data) => hashed(0, data);

/** SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left, right) => hashed(1, left, right);

/** RFC 9162's root over leaf hashes (2.1.1). */
export function rootOf(hashes) {
  const edge = new Range();
  for (const each of hashes) edge.append(each);
  return edge.root();
}

/** The right edge of a growing tree: its size and its complete subtrees, largest first. */
export class Range {
  constructor(size = 0, hashes = []) {
    const wanted = BigInt(size).toString(2).replaceAll("0", "").length;
    if (hashes.length !== wanted || hashes.some((each) => each.length !== 32)) {
      throw new SigningError(`The edge of a tree of ${size} leaves has ${wanted} hashes.`, "bad-ledger");
    }
    this.size = size;
    this.hashes = [...hashes];
  }

  /** Add a leaf by its hash. */
  append(hash) {
    let node = hash;
    for (let index = this.size; index % 2 === 1; index = (index - 1) / 2) {
      node = nodeHash(this.hashes.pop(), node);
    }
    this.hashes.push(node);
    this.size += 1;
  }

  /** The root of all leaves so far; of none, SHA-256 of nothing. */
  root() {
    if (this.size === 0) return sha256(new Uint8Array());
    return this.hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** How wide the bundle is in a log of so many leaves: 0 (not there) to 256. */
export const widthAt = (index, size) => Math.max(0, Math.min(WIDTH, size - index * WIDTH));

/** The path of an entry bundle under the log's prefix. */
export function bundlePath(index, width) {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g);
  const last = groups.pop();
  const path = [...groups.map((group) => `x${group}`), last].join("/");
  return `tile/entries/${path}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** The entries of a bundle of that width, and nothing after them. */
export function parseBundle(data, width) {
  const entries = [];
  let at = 0;
  for (let i = 0; i < width; i += 1) {
    const start = at + 2;
    const end = start + ((data[at] << 8) | data[at + 1]);
    if (!(end <= data.length)) {
      throw new SigningError(`The entry bundle ends within entry ${i}.`, "bad-tile");
    }
    entries.push(data.slice(start, end));
    at = end;
  }
  if (at !== data.length) {
    throw new SigningError(`The entry bundle goes on after its ${width} entries.`, "bad-tile");
  }
  return entries;
}

function hashed(mark, ...pieces) {
  const data = new Uint8Array(1 + pieces.reduce((size, piece) => size + piece.length, 0));
  data[0] = mark;
  let at = 1;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return sha256(data);
}
