// What a tenderer prepares, kept on this device alone (IndexedDB) until it is sealed and handed in:
// the fields as they were typed, copies of the files, which version was sealed from them, and the
// recovery kits of versions (each encrypted under its passphrase).
//
// A draft belongs to one lot and one tenderer: {key, fields, sealed, paused, kits, left}. Its files stand
// in a table of their own, so that typing never writes them again.

const NAME = "sunlit-bid";
const DRAFTS = "drafts";
const FILES = "files";

const fresh = (key) => ({ key, fields: {}, sealed: null, paused: false, kits: [], left: {} });

export class Draft {
  #database;
  #record;
  #files;
  #writing = Promise.resolve();

  /** Use Draft.open. */
  constructor(database, record, files) {
    this.#database = database;
    this.#record = record;
    this.#files = files;
  }

  /** The draft for this key; an empty one, kept nowhere, where the browser keeps nothing. */
  static async open(key) {
    let database = null;
    let record;
    let files = [];
    try {
      database = await connect();
      record = await ask(database, DRAFTS, "readonly", (table) => table.get(key));
      files = await ask(database, FILES, "readonly", (table) => table.index("key").getAll(key));
    } catch {
      database = null;
    }
    files.sort((a, b) => a.at - b.at);
    return new Draft(database, record ?? fresh(key), files);
  }

  /** Whether this browser keeps drafts at all. */
  get keeps() {
    return this.#database !== null;
  }

  get fields() {
    return this.#record.fields;
  }

  /** The version that was sealed from this draft: {bid, version, signer, issuer}, or null. */
  get sealed() {
    return this.#record.sealed;
  }

  get paused() {
    return this.#record.paused;
  }

  /** The recovery kits of versions that were sealed here: [{bid, version, data}]. */
  get kits() {
    return this.#record.kits;
  }

  /** What was warned of and left as it is: file id -> keys of findings (bid_checks.js). */
  get left() {
    return this.#record.left ?? {};
  }

  /** The files of a slot, in the order in which they were added: {id, name, type, size, blob}. */
  files(slot) {
    return this.#files.filter((each) => each.slot === slot);
  }

  get all() {
    return [...this.#files];
  }

  /** Change the record; writes follow one another. */
  put(changes) {
    Object.assign(this.#record, changes);
    const record = structuredClone(this.#record);
    this.#writing = this.#writing.then(
      () => this.keeps && ask(this.#database, DRAFTS, "readwrite", (table) => table.put(record)),
    );
    return this.#writing;
  }

  /**
   * Add a file to a slot in place of one of the same name; the entry, with kept: false where the
   * device has no room for a copy.
   */
  async add(slot, file, type) {
    const entry = {
      key: this.#record.key, slot, name: file.name.normalize("NFC"), type, size: file.size,
      at: Math.max(Date.now(), 1 + Math.max(0, ...this.#files.map(({ at }) => at))),
    };
    const old = this.files(slot).find((each) => each.name === entry.name);
    let added = { ...entry, id: crypto.randomUUID(), blob: file, kept: false };
    if (this.keeps) {
      try {
        const kept = { ...added, kept: true };
        await ask(this.#database, FILES, "readwrite", (table) => table.put(kept));
        // The stored copy is what gets sealed: nobody changes it behind our back.
        added = await ask(this.#database, FILES, "readonly", (table) => table.get(kept.id));
      } catch {
        added.kept = false;
      }
    }
    this.#files.push(added);
    if (old !== undefined) await this.remove(old.id);
    return { added, replaced: old !== undefined };
  }

  async remove(id) {
    this.#files = this.#files.filter((each) => each.id !== id);
    if (this.keeps) await ask(this.#database, FILES, "readwrite", (table) => table.delete(id));
  }
}

/** Drop what was typed and chosen for a bid whose time is over; the recovery kit stays. */
export async function forgetContents(draft) {
  for (const { id } of draft.all) await draft.remove(id);
  await draft.put({ fields: {}, sealed: null, paused: false, left: {} });
}

function connect() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(DRAFTS, { keyPath: "key" });
      opening.result.createObjectStore(FILES, { keyPath: "id" }).createIndex("key", "key");
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

function ask(database, name, mode, wanted) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = wanted(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
