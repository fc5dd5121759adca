// What was found in the files of a bid before it is sealed. Every file is read once, on this device;
// what is warned of is left by a click, which is kept with the draft.

import { judge } from "./check/judge.js";
import { readFile, sameBytes } from "./check/read.js";
import { capitals } from "./bid_money.js";
import { say } from "./bid_words.js";

export class Checks {
  #draft;
  #blind;
  #own;
  #changed;
  #read = new Map(); // file id -> what was read of it
  #sheet = {};
  #running = null;
  #findings = new Map();

  /** own names the tenderer; changed is called when something was read or judged anew. */
  constructor(draft, { blind, own, changed }) {
    this.#draft = draft;
    this.#blind = blind;
    this.#own = own;
    this.#changed = changed;
  }

  /** The sheet and price as they are typed now: {manager, price}. */
  know({ manager, price }) {
    this.#sheet = { manager, price, capitals: price === undefined ? "" : capitals(price) };
    this.judge();
  }

  /** Read what has not been read; further files join in. Ends when nothing is left to read. */
  look() {
    this.#running ??= this.#lookAtAll().finally(() => {
      this.#running = null;
      this.#changed();
    });
    return this.#running;
  }

  get isBusy() {
    return this.#running !== null;
  }

  isRead(id) {
    return this.#read.has(id);
  }

  /** What was found in a file: [{code, level, places, left}]; left says that a click left it so. */
  of(id) {
    return this.#findings.get(id) ?? [];
  }

  /** Whether a file's metadata can be taken out here, and there is a reason to. */
  isCleanable(id) {
    return Boolean(this.#read.get(id)?.removable)
      && this.of(id).some(({ code, places }) => /^blind-/.test(code) && places.where !== "name"
        && code !== "blind-unread");
  }

  /** Leave a file as it is in spite of everything that is warned of now. */
  async leave(id) {
    const keys = this.of(id).filter(({ level }) => level === "warn").map(keyOf);
    await this.#draft.put({ left: { ...this.#draft.left, [id]: keys } });
    this.judge();
  }

  async #lookAtAll() {
    for (;;) {
      const next = this.#draft.all.find(({ id }) => !this.#read.has(id));
      if (next === undefined) break;
      const found = await this.#lookAt(next);
      this.#read.set(next.id, found);
      this.judge();
      this.#changed(next.slot);
    }
  }

  async #lookAt({ blob, name, size }) {
    try {
      const read = await readFile(blob, name, { deep: true });
      const twins = [];
      for (const each of this.#draft.all) {
        if (each.size === size && this.#read.has(each.id) && (await sameBytes(each.blob, blob))) {
          twins.push(each.id);
        }
      }
      return { ...read, twins };
    } catch {
      // The device took the file away meanwhile, or it is more than a browser can hold.
      const problems = [{ code: "unreadable", level: "block", places: {} }];
      return { kind: "unknown", problems, said: [], readable: false, removable: false, twins: [] };
    }
  }

  /** Judge anew what was read, after a file went or a field changed. */
  judge() {
    const all = this.#draft.all.filter(({ id }) => this.#read.has(id));
    const files = all.map(({ id, slot, name }) => {
      const read = this.#read.get(id);
      const twin = all.find((each) => read.twins.includes(each.id));
      return { ...read, id, slot, name, twin: twin?.name };
    });
    const own = this.#sheet.manager ? [...this.#own, this.#sheet.manager] : this.#own;
    this.#findings = new Map();
    for (const { file, ...each } of judge(files, { blind: this.#blind, own, sheet: this.#sheet })) {
      const left = (this.#draft.left[file] ?? []).includes(keyOf(each));
      this.#findings.set(file, [...(this.#findings.get(file) ?? []), { ...each, left }]);
    }
  }
}

const keyOf = ({ code, places }) => JSON.stringify([code, places]);

/** A finding as people read it: what is wrong, where, what to do. */
export function findingSaid({ code, places }) {
  const { where, field, page, kind, ...rest } = places;
  return say(`check-${code}`, {
    ...rest,
    field: fieldSaid(field),
    ...(kind && { kind: say(`kind-${kind}`) }),
    ...(where && { where: say(`where-${where}`, { page, field: fieldSaid(field) }) }),
  });
}

const NAMED = new Set(["Author", "LastModifiedBy", "Company", "Manager", "Copyright", "Owner", "Title"]);
const fieldSaid = (field) => (NAMED.has(field) ? say(`field-${field}`) : field);
