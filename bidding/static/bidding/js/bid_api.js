// The platform's interface for programs, as the page calls it: the same calls as the kit's, with
// the session's cookie and its CSRF token.

import { base64, hex, sha256 } from "./seal/bytes.js";

/** The platform refused, or could not be reached; fromPlatform says that the message is its own. */
export class ApiError extends Error {
  name = "ApiError";

  constructor(message, code, fromPlatform = false) {
    super(message);
    this.code = code;
    this.fromPlatform = fromPlatform;
  }
}

/** Read anew each time: signing in again in another tab renews it. */
export function token() {
  const found = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
  return found?.[1] ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

async function call(method, address, { body = undefined, headers = {} } = {}) {
  let answer;
  try {
    answer = await fetch(address, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "GET" ? {} : { "X-CSRFToken": token() }),
        ...headers,
      },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
  } catch {
    throw new ApiError("The platform cannot be reached.", "no-answer");
  }
  if (answer.status === 204) return null;
  let value = null;
  try {
    value = await answer.json();
  } catch {
    // What is no JSON is told by its status alone.
  }
  if (answer.ok && value !== null) return value;
  if (answer.status === 401) throw new ApiError("Signed out.", "sign-in-first");
  if (value?.code) throw new ApiError(String(value.detail ?? value.code), value.code, true);
  throw new ApiError(`The platform answers ${answer.status}.`, answer.status === 403 ? "denied" : "bad-answer");
}

const key = async (what, statement) => `${what}-${hex(await sha256(statement))}`;

export class Api {
  #data;

  constructor(data) {
    this.#data = data;
  }

  /** The official time as statements write it. */
  async time() {
    return (await call("GET", this.#data.time)).now;
  }

  /** Register a signed version; the same statement again gets the same uploads again. */
  async register({ statement, signature, envelopes }) {
    const body = {
      statement: base64(statement),
      signature: base64(signature),
      organisation: this.#data.organisation,
      envelopes: envelopes.map(({ slot, head, leaves }) => ({
        slot, head: base64(head), leaves: base64(leaves),
      })),
    };
    const headers = { "Idempotency-Key": await key("bid", statement) };
    return call("POST", this.#data.bids, { body, headers });
  }

  /** One version of one's own bid as the platform has it, or null. */
  async version(bid, number) {
    const { bids } = await call("GET", `${this.#data.bids}/mine`);
    const found = bids.find((each) => each.bid === bid);
    return found?.versions.find((each) => each.version === number) ?? null;
  }

  async withdraw(bid, { statement, signature }) {
    const body = { statement: base64(statement), signature: base64(signature) };
    const headers = { "Idempotency-Key": await key("withdraw", statement) };
    return call("POST", `${this.#data.bids}/${bid}/withdraw`, { body, headers });
  }

  /** Give up the version that an upload belongs to. */
  async giveUp(upload) {
    await call("DELETE", upload, { headers: { "Tus-Resumable": "1.0.0" } });
  }
}
