/**
 * What this browser remembers of a sealed version, so that its upload can go on after the page was
 * closed: heads, commitments, leaf hashes, the signed statement, and the keys as CryptoKeys that
 * nothing reads out. Files are not kept: the person chooses them again, and every part is compared
 * with its commitment before it is sent.
 */

import { PART_SIZE } from "./body.js";
import { concat } from "./bytes.js";
import { DeviceTable } from "./device_table.js";
import { EnvelopeError, Fault } from "./errors.js";
import { Head } from "./wraps.js";

const submissions = new DeviceTable("sunlit-seal", "submissions", "bid");

/** Remember a sealed version (of sealBid) in place of what was known of the bid. */
export async function remember({ bid, version, statement, signature, envelopes }) {
  const record = {
    bid,
    version,
    statement,
    signature,
    envelopes: envelopes.map(({ slot, head, secret, sealed, preamble, files }) => ({
      slot,
      head: head.encode(),
      secret,
      commitment: sealed.commitment,
      leaves: concat(...sealed.leaves),
      preamble,
      entries: files.map(({ entry }) => entry),
    })),
  };
  await submissions.run("readwrite", (table) => table.put(record));
}

/** The sealed version of a bid, without its files; null when this browser knows none. */
export async function recall(bid) {
  const record = await submissions.run("readonly", (table) => table.get(bid));
  if (record === undefined) return null;
  const { envelopes, ...rest } = record;
  return { ...rest, envelopes: envelopes.map(restored) };
}

/** Forget a bid and its keys. */
export const forget = (bid) => submissions.run("readwrite", (table) => table.delete(bid));

/**
 * An envelope with the files that the person chose again, [{name, blob}] in any order; names and
 * sizes tell them apart. EnvelopeError files-differ names what is missing.
 */
export function withFiles(envelope, chosen) {
  const files = envelope.entries.map((entry) => {
    const found = chosen.find(
      ({ name, blob }) => name.normalize("NFC") === entry.name && blob.size === entry.size,
    );
    if (found === undefined) {
      throw new EnvelopeError(
        `Choose the file ${entry.name} (${entry.size} bytes) again: it was sealed, and its upload` +
          " has not ended.",
        "files-differ",
        Fault.TENDERER,
      );
    }
    return { entry, blob: found.blob };
  });
  return { ...envelope, files };
}

function restored({ head, commitment, leaves, ...rest }) {
  const count = Math.ceil(commitment.size / PART_SIZE);
  const hashes = Array.from({ length: count }, (_, i) => leaves.slice(32 * i, 32 * i + 32));
  return { ...rest, head: Head.parse(head), sealed: { commitment, leaves: hashes } };
}
