/**
 * Why an envelope or a share is refused, and whose doing that is: the twin of
 * bidding/kit/errors.py. Codes and faults are those of the kit; pages translate by code.
 */

export const Fault = Object.freeze({
  TENDERER: "tenderer",
  TRUSTEE: "trustee",
  STORAGE: "storage",
  UNDECIDED: "undecided",
});

/** Something given is not of the form that it must have. */
export class Malformed extends Error {
  name = "Malformed";

  constructor(message, code = "malformed") {
    super(message);
    this.code = code;
  }
}

/** An envelope, or something that belongs to it, is not what it must be. */
export class EnvelopeError extends Error {
  name = "EnvelopeError";

  constructor(message, code = "envelope-refused", fault = Fault.UNDECIDED) {
    super(message);
    this.code = code;
    this.fault = fault;
  }
}

/** The person, or the page, ended what was under way. */
export class Stopped extends Error {
  name = "Stopped";
  code = "stopped";

  constructor(message = "Stopped; nothing more is sent.") {
    super(message);
  }
}

/** A check did not hold: nothing is released, signed or sent on it. */
export class Refused extends Error {
  name = "Refused";

  constructor(message, code = "refused") {
    super(message);
    this.code = code;
  }
}
