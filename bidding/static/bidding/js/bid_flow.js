// From what a tenderer prepared to a bid that counts: seal, compare, register, upload, see it
// complete. Every step can be taken up again after a reload, a crash or a lost line; the platform
// is asked first what it has. The same order as bidding/kit/submitting.py.

import { Signer } from "../../signatures/js/signer.js";
import { ApiError, token } from "./bid_api.js";
import { priceBytes, sheetBytes, PRICE_FILE, SHEET_FILE } from "./bid_sheet.js";
import { hex, sha256, unbase64 } from "./seal/bytes.js";
import { recall } from "./seal/store.js";

const SHEET_SLOT = 1;
const PRICE_SLOT = 4;
const JSON_TYPE = "application/json";
/** How often, and after how many milliseconds, a version that arrived is asked for. */
const ASKED = 20;
const PAUSE_MS = 500;

/** A signer from a certificate's file, if its certificate is one that is bound to this person. */
export async function openKey(data, file, password) {
  const keyFile = new Uint8Array(await file.arrayBuffer());
  const { certificate } = await Signer.open(keyFile, password);
  if (!data.certificates.includes(hex(await certificate.digest()))) {
    const error = new ApiError("This certificate is not bound to you.", "not-bound");
    error.places = { name: certificate.name };
    throw error;
  }
  const { name, issuerName: issuer, notBefore, notAfter } = certificate;
  return { keyFile, name, issuer, notBefore, notAfter };
}

export class Flow {
  #data;
  #draft;
  #sealer;
  #api;
  #on;

  /** on is {progress(message), step(code)}: how far it is, and what is being done meanwhile. */
  constructor({ data, draft, sealer, api, on }) {
    this.#data = data;
    this.#draft = draft;
    this.#sealer = sealer;
    this.#api = api;
    this.#on = on;
  }

  /** What is sealed into each slot: [[slot, [{name, type, blob}]]]. */
  documents(values) {
    return this.#data.slots.map((slot) => {
      const own = [];
      if (slot === SHEET_SLOT) own.push(written(SHEET_FILE, sheetBytes(values)));
      if (slot === PRICE_SLOT) own.push(written(PRICE_FILE, priceBytes(values)));
      const chosen = this.#draft.files(slot).map(({ name, type, blob }) => ({ name, type, blob }));
      return [slot, [...own, ...chosen]];
    });
  }

  /** Sign and encrypt a new version on this device; nothing is sent yet. */
  async seal(values, { keyFile, name, issuer }, password, passphrase) {
    const bid = this.#data.bid ?? crypto.randomUUID();
    const version = this.#data.newest + 1;
    await this.#sealer.call(
      "seal",
      {
        policy: unbase64(this.#data.policy),
        rehearsal: false,
        origin: this.#data.origin,
        documents: this.documents(values),
        keyFile,
        password,
        bid,
        version,
        at: await this.#api.time(),
      },
      this.#on.progress,
    );
    const kit = await this.#sealer.call("recoveryKit", { bid, passphrase });
    await this.#draft.put({
      sealed: { bid, version, signer: name, issuer },
      kits: [...this.#draft.kits.filter((each) => each.bid === bid && each.version < version),
        { bid, version, data: kit }],
      paused: false,
    });
    await this.#sealer.call("verify", { bid }, this.#on.progress);
  }

  /**
   * The version that was sealed here and is not complete yet: {bid, version}, or null where there
   * is none, or where the platform has another one under its number.
   */
  async unfinished() {
    const { sealed } = this.#draft;
    if (sealed === null) return null;
    const known = await recall(sealed.bid);
    if (known === null || known.version !== sealed.version) return null;
    const { bid, newest, coming } = this.#data;
    if (bid !== null && bid !== sealed.bid) return null;
    if (coming !== null && coming.version === sealed.version) {
      return coming.statement === hex(await sha256(known.statement)) ? sealed : null;
    }
    return sealed.version > newest ? sealed : null;
  }

  /** Register what was sealed here, upload what is missing, and return once it counts. */
  async handIn(values) {
    const { bid, version } = this.#draft.sealed;
    const made = await this.#sealer.call("restore", { bid, documents: this.documents(values) });
    this.#on.step("registering");
    const { uploads } = await this.#api.register(made);
    this.#data.coming = { version, uploads };
    this.#on.step("");
    await this.#sealer.call(
      "upload",
      { bid, uploads, headers: { "X-CSRFToken": token() }, patience: 30_000 },
      this.#on.progress,
    );
    this.#on.step("counting");
    await this.#complete(bid, version);
    const kits = this.#draft.kits.filter((each) => each.bid === bid && each.version === version);
    await this.#draft.put({ sealed: null, paused: false, kits });
    await this.#sealer.call("forget", { bid });
  }

  /** Give up the version that is on its way; the last complete one stands. */
  async giveUp() {
    await this.#sealer.stop();
    const { sealed } = this.#draft;
    // It may have been registered after this page was made: its answer went to the page before.
    const coming =
      this.#data.coming ?? (sealed && (await this.#api.version(sealed.bid, sealed.version)));
    const [upload] = coming?.uploads ?? [];
    if (upload !== undefined) await this.#api.giveUp(upload.url);
    const kits = this.#draft.kits.filter(({ version }) => version !== sealed?.version);
    await this.#draft.put({ sealed: null, paused: false, kits });
    if (sealed !== null) await this.#sealer.call("forget", { bid: sealed.bid });
  }

  async #complete(bid, version) {
    for (let asked = 0; asked < ASKED; asked += 1) {
      const found = await this.#api.version(bid, version);
      if (found?.state === "complete") return;
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS);
      });
    }
    throw new ApiError("The version is not complete yet.", "not-complete");
  }
}

const written = (name, data) => ({ name, type: JSON_TYPE, blob: new Blob([data], { type: JSON_TYPE }) });
