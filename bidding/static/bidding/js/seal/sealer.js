/**
 * A page's side of the sealing worker: each command a promise, progress by callback.
 *
 *   const sealer = new Sealer();
 *   const made = await sealer.call("seal", {...}, ({ phase, slot, done, total }) => …);
 *
 * The commands are those of worker.js. An error has its code (wrong-password, content-changed,
 * files-differ, other-tab, upload-gone …), by which pages translate it.
 */

/** What went wrong in the worker. */
export class SealerError extends Error {
  name = "SealerError";

  constructor({ message, code, fault, name }) {
    super(message);
    this.code = code;
    this.fault = fault;
    this.kind = name;
  }
}

export class Sealer {
  #worker;
  #calls = new Map();
  #next = 1;

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => this.#fail(event.message));
  }

  /** Run a command of the worker; onProgress hears {phase, slot, done, total}. */
  call(command, argument = {}, onProgress = () => {}) {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, command, argument });
    });
  }

  pause = () => this.call("pause");
  resume = () => this.call("resume");
  stop = () => this.call("stop");

  /** End the worker; what is under way ends with it. */
  close() {
    this.#worker.terminate();
    this.#fail("The page closed the sealing worker.");
  }

  #hear({ id, value, error, progress }) {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (progress !== undefined) {
      call.onProgress(progress);
      return;
    }
    this.#calls.delete(id);
    if (error === undefined) call.resolve(value);
    else call.reject(new SealerError(error));
  }

  #fail(message) {
    const error = { message: message ?? "The sealing worker ended.", code: "worker-ended" };
    for (const { reject } of this.#calls.values()) reject(new SealerError(error));
    this.#calls.clear();
  }
}
