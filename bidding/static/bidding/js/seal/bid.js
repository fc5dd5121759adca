/**
 * sunlit.bid/1: the one statement by which a tenderer commits to all envelopes of a version, the
 * twin of bidding/kit/bid.py.
 */

import { MAX_BODY_SIZE, bodySize, partCount, plaintextSize } from "./body.js";
import { equal, hex } from "./bytes.js";
import { EnvelopeError, Fault, Malformed } from "./errors.js";
import * as fields from "./fields.js";
import { MAX_VERSION, SLOTS } from "./header.js";
import { paddedSize } from "./padding.js";
import { rootOf } from "./tree.js";

export const PURPOSE = "sunlit.bid/1";

/** The statement's canonical bytes; commitments are those of measure, in the order of slots. */
export function buildBid(policy, { at, bid, version, commitments }) {
  requireOrder(commitments);
  return fields.buildStatement(PURPOSE, {
    origin: policy.origin,
    at,
    policy: hex(policy.digest),
    bid,
    version,
    envelopes: commitments.map(({ slot, head, size, root }) => ({
      slot,
      head: hex(head),
      size,
      root: hex(root),
    })),
  });
}

/** Read a statement; Malformed for unknown fields or values out of bounds. */
export function parseBid(data, { origin = null } = {}) {
  const value = fields.readStatement(data, {
    purpose: PURPOSE,
    origin,
    own: ["policy", "bid", "version", "envelopes"],
  });
  const envelopes = fields
    .listing(value.envelopes, 1, SLOTS.length, "The bid's envelopes")
    .map(readCommitment);
  requireOrder(envelopes);
  return {
    origin: value.origin,
    at: value.at,
    policy: fields.bytes(value.policy, 32, "The bid's policy"),
    bid: fields.identifier(value.bid, "The bid's id"),
    version: fields.integer(value.version, 1, MAX_VERSION, "The bid's version"),
    envelopes,
  };
}

/** EnvelopeError unless the bid is complete and its heads, in order, are the committed ones. */
export async function checkBid(statement, policy, heads, certificate) {
  if (!equal(statement.policy, policy.digest)) throw wrong(0, "belongs to another tender");
  if (statement.origin !== policy.origin) throw wrong(0, "is meant for another platform");
  const slots = statement.envelopes.map(({ slot }) => slot);
  if (slots.join() !== policy.slots.join() || heads.length !== slots.length) {
    throw wrong(0, `must have exactly one envelope for each of the slots ${policy.slots.join(", ")}`);
  }
  for (const [i, commitment] of statement.envelopes.entries()) {
    await checkHead(statement, policy, commitment, heads[i], certificate);
  }
}

/** EnvelopeError unless these are the leaf hashes of the committed body. */
export async function checkLeaves({ slot, size, root }, leaves) {
  const count = partCount(size);
  if (leaves.length !== count) {
    throw wrong(slot, `has ${count} parts, but there are ${leaves.length} leaf hashes`);
  }
  if (leaves.some((leaf) => leaf.length !== 32) || !equal(await rootOf(leaves), root)) {
    throw wrong(slot, "has another root than its leaf hashes");
  }
}

/** EnvelopeError unless the head is the committed one of this statement, under this policy. */
export async function checkHead(statement, policy, { slot, head: committed, size }, head, certificate) {
  const { header } = head;
  policy.require(header);
  if (!equal(await head.digest(), committed)) {
    throw wrong(slot, "has another head than the statement says");
  }
  if (
    header.slot !== slot ||
    header.bid !== statement.bid ||
    header.version !== statement.version
  ) {
    throw wrong(slot, "belongs to another bid, version or slot");
  }
  if (!equal(header.certificate, certificate)) {
    throw wrong(slot, "names another certificate than the one that signed the bid");
  }
  const plain = plaintextSize(size);
  if (plain === null || paddedSize(plain) !== plain) {
    throw wrong(slot, "has a size that no padded envelope has");
  }
}

function readCommitment(value) {
  const item = fields.exactly(value, ["slot", "head", "size", "root"], "An envelope");
  const slot = fields.integer(item.slot, SLOTS[0], SLOTS.at(-1), "An envelope's slot");
  return {
    slot,
    head: fields.bytes(item.head, 32, `The head of slot ${slot}`),
    size: fields.integer(item.size, bodySize(0), MAX_BODY_SIZE, `The size of slot ${slot}`),
    root: fields.bytes(item.root, 32, `The root of slot ${slot}`),
  };
}

function requireOrder(envelopes) {
  if (envelopes.length === 0 || envelopes.some(({ slot }, i) => i > 0 && slot <= envelopes[i - 1].slot)) {
    throw new Malformed("A bid has one envelope a slot, in the order of slots.");
  }
}

function wrong(slot, what) {
  const subject = slot ? `The envelope for slot ${slot}` : "The bid";
  return new EnvelopeError(`${subject} ${what}.`, "bid-refused", Fault.TENDERER);
}
