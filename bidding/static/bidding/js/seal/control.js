/** Pausing, resuming and stopping work that asks at each of its steps. */

import { Stopped } from "./errors.js";

export class Control {
  #stopped = false;
  #waiting = null;
  #resume = null;
  #abort = new AbortController();

  get paused() {
    return this.#waiting !== null;
  }

  /** A signal that aborts with stop, for requests under way. */
  get signal() {
    return this.#abort.signal;
  }

  /** Hold the work at its next step. */
  pause() {
    if (this.#stopped || this.paused) return;
    this.#waiting = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Let it go on. */
  resume() {
    this.#resume?.();
    this.#waiting = null;
    this.#resume = null;
  }

  /** End it: the step under way, or the next one, raises Stopped. */
  stop() {
    this.#stopped = true;
    this.#abort.abort();
    this.resume();
  }

  /** Awaited by the work at each step. */
  async step() {
    while (this.#waiting !== null) await this.#waiting;
    if (this.#stopped) throw new Stopped();
  }

  /** Wait so many milliseconds, unless stopped. */
  async wait(milliseconds) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
    await this.step();
  }
}
