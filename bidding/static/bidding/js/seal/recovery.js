/**
 * The recovery kit: the tenderer's own share of each envelope, for the tenderer to keep. It
 * replaces an absent trustee at the opening. The file is the command-line kit's own
 * (bidding/kit/recovery.py), encrypted under a passphrase.
 */

import { dumps } from "../../../trading/js/jcs.js";
import { hex } from "./bytes.js";
import { EnvelopeError } from "./errors.js";
import * as fields from "./fields.js";
import { MAX_VERSION, SLOTS } from "./header.js";
import { SHARE_SIZE, Share, isCommitted } from "./shares.js";
import { lock, parsed, unlock } from "./vault.js";

const KIND = "recovery-kit";

/** The file's bytes for a version of a bid; ownShares is the Map of sealBid. */
export async function lockKit(policy, { bid, version, ownShares }, passphrase) {
  const shares = [...ownShares].map(([slot, share]) => [String(slot), hex(share.encode())]);
  const plain = dumps({
    origin: policy.origin,
    policy: hex(policy.digest),
    bid,
    version,
    shares: Object.fromEntries(shares),
  });
  return lock(plain, passphrase, KIND);
}

/** The kit in a file's bytes; Malformed wrong-passphrase when it does not open. */
export async function unlockKit(data, passphrase) {
  const inside = ["origin", "policy", "bid", "version", "shares"];
  const kit = fields.exactly(parsed(await unlock(data, passphrase, KIND)), inside, "The recovery kit");
  const shares = Object.entries(kit.shares).map(([slot, share]) => {
    const number = fields.integer(Number(slot), SLOTS[0], SLOTS.at(-1), "A share's slot");
    return [number, Share.parse(fields.bytes(share, SHARE_SIZE, `The share of slot ${slot}`))];
  });
  return {
    origin: fields.text(kit.origin, 255, "The origin"),
    policy: fields.bytes(kit.policy, 32, "The policy"),
    bid: fields.identifier(kit.bid, "The bid"),
    version: fields.integer(kit.version, 1, MAX_VERSION, "The version"),
    shares: new Map(shares),
  };
}

/** The kit's share of an envelope; EnvelopeError when the kit is another bid's. */
export async function shareFor(kit, head) {
  const { header } = head;
  const share = kit.shares.get(header.slot);
  const fits =
    hex(kit.policy) === hex(header.policy) &&
    kit.bid === header.bid &&
    kit.version === header.version;
  if (!fits || share === undefined || !(await isCommitted(share, head.tenderer))) {
    throw new EnvelopeError(
      "The recovery kit belongs to another bid or another version of it.",
      "foreign-kit",
    );
  }
  return share;
}
