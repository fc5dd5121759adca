/**
 * What this browser remembers of a lot between two looks, so that nobody can show it two stories:
 * the policy that it once accepted, the seal that vouched for the opening service, where it stands
 * in the ledger. Nothing secret. The twin of bidding/kit/watch.py.
 */

import { DeviceTable } from "../seal/device_table.js";
import { newFollower } from "./follower.js";

const lots = new DeviceTable("sunlit-watch", "lots", "lot");

/** The memory of a lot, by its URN. */
export class Watch {
  constructor(lot, { policy = null, seal = null, follower = null } = {}) {
    Object.assign(this, { lot, policy, seal, follower });
  }

  static async open(lot) {
    const found = await lots.run("readonly", (table) => table.get(lot));
    return new Watch(lot, found);
  }

  /** Written whole and synced before anything is acted on. */
  async save() {
    const { lot, policy, seal, follower } = this;
    await lots.run("readwrite", (table) => table.put({ lot, policy, seal, follower }));
  }

  /** Where this browser stands in the policy's log. */
  standing(policy) {
    return this.follower ?? newFollower(policy.log.name, policy.lot);
  }
}
