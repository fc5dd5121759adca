/**
 * What this browser remembers of a lot between two looks, so that nobody can show it two stories:
 * the policy that it once accepted, the seal that vouched for the opening service, where it stands
 * in the ledger. Nothing secret. The twin of bidding/kit/watch.py.
 */

import { newFollower } from "./follower.js";

const NAME = "sunlit-watch";
const TABLE = "lots";

/** The memory of a lot, by its URN. */
export class Watch {
  constructor(lot, { policy = null, seal = null, follower = null } = {}) {
    Object.assign(this, { lot, policy, seal, follower });
  }

  static async open(lot) {
    const found = await inTable("readonly", (table) => table.get(lot));
    return new Watch(lot, found);
  }

  /** Written whole and synced before anything is acted on. */
  async save() {
    const { lot, policy, seal, follower } = this;
    await inTable("readwrite", (table) => table.put({ lot, policy, seal, follower }));
  }

  /** Where this browser stands in the policy's log. */
  standing(policy) {
    return this.follower ?? newFollower(policy.log.name, policy.lot);
  }
}

async function inTable(mode, ask) {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE, { keyPath: "lot" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TABLE, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}
