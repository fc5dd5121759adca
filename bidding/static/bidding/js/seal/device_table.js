/** A table of this browser's own database, one a database: what is written is synced at once. */
export class DeviceTable {
  constructor(database, table, keyPath) {
    Object.assign(this, { database, table, keyPath });
  }

  /** What `act(table)` answers, once its transaction has ended; `mode` as IndexedDB has it. */
  async run(mode, act) {
    const database = await this.#open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(this.table, mode, { durability: "strict" });
        const request = act(transaction.objectStore(this.table));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  #open() {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(this.database, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore(this.table, { keyPath: this.keyPath });
      };
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
  }
}
