// Saves points as they are typed, one after the other: on this device at once, on the platform as
// soon as there is a line to it. Knows neither page nor socket, so that it can be tried under node.
//
//   const saver = new Saver({ drafts, send, tell });
//   saver.put('T01|plan', '8.5', '8.50');   // what was typed, and as points; null where it is none
//   saver.ready(true);                      // there is a line
//
// `send(cell, points)` resolves when it is committed and rejects with an error whose `again` says
// that it may be tried once more, `lost` that the line is gone. `tell(cell, state, message)` hears
// "device", "sending", "saved", "unfit" or "refused".

export const AGAIN_MS = 1_500;
export const TRIES = 5;

export class Saver {
  constructor({ drafts, send, tell, after = (act, ms) => setTimeout(act, ms) }) {
    Object.assign(this, { drafts, send, tell, after });
    this.waiting = new Map(); // cell -> { text, points, tries }
    this.isReady = false;
    this.isBusy = false;
  }

  /** How many cells are not on the platform: those that will be sent, and those that cannot. */
  get counts() {
    const all = [...this.waiting.values()];
    const unfit = all.filter((one) => one.points === null).length;
    return { waiting: all.length - unfit, unfit };
  }

  put(cell, text, points) {
    this.waiting.delete(cell); // what is typed last is sent last
    const entry = { text, points, tries: 0 };
    this.waiting.set(cell, entry);
    this.drafts.put(cell, text);
    this.tell(cell, points === null ? 'unfit' : 'device');
    this.#run();
    return entry;
  }

  /** The cell stands as it is on the platform: what was typed was taken back. */
  drop(cell) {
    this.waiting.delete(cell);
    this.drafts.remove(cell);
    this.tell(cell, 'saved');
  }

  ready(is) {
    this.isReady = is;
    if (is) this.#run();
  }

  /** Resolves when nothing that can be sent waits any more. */
  idle() {
    if (!this.isBusy && this.counts.waiting === 0) return Promise.resolve();
    return new Promise((resolve) => { (this.sleepers ??= []).push(resolve); });
  }

  async #run() {
    if (this.isBusy || !this.isReady) return;
    this.isBusy = true;
    try {
      for (let next = this.#next(); next && this.isReady; next = this.#next()) {
        await this.#save(...next);
      }
    } finally {
      this.isBusy = false;
    }
    if (this.counts.waiting === 0) this.sleepers?.splice(0).forEach((wake) => wake());
  }

  #next() {
    return [...this.waiting].find(([, entry]) => entry.points !== null && !entry.resting);
  }

  async #save(cell, entry) {
    this.tell(cell, 'sending');
    let error = null;
    try {
      await this.send(cell, entry.points);
    } catch (raised) {
      error = raised;
    }
    if (this.waiting.get(cell) !== entry) return; // typed anew meanwhile: that one counts
    if (error === null) {
      this.drop(cell);
    } else if (error.lost) {
      this.isReady = false;
      this.tell(cell, 'device');
    } else if (error.again && entry.tries < TRIES) {
      entry.tries += 1;
      entry.resting = true;
      this.tell(cell, 'device');
      this.after(() => { entry.resting = false; this.#run(); }, AGAIN_MS);
    } else {
      this.waiting.delete(cell);
      this.tell(cell, 'refused', error.message);
    }
  }
}
