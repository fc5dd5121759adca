/**
 * How much one request of an upload brings: what the line carries in about two seconds, so that a
 * cut loses little and a fast line is not held up by asking; the twin of bidding/kit/pace.py.
 */

import { PART_SIZE } from "./body.js";

/** Milliseconds that a request should take. */
const AIM = 2000;
const FIRST = 8;
/** 32 MiB: what the platform takes at once. */
const MOST = 32;
/** How much larger than the last one a request may be. */
const GROWTH = 4;

export class Pace {
  #most = MOST;

  /** Whole parts that the next request brings. */
  parts = FIRST;

  /** So many bytes were taken in so many milliseconds. */
  took(bytes, milliseconds) {
    const sent = Math.floor(bytes / PART_SIZE);
    // The end of a body is no measure.
    if (sent < this.parts) return;
    const fitting = Math.floor((sent * AIM) / Math.max(1, milliseconds));
    this.parts = Math.max(1, Math.min(fitting, GROWTH * sent, this.#most));
  }

  /** A request did not come through. */
  failed() {
    this.parts = Math.max(1, Math.floor(this.parts / 2));
  }

  /** So many bytes were too many for something on the way; whether fewer can be tried. */
  refused(bytes) {
    const sent = Math.ceil(bytes / PART_SIZE);
    if (sent <= 1) return false;
    this.#most = Math.floor(sent / 2);
    this.parts = Math.min(this.parts, this.#most);
    return true;
  }
}
