// How far sealing and uploading are, envelope by envelope, from what the worker tells.

export const PHASES = ["hash", "encrypt", "verify", "upload"];
/** Milliseconds over which the speed of an upload is measured. */
const WINDOW = 10_000;

export class Progress {
  #slots;
  #rate = [];

  /** sizes is a Map of slot -> bytes of its files, in the order of slots. */
  constructor(sizes) {
    let before = 0;
    this.#slots = new Map();
    for (const [slot, size] of sizes) {
      this.#slots.set(slot, { before, size, shares: { hash: 0, encrypt: 0, verify: 0, upload: 0 } });
      before += size;
    }
  }

  /** Take in one message of the worker, heard at `now` (ms). */
  hear({ phase, slot, done, total }, now) {
    if (phase === "hash") {
      // The files of all envelopes are hashed in one go.
      for (const each of this.#slots.values()) {
        each.shares.hash = each.size ? clamp((done - each.before) / each.size) : 1;
      }
      return;
    }
    const each = this.#slots.get(slot);
    if (each === undefined) return;
    each.shares[phase] = total ? clamp(done / total) : 1;
    each.at = phase;
    if (phase !== "upload") return;
    this.#rate = this.#rate.filter(({ at, of }) => of === slot && now - at <= WINDOW);
    this.#rate.push({ at: now, of: slot, done });
    each.bytes = { done, total };
  }

  /** Everything before the upload is behind us: the version was sealed earlier. */
  sealed() {
    for (const { shares } of this.#slots.values()) {
      Object.assign(shares, { hash: 1, encrypt: 1, verify: 1 });
    }
  }

  /** Where one envelope is: {phase, percent, done: [phases], bytes, rate, left}. */
  of(slot) {
    const { shares, bytes = null, at = null } = this.#slots.get(slot);
    const done = PHASES.filter((phase) => shares[phase] >= 1);
    const phase = PHASES.find((name) => shares[name] < 1) ?? null;
    const percent = phase === null ? 100 : Math.floor(100 * shares[phase]);
    const rate = this.#speed(slot);
    const left = bytes !== null && rate > 0 ? (bytes.total - bytes.done) / rate : null;
    const begun = phase !== null && (shares[phase] > 0 || at === phase);
    return { phase, percent, done, begun, bytes, rate, left };
  }

  /** Envelopes of which every byte has arrived. */
  get arrived() {
    return [...this.#slots.values()].filter(({ shares }) => shares.upload >= 1).length;
  }

  get count() {
    return this.#slots.size;
  }

  /** How much of all the work is done, 0 to 1; each phase of each envelope by its size. */
  get whole() {
    let sum = 0;
    let all = 0;
    for (const { size, shares } of this.#slots.values()) {
      for (const phase of PHASES) sum += (size + 1) * shares[phase];
      all += PHASES.length * (size + 1);
    }
    return sum / all;
  }

  /** Bytes a second of the envelope that is being uploaded; 0 while that cannot be said. */
  #speed(slot) {
    const heard = this.#rate.filter(({ of }) => of === slot);
    if (heard.length < 2) return 0;
    const [first, last] = [heard[0], heard.at(-1)];
    return last.at > first.at ? (1000 * (last.done - first.done)) / (last.at - first.at) : 0;
  }
}

const clamp = (share) => Math.min(1, Math.max(0, share));

/** Bytes for people: 1.9 GB. */
export function size(bytes) {
  const names = ["B", "KB", "MB", "GB"];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < names.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${step === 0 ? value : value.toFixed(1)} ${names[step]}`;
}
