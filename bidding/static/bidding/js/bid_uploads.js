// The rows of sealing and uploading: each envelope with its four phases, its bar and its state.

import { Progress, size } from "./bid_progress.js";
import { filesSaid, say, timeSaid, write } from "./bid_words.js";

/** A reader that is listened to hears of every quarter. */
const QUARTERS = 4;

export class Uploads {
  #root;
  #overall;
  #progress = null;
  #spoken = -1;
  #drawn = 0;

  constructor(root) {
    this.#root = root.querySelector("[data-uploads]");
    this.#overall = root.querySelector("[data-overall]");
  }

  /** Begin anew with the files of each slot: [[slot, [{size}]]]. */
  begin(documents, { sealed = false } = {}) {
    const files = documents.map(([slot, each]) => [
      slot, each.map(({ blob }) => ({ size: blob.size })),
    ]);
    for (const [slot, each] of files) {
      write(this.#row(slot).querySelector("[data-size]"), filesSaid(each));
    }
    this.#progress = new Progress(
      new Map(files.map(([slot, each]) => [slot, each.reduce((sum, one) => sum + one.size, 0)])),
    );
    if (sealed) this.#progress.sealed();
    this.#spoken = -1;
    this.draw();
  }

  /** One message of the worker. */
  hear(message) {
    this.#progress.hear(message, performance.now());
    const now = performance.now();
    if (message.done < message.total && now - this.#drawn < 100) return;
    this.#drawn = now;
    this.draw();
  }

  /** The share of all the work that is done, in per cent. */
  get percent() {
    return this.#progress === null ? 0 : Math.floor(100 * this.#progress.whole);
  }

  /** held: "" while it goes on, else paused or stopped. */
  draw(held = "") {
    if (this.#progress === null) return;
    for (const row of this.#root.querySelectorAll("[data-envelope]")) {
      this.#drawRow(row, this.#progress.of(Number(row.dataset.envelope)), held);
    }
    const quarter = Math.floor(QUARTERS * this.#progress.whole);
    if (quarter !== this.#spoken) {
      this.#spoken = quarter;
      const { arrived, count } = this.#progress;
      write(this.#overall, say("overall", { done: arrived, all: count }));
    }
  }

  #drawRow(row, { phase, percent, done, begun, bytes, rate, left }, held) {
    row.querySelector("[data-bar]").value = percent;
    for (const each of row.querySelectorAll("[data-phase]")) {
      const name = each.dataset.phase;
      const now = name === phase && begun;
      each.className = done.includes(name) ? "is-done" : now ? "is-now" : "is-todo";
      write(each.querySelector("[data-percent]"), now ? `${percent} %` : "");
    }
    const rates = phase === "upload" && rate > 0 && left !== null && !held
      ? say("rate", { done: size(bytes.done), total: size(bytes.total), rate: size(rate), left: timeSaid(left) })
      : "";
    write(row.querySelector("[data-rate]"), rates);
    const state = row.querySelector("[data-state]");
    const [shape, text] = phase === null
      ? ["good", say("arrived")]
      : !begun
        ? ["todo", say("waiting")]
        : held
          ? ["paused", say(held)]
          : ["now", say("working", { phase: say(`phase-${phase}`), percent })];
    state.className = `status status-${shape}`;
    write(state, text);
  }

  #row(slot) {
    return this.#root.querySelector(`[data-envelope="${slot}"]`);
  }
}

