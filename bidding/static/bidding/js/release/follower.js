/**
 * Following the ledger: what a client keeps of it between two looks. It reads every leaf from
 * where it stopped and computes the root itself, so no plain leaf of its tender can be kept from
 * it. The twin of bidding/kit/follower.py.
 */

import { Range, leafHash } from "../../../signatures/js/ledger.js";
import { equal } from "../seal/bytes.js";
import { Refused } from "../seal/errors.js";

const ascii = new TextDecoder("latin1");

/** A client that has seen nothing yet of the log, with that origin, about that lot. */
export const newFollower = (origin, lot) => ({ origin, lot, size: 0, edge: [], leaves: [] });

/**
 * The state after reading leaves state.size to checkpoint.size, which are fresh. The checkpoint's
 * signatures have been checked by the caller. Refused: wrong-log, stale-checkpoint,
 * incomplete-leaves, forked-checkpoint.
 */
export function advance(state, fresh, checkpoint) {
  if (checkpoint.origin !== state.origin) {
    throw new Refused("The checkpoint is of another log.", "wrong-log");
  }
  if (checkpoint.size < state.size) {
    throw new Refused(
      `The checkpoint has ${checkpoint.size} leaves; ${state.size} were seen before.`,
      "stale-checkpoint",
    );
  }
  const edge = new Range(state.size, state.edge);
  const leaves = [...state.leaves];
  const mark = JSON.stringify(state.lot);
  for (const data of fresh) {
    if (ascii.decode(data).includes(mark)) leaves.push({ index: edge.size, data });
    edge.append(leafHash(data));
    if (edge.size > checkpoint.size) break;
  }
  if (edge.size !== checkpoint.size) {
    throw new Refused(
      `${checkpoint.size} leaves were promised and ${edge.size} came.`,
      "incomplete-leaves",
    );
  }
  if (!equal(edge.root(), checkpoint.root)) {
    throw new Refused(
      "The ledger's leaves do not give the checkpoint's root: it was altered since this browser" +
        " last looked, or somebody is shown another ledger.",
      "forked-checkpoint",
    );
  }
  return { ...state, size: edge.size, edge: edge.hashes, leaves };
}
