/**
 * What the platform says about a lot's sealing, read into plain values; none of it is believed
 * here. The twin of bidding/kit/wire.py, log_reader.py and of what a client's calls need.
 */

import { bundlePath, parseBundle, widthAt, WIDTH } from "../../../signatures/js/ledger.js";
import { readCheckpoint } from "../../../signatures/js/note.js";
import { signStatement } from "../../../signatures/js/cades.js";
import { base64, hex, sha256, unbase64 } from "../seal/bytes.js";
import { Refused } from "../seal/errors.js";
import { digestOf } from "./signed.js";

/** The platform said no, or nothing; code is its own, message is for the person. */
export class Answer extends Error {
  name = "Answer";

  constructor(code, message, status) {
    super(message || code);
    Object.assign(this, { code, status, said: Boolean(message) });
  }
}

/** One browser's calls about one lot (its id); csrf is the page's token. */
export class Wire {
  #bundles = new Map();

  constructor(lot, csrf) {
    Object.assign(this, { lot, csrf });
  }

  get urn() {
    return `lot:${this.lot}`;
  }

  /** The official time, as a statement writes it. */
  async officialTime() {
    const { now } = await this.#json("/api/v1/time");
    return now;
  }

  /** All that was published about the lot's sealing. */
  async sealing() {
    const value = await this.#json(`/api/v1/lots/${this.lot}/sealing`);
    const signed = [...value.schedules, ...value.gates];
    return {
      ...value,
      openingKey: signedOf(value.opening_service),
      policy: value.policy === null ? null : signedOf(value.policy),
      keys: value.trustee_keys.map((each) => ({ trustee: each.trustee, signed: signedOf(each) })),
      schedules: value.schedules.map(signedOf),
      gates: value.gates.map((each) => ({ ...signedOf(each), open: each.open })),
      objects: signed.map(signedOf),
      frozen: value.freeze !== null,
    };
  }

  /** The frozen set with its checkpoint and token; null before the freeze. */
  async frozen() {
    let value;
    try {
      value = await this.#json(`/api/v1/lots/${this.lot}/frozen`);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
    const bids = [];
    for (const item of value.bids) {
      const signed = signedOf(item);
      bids.push({
        bid: item.bid,
        version: item.version,
        statement: await digestOf(signed),
        signed,
        stands: item.state === "frozen",
        envelopes: item.envelopes.map((each) => ({ ...each, head: unbase64(each.head, "A head") })),
      });
    }
    return { note: value.note, token: value.token ? unbase64(value.token) : new Uint8Array(), bids };
  }

  /** The newest checkpoint with its cosignatures; empty while there is none. */
  async newest() {
    const answer = await this.#get("/ledger/checkpoint");
    return answer.status === 404 ? "" : (await checked(answer)).text();
  }

  /** The leaves from start to the size that a checkpoint states, as they are served. */
  async leaves(start, note, report = () => {}) {
    const { size } = readCheckpoint(note);
    const found = [];
    for (let index = Math.floor(start / WIDTH); index * WIDTH < size; index += 1) {
      found.push(...(await this.#bundle(index, size)).slice(Math.max(0, start - index * WIDTH)));
      report(start + found.length, size);
    }
    return found;
  }

  /** Sign a statement's bytes and hand it in under what (a path below the lot). */
  async handIn(what, statement, signer, more = {}) {
    const signature = await signStatement(statement, signer);
    const answer = await fetch(`/api/v1/lots/${this.lot}/${what}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": this.csrf,
        "Idempotency-Key": `${what}-${hex(await sha256(statement))}`.slice(0, 96),
      },
      body: JSON.stringify({ statement: base64(statement), signature: base64(signature), ...more }),
    });
    return (await checked(answer)).json();
  }

  async #bundle(index, size) {
    const width = widthAt(index, size);
    const path = bundlePath(index, width);
    if (!this.#bundles.has(path)) {
      const answer = await checked(await this.#get(`/ledger/${path}`));
      this.#bundles.set(path, parseBundle(new Uint8Array(await answer.arrayBuffer()), width));
    }
    return this.#bundles.get(path);
  }

  async #json(path) {
    return (await checked(await this.#get(path))).json();
  }

  async #get(path) {
    try {
      return await fetch(path, { cache: "no-store" });
    } catch {
      throw new Answer("no-answer", "", 0);
    }
  }
}

async function checked(answer) {
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Answer(problem.code ?? "no-answer", problem.detail ?? "", answer.status);
}

function signedOf(item) {
  const signatures = item.signatures ?? [item.signature];
  if (!Array.isArray(signatures)) throw new Refused("The platform's answer is unknown here.", "bad-answer");
  return {
    data: unbase64(item.statement, "A statement"),
    signatures: signatures.map((each) => unbase64(each, "A signature")),
  };
}
