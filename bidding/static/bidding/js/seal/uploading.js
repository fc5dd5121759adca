/**
 * Uploading one envelope's body: tus 1.0 in parts that are made again from the files as they are
 * needed; the twin of bidding/kit/upload.py. The platform says how far it got (HEAD) and the body
 * is made again from there. A part is sent only if it is the committed one.
 *
 * (tus-js-client uploads a file that exists; here each request's bytes are made and checked
 * against the commitment first, so the few requests of the protocol are made here. tus's checksum is
 * left out: the platform compares every part with the leaf that was committed to.)
 */

import { PART_SIZE } from "./body.js";
import { parts } from "./envelope.js";
import { Pace } from "./pace.js";
import { Plaintext } from "./plaintext.js";

const TUS = "1.0.0";
const SOON = 100;
const LATER = 3000;
/** How often one and the same PATCH may arrive damaged before the line is given up. */
const DAMAGED = 5;

/** The platform refused, or could not be reached for too long; code says which. */
export class UploadError extends Error {
  name = "UploadError";

  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** Something after which the platform is asked where it stands. */
class Again extends UploadError {}

/**
 * Send what the platform lacks of an envelope (of sealBid, or restored) to url; returns when it
 * has every byte. headers() gives those of authentication; patience is for how many milliseconds
 * no progress is borne. report({phase: "upload", slot, done, total}) tells how far it is.
 */
export async function upload(
  envelope,
  { url, control, report = async () => {}, headers = () => ({}), patience = 120_000 },
) {
  const line = new Line(envelope, { url, control, headers });
  let furthest = -1;
  let until = Date.now() + patience;
  let pause = SOON;
  let damaged = 0;
  for (;;) {
    try {
      for await (const done of line.goOn()) {
        if (done > furthest) {
          furthest = done;
          until = Date.now() + patience;
          pause = SOON;
          damaged = 0;
        }
        await report({ phase: "upload", slot: envelope.slot, done, total: line.size });
      }
      if ((await line.offset()) === line.size) return;
      throw new Again("The platform lost what it had taken.", "lost-bytes");
    } catch (error) {
      if (!(error instanceof Again)) throw error;
      if (error.code === "damaged-on-the-way") damaged += 1;
      if (Date.now() > until || damaged >= DAMAGED) throw new UploadError(error.message, error.code);
      await control.wait(pause);
      pause = Math.min(2 * pause, LATER);
    }
  }
}

/**
 * Make the whole body again and compare it with the commitment, without sending anything;
 * EnvelopeError content-changed when a file is no longer what was sealed.
 */
export async function verify(envelope, { control, report = async () => {} }) {
  const total = envelope.sealed.commitment.size;
  const source = new Plaintext(envelope.preamble, envelope.files);
  for await (const part of parts(envelope.head, envelope.secret, envelope.sealed, source)) {
    await control.step();
    const done = part.offset + part.data.length;
    await report({ phase: "verify", slot: envelope.slot, done, total });
  }
}

class Line {
  #envelope;
  #url;
  #control;
  #headers;
  #pace = new Pace();

  constructor(envelope, { url, control, headers }) {
    this.#envelope = envelope;
    this.#url = url;
    this.#control = control;
    this.#headers = headers;
    this.size = envelope.sealed.commitment.size;
  }

  /** Where the platform stands; always the start of a part, or the end. */
  async offset() {
    const answer = await this.#call("HEAD", {});
    if ([403, 404, 410].includes(answer.status)) throw gone(this.#envelope.slot);
    if (answer.status !== 200 && answer.status !== 204) throw again(answer);
    const length = number(answer, "Upload-Length");
    const offset = number(answer, "Upload-Offset");
    if (length !== this.size) {
      throw new UploadError(
        `The platform expects ${length} bytes; ${this.size} were signed. Nothing is sent.`,
        "wrong-length",
      );
    }
    if (offset > this.size || (offset % PART_SIZE !== 0 && offset !== this.size)) {
      throw new UploadError(
        `The platform says that it has ${offset} of ${this.size} bytes, which is no whole number` +
          " of parts. Nothing is sent.",
        "wrong-offset",
      );
    }
    return offset;
  }

  /** Ask where the platform stands and send from there; its offset before and after each. */
  async *goOn() {
    let offset = await this.offset();
    yield offset;
    if (offset === this.size) return;
    const { head, secret, sealed, preamble, files } = this.#envelope;
    const source = new Plaintext(preamble, files);
    const first = offset / PART_SIZE;
    let data = null;
    let filled = 0;
    for await (const part of parts(head, secret, sealed, source, { first })) {
      data ??= new Uint8Array(Math.min(this.#pace.parts * PART_SIZE, this.size - offset));
      data.set(part.data, filled);
      filled += part.data.length;
      if (filled < data.length) continue;
      await this.#control.step();
      offset = await this.#patch(offset, data);
      data = null;
      filled = 0;
      yield offset;
    }
  }

  async #patch(start, data) {
    const headers = {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(start),
    };
    const began = performance.now();
    let answer;
    try {
      answer = await this.#call("PATCH", headers, data);
    } catch (error) {
      this.#pace.failed();
      throw error;
    }
    if (answer.status === 413 && this.#pace.refused(data.length)) throw again(answer);
    if (answer.status !== 200 && answer.status !== 204) {
      throw (await final(answer, this.#envelope.slot)) ?? again(answer);
    }
    const offset = number(answer, "Upload-Offset");
    if (offset !== start + data.length) {
      throw new Again(`The platform says ${offset} after a part that ends elsewhere.`, "wrong-offset");
    }
    this.#pace.took(data.length, performance.now() - began);
    return offset;
  }

  async #call(method, headers, body = undefined) {
    await this.#control.step();
    try {
      const answer = await fetch(this.#url, {
        method,
        body,
        headers: { "Tus-Resumable": TUS, ...this.#headers(), ...headers },
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: this.#control.signal,
      });
      // What a good answer says stands in its headers; read to its end, its line is free again.
      if (answer.ok) await answer.arrayBuffer();
      return answer;
    } catch {
      await this.#control.step();
      throw new Again("The platform cannot be reached.", "no-answer");
    }
  }
}

const gone = (slot) =>
  new UploadError(
    `The platform has no upload for slot ${slot} any more: the version was withdrawn or replaced,` +
      " or the deadline has passed.",
    "upload-gone",
  );

/** What a PATCH says for good: a rule of the tender, the end of the upload, or no right to it. */
async function final(answer, slot) {
  const { status } = answer;
  if (status === 404 || status === 410) return gone(slot);
  if (![400, 401, 403, 409, 413, 415, 422].includes(status)) return null;
  let problem;
  try {
    problem = await answer.json();
  } catch {
    return null;
  }
  const { code, detail, message } = problem ?? {};
  if (typeof code !== "string" || code.includes("offset") || code === "upload-busy") return null;
  return new UploadError(String(detail ?? message ?? code), code);
}

function again(answer) {
  const { status } = answer;
  if (status === 507) {
    return new Again(
      "The platform's disk is full. What was sent is kept; start the upload again later.",
      "platform-full",
    );
  }
  if (status === 460) {
    return new Again("A part arrived damaged, again and again. Check the line.", "damaged-on-the-way");
  }
  return new Again(`The platform answered the upload with ${status}.`, "bad-answer");
}

function number(answer, name) {
  const text = answer.headers.get(name) ?? "";
  if (!/^\d{1,15}$/.test(text)) throw new Again(`The platform's answer has no ${name}.`, "bad-answer");
  return Number(text);
}
