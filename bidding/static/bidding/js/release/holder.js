/** Who holds one share of each envelope: a trustee by its keys, a tenderer by its recovery kit. */

import { hex } from "../seal/bytes.js";
import { Refused } from "../seal/errors.js";
import { shareFor, unlockKit } from "../seal/recovery.js";
import { SlotKeys } from "./trustee.js";

class TrusteeHolder {
  constructor(keys) {
    this.keys = keys;
    this.name = keys.trustee;
  }

  index(policy) {
    return this.keys.indexIn(policy);
  }

  holds() {
    return true;
  }

  share(policy, head) {
    return this.keys.unwrap(policy, head);
  }
}

class TendererHolder {
  constructor(kit) {
    this.kit = kit;
    this.name = `bid:${kit.bid}`;
  }

  index(policy) {
    if (hex(this.kit.policy) !== hex(policy.digest)) {
      throw new Refused("The recovery kit belongs to another tender.", "foreign-file");
    }
    return policy.n + 1;
  }

  holds({ bid, version }) {
    return bid === this.kit.bid && version === this.kit.version;
  }

  share(_policy, head) {
    return shareFor(this.kit, head);
  }
}

/** The holder in a file's bytes, of whichever kind; Malformed when the file does not open. */
export async function openHolder(data, passphrase) {
  try {
    return new TrusteeHolder(await SlotKeys.open(data, passphrase));
  } catch (error) {
    if (error.code !== "wrong-kind") throw error;
  }
  return new TendererHolder(await unlockKit(data, passphrase));
}
