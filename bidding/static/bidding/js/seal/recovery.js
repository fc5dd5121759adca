/**
 * The recovery kit: the tenderer's own share of each envelope, for the tenderer to keep. It
 * replaces an absent trustee at the opening. The file is the command-line kit's own
 * (bidding/kit/recovery.py, vault.py): scrypt (RFC 7914) and AES-256-GCM under a passphrase.
 */

import { dumps, loads } from "../../../trading/js/jcs.js";
import { scryptAsync } from "../../../vendor/hashes.js";
import { hex, utf8 } from "./bytes.js";
import { EnvelopeError, Malformed } from "./errors.js";
import * as fields from "./fields.js";
import { MAX_VERSION, SLOTS } from "./header.js";
import { SHARE_SIZE, Share, isCommitted } from "./shares.js";

const FORMAT = "sunlit.vault/1";
const KIND = "recovery-kit";
const MINIMUM_PASSPHRASE = 8;
/** OWASP's parameters for 32 MiB of memory. */
const COST = { n: 2 ** 15, r: 8, p: 3 };
const MAX_COST = { n: 2 ** 18, r: 16, p: 8 };

/** The file's bytes for a version of a bid; ownShares is the Map of sealBid. */
export async function lockKit(policy, { bid, version, ownShares }, passphrase) {
  if ([...passphrase].length < MINIMUM_PASSPHRASE) {
    throw new Malformed(
      `Choose a passphrase of at least ${MINIMUM_PASSPHRASE} characters.`,
      "short-passphrase",
    );
  }
  const shares = [...ownShares].map(([slot, share]) => [String(slot), hex(share.encode())]);
  const plain = dumps({
    origin: policy.origin,
    policy: hex(policy.digest),
    bid,
    version,
    shares: Object.fromEntries(shares),
  });
  const header = {
    format: FORMAT,
    kind: KIND,
    kdf: { name: "scrypt", ...COST, salt: hex(crypto.getRandomValues(new Uint8Array(16))) },
    nonce: hex(crypto.getRandomValues(new Uint8Array(12))),
  };
  const key = await deriveKey(header.kdf, passphrase, "encrypt");
  const sealed = await crypto.subtle.encrypt(parameters(header), key, plain);
  return dumps({ ...header, ciphertext: hex(new Uint8Array(sealed)) });
}

/** The kit in a file's bytes; Malformed wrong-passphrase when it does not open. */
export async function unlockKit(data, passphrase) {
  const names = ["format", "kind", "kdf", "nonce", "ciphertext"];
  const value = fields.exactly(read(data), names, "The recovery kit");
  if (value.format !== FORMAT || value.kind !== KIND) {
    throw new Malformed("This file is no recovery kit.");
  }
  const { ciphertext, ...header } = value;
  const key = await deriveKey(header.kdf, passphrase, "decrypt");
  let plain;
  try {
    const sealed = fields.bytes(ciphertext, null, "The kit's content");
    plain = new Uint8Array(await crypto.subtle.decrypt(parameters(header), key, sealed));
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed("The passphrase is wrong or the file is damaged.", "wrong-passphrase");
  }
  const inside = ["origin", "policy", "bid", "version", "shares"];
  const kit = fields.exactly(read(plain), inside, "The recovery kit");
  const shares = Object.entries(kit.shares).map(([slot, share]) => {
    const number = fields.integer(Number(slot), SLOTS[0], SLOTS.at(-1), "A share's slot");
    return [number, Share.parse(fields.bytes(share, SHARE_SIZE, `The share of slot ${slot}`))];
  });
  return {
    origin: fields.text(kit.origin, 255, "The origin"),
    policy: fields.bytes(kit.policy, 32, "The policy"),
    bid: fields.identifier(kit.bid, "The bid"),
    version: fields.integer(kit.version, 1, MAX_VERSION, "The version"),
    shares: new Map(shares),
  };
}

/** The kit's share of an envelope; EnvelopeError when the kit is another bid's. */
export async function shareFor(kit, head) {
  const { header } = head;
  const share = kit.shares.get(header.slot);
  const fits =
    hex(kit.policy) === hex(header.policy) &&
    kit.bid === header.bid &&
    kit.version === header.version;
  if (!fits || share === undefined || !(await isCommitted(share, head.tenderer))) {
    throw new EnvelopeError(
      "The recovery kit belongs to another bid or another version of it.",
      "foreign-kit",
    );
  }
  return share;
}

function read(data) {
  try {
    return loads(data, { canonical: true });
  } catch {
    throw new Malformed("The recovery kit is damaged.");
  }
}

const parameters = (header) => ({
  name: "AES-GCM",
  iv: fields.bytes(header.nonce, 12, "The kit's nonce"),
  additionalData: dumps(header),
});

async function deriveKey(kdf, passphrase, usage) {
  const value = fields.exactly(kdf, ["name", "n", "r", "p", "salt"], "The kit's key derivation");
  const N = fields.integer(value.n, 2 ** 14, MAX_COST.n, "scrypt's n");
  const r = fields.integer(value.r, 8, MAX_COST.r, "scrypt's r");
  const p = fields.integer(value.p, 1, MAX_COST.p, "scrypt's p");
  if (value.name !== "scrypt" || N & (N - 1)) {
    throw new Malformed("The kit's key derivation is unknown.");
  }
  const salt = fields.bytes(value.salt, 16, "scrypt's salt");
  const maxmem = 128 * (N + p + 2) * r + 1024;
  const raw = await scryptAsync(utf8(passphrase), salt, { N, r, p, dkLen: 32, maxmem });
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, [usage]);
}
