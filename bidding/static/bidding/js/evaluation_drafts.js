// Points that the platform does not have yet, kept on this device until it does.

const DATABASE = 'sunlit-evaluation';
const STORE = 'drafts';

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** `scope` names room and person: what one person typed here is never another's. Where the browser
 * keeps nothing (private windows, full disk) the page itself remembers as long as it stands. */
export class Drafts {
  constructor(scope, factory = globalThis.indexedDB) {
    Object.assign(this, { scope, factory, kept: new Map() });
  }

  /** All drafts of this scope: cell -> what was typed. */
  async all() {
    try {
      const range = IDBKeyRange.bound([this.scope, ''], [this.scope, '\uffff']);
      const rows = await this.#run('readonly', (store) => store.getAll(range));
      for (const { cell, text } of rows) if (!this.kept.has(cell)) this.kept.set(cell, text);
    } catch {
      // The page's own memory is what there is.
    }
    return new Map(this.kept);
  }

  async put(cell, text) {
    this.kept.set(cell, text);
    await this.#quietly('readwrite', (store) => store.put({ scope: this.scope, cell, text }));
  }

  async remove(cell) {
    this.kept.delete(cell);
    await this.#quietly('readwrite', (store) => store.delete([this.scope, cell]));
  }

  async #quietly(mode, act) {
    try {
      await this.#run(mode, act);
    } catch {
      // Kept in the page's memory alone.
    }
  }

  async #run(mode, act) {
    this.database ??= this.#open();
    const database = await this.database;
    return settled(act(database.transaction(STORE, mode).objectStore(STORE)));
  }

  async #open() {
    const request = this.factory.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: ['scope', 'cell'] });
    };
    return settled(request);
  }
}
