/**
 * Signing one place of a document that several sign, against the platform: the page's twin of
 * signatures/domain/device_session.py.
 *
 *   const api = new SigningApi(csrfToken);
 *   await signSession(api, document, field, signer);
 *
 * The key stays here. The document as it stands is fetched and its digest checked; what the
 * platform prepares must begin with exactly those bytes; only then is it signed.
 */

import { toBase64 } from "./base64.js";
import { same } from "./certificate.js";
import { signPdf } from "./pdf.js";

const MOVED_ON = "document-moved-on";
/** How often a signer may be overtaken by co-signers before giving up. */
const ATTEMPTS = 20;

/** What the platform refused, in its own words. */
export class SessionError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "SessionError";
    this.code = code;
  }
}

/** Calls as the person of this page; `token` is the page's own against forged requests. */
export class SigningApi {
  constructor(token, call = (...request) => fetch(...request)) {
    Object.assign(this, { token, call });
  }

  async post(path, body) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    return this.#answer(await this.call(path, {
      method: "POST", headers, body: JSON.stringify(body), cache: "no-store",
    }));
  }

  async get(path) {
    return this.#answer(await this.call(path, { cache: "no-store" }));
  }

  async #answer(response) {
    const json = (response.headers.get("Content-Type") ?? "").includes("json");
    if (response.ok) {
      return json ? response.json() : new Uint8Array(await response.arrayBuffer());
    }
    const problem = json ? await response.json().catch(() => ({})) : {};
    throw new SessionError(problem.code ?? "no-answer", problem.detail ?? "");
  }
}

/** Sign in one place; again where a co-signer was faster. Answers what the platform answers. */
export async function signSession(api, document, field, signer) {
  const base = `/api/v1/signing/${document}`;
  const { session, content } = await api.post(`${base}/sessions`, { field });
  const address = `${base}/sessions/${session}`;
  const certificate = toBase64(signer.certificate.der);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const shown = await asShown(api, base, content);
      const prepared = await api.post(`${address}/prepare`, { certificate });
      if (!(prepared instanceof Uint8Array) || !same(prepared.subarray(0, shown.length), shown)) {
        throw new SessionError(MOVED_ON, "");
      }
      const cms = toBase64(await signPdf(prepared, signer));
      return await api.post(`${address}/embed`, { cms });
    } catch (error) {
      if (error.code !== MOVED_ON || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The newest revision, by the digest that the platform states. */
async function asShown(api, base, content) {
  const { sha256 } = await api.get(base);
  const data = await api.get(content);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new SessionError(MOVED_ON, "");
  return data;
}
