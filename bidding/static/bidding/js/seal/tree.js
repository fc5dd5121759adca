/** RFC 9162 Merkle tree hashes over a body's parts. */

import { concat, sha256 } from "./bytes.js";
import { Malformed } from "./errors.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** SHA-256(0x00 ‖ data). */
export const leafHash = (data) => sha256(concat(LEAF, data));

/** SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left, right) => sha256(concat(NODE, left, right));

/** The root over one or more leaf hashes (2.1.1). */
export async function rootOf(leaves) {
  if (leaves.length === 0) throw new Malformed("A body has at least one part.", "bad-leaves");
  let level = leaves;
  // Joining neighbours and carrying a last odd one upwards gives RFC 9162's tree.
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i + 1 < level.length; i += 2) next.push(await nodeHash(level[i], level[i + 1]));
    if (level.length % 2 === 1) next.push(level.at(-1));
    level = next;
  }
  return level[0];
}
