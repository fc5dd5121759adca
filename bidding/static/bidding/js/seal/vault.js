/**
 * Secrets in a file, encrypted under a passphrase: the command-line kit's own file
 * (bidding/kit/vault.py), scrypt (RFC 7914) and AES-256-GCM.
 */

import { dumps, loads } from "../../../trading/js/jcs.js";
import { scryptAsync } from "../../../vendor/hashes.js";
import { hex, utf8 } from "./bytes.js";
import { Malformed } from "./errors.js";
import * as fields from "./fields.js";

const FORMAT = "sunlit.vault/1";
export const MINIMUM_PASSPHRASE = 8;
/** OWASP's parameters for 32 MiB of memory. */
const COST = { n: 2 ** 15, r: 8, p: 3 };
const MAX_COST = { n: 2 ** 18, r: 16, p: 8 };
const MAX_FILE = 4 * 1024 * 1024;

/** The file's bytes around a secret; kind says what is inside. */
export async function lock(secret, passphrase, kind) {
  if ([...passphrase].length < MINIMUM_PASSPHRASE) {
    throw new Malformed(
      `Choose a passphrase of at least ${MINIMUM_PASSPHRASE} characters.`,
      "short-passphrase",
    );
  }
  const header = {
    format: FORMAT,
    kind,
    kdf: { name: "scrypt", ...COST, salt: hex(crypto.getRandomValues(new Uint8Array(16))) },
    nonce: hex(crypto.getRandomValues(new Uint8Array(12))),
  };
  const key = await deriveKey(header.kdf, passphrase, "encrypt");
  const sealed = await crypto.subtle.encrypt(parameters(header), key, secret);
  return dumps({ ...header, ciphertext: hex(new Uint8Array(sealed)) });
}

/** The secret in a file's bytes; Malformed wrong-passphrase when it does not open. */
export async function unlock(data, passphrase, kind) {
  if (data.length > MAX_FILE) throw new Malformed("The encrypted file is too large.");
  const names = ["format", "kind", "kdf", "nonce", "ciphertext"];
  const value = fields.exactly(parsed(data), names, "The encrypted file");
  if (value.format !== FORMAT) throw new Malformed("The encrypted file is of an unknown format.");
  if (value.kind !== kind) throw new Malformed(`This file holds no ${kind}.`, "wrong-kind");
  const { ciphertext, ...header } = value;
  const key = await deriveKey(header.kdf, passphrase, "decrypt");
  const sealed = fields.bytes(ciphertext, null, "The file's content");
  const how = parameters(header);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, key, sealed));
  } catch {
    throw new Malformed("The passphrase is wrong or the file is damaged.", "wrong-passphrase");
  }
}

/** Canonical JSON out of a file or a secret; Malformed for anything else. */
export function parsed(data) {
  try {
    return loads(data, { canonical: true });
  } catch {
    throw new Malformed("The encrypted file is damaged.");
  }
}

const parameters = (header) => ({
  name: "AES-GCM",
  iv: fields.bytes(header.nonce, 12, "The file's nonce"),
  additionalData: dumps(header),
});

async function deriveKey(kdf, passphrase, usage) {
  const value = fields.exactly(kdf, ["name", "n", "r", "p", "salt"], "The file's key derivation");
  const N = fields.integer(value.n, 2 ** 14, MAX_COST.n, "scrypt's n");
  const r = fields.integer(value.r, 8, MAX_COST.r, "scrypt's r");
  const p = fields.integer(value.p, 1, MAX_COST.p, "scrypt's p");
  if (value.name !== "scrypt" || N & (N - 1)) {
    throw new Malformed("The file's key derivation is unknown.");
  }
  const salt = fields.bytes(value.salt, 16, "scrypt's salt");
  const maxmem = 128 * (N + p + 2) * r + 1024;
  const raw = await scryptAsync(utf8(passphrase), salt, { N, r, p, dkLen: 32, maxmem });
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, [usage]);
}
