/**
 * One look at a lot: fetch what the platform shows, prove what can be proven, remember it. The
 * twin of bidding/kit/looking.py.
 */

import { checkSignature } from "../../../signatures/js/cades.js";
import { equal, unhex } from "../seal/bytes.js";
import { Refused } from "../seal/errors.js";
import * as fields from "../seal/fields.js";
import { Policy } from "../seal/policy.js";
import { publicKey } from "../seal/wraps.js";
import { observe } from "./decide.js";
import { signerOf } from "./signed.js";

const PLATFORM_KEY = "sunlit.platform-key/1";
const PLATFORM = "platform";

/**
 * {sealing, policy, view, frozen, reasons}: policy is null before one was published, view null
 * while there is nothing to observe, frozen null before the freeze. accept(policy) refuses a
 * policy that this client has no part in; report(read, size) tells how far the ledger was read.
 */
export async function look(wire, watch, { origin, accept = () => {}, report = () => {} }) {
  // Read before the sealing, so that a checkpoint taken from here never runs ahead of a freeze.
  const newest = await wire.newest();
  const sealing = await wire.sealing();
  const policy = await adopt(sealing, watch, { origin, accept });
  const nothing = { sealing, policy, view: null, frozen: null };
  if (policy === null) return { ...nothing, reasons: [reason("no-policy", "No policy stands yet.")] };
  const frozen = sealing.frozen ? await wire.frozen() : null;
  const note = frozen === null ? newest : frozen.note;
  if (note === "") {
    const pending = reason("no-checkpoint", "The platform shows no proven checkpoint yet.");
    return { ...nothing, frozen, reasons: [pending] };
  }
  const stored = watch.standing(policy);
  let view = await observe(policy, stored, {
    note,
    token: frozen?.token ?? new Uint8Array(),
    leaves: await wire.leaves(stored.size, note, report).catch((error) => {
      // Tiles that are broken or kept back: observe says what is wrong.
      if (["bad-checkpoint", "bad-tile"].includes(error.code)) return [];
      throw error;
    }),
    objects: sealing.objects,
    frozen: frozen?.bids.map(({ bid, version, statement }) => ({ bid, version, statement })) ?? [],
  });
  if (view.follower !== null) {
    watch.follower = view.follower;
    await watch.save();
  }
  if (frozen !== null && frozen.token.length === 0) view = withoutToken(view);
  return { sealing, policy, view, frozen, reasons: view.reasons };
}

/** A timestamp that is missing is no forged one. */
function withoutToken(view) {
  const reasons = view.reasons.filter(({ code }) => code !== "bad-timestamp");
  reasons.push(reason("no-timestamp", "The checkpoint has no timestamp yet."));
  return { ...view, reasons };
}

/** The opening service's public key (32 bytes), vouched for by the platform's pinned seal. */
export async function openingKey(sealing, policy, watch) {
  const { openingKey: signed } = sealing;
  await sealOf(signed, policy, watch.seal);
  const { origin } = policy;
  const own = ["key", "name"];
  const value = fields.readStatement(signed.data, { purpose: PLATFORM_KEY, origin, own });
  if (value.name !== "opening") throw new Refused("This is another service's key.", "wrong-key");
  const key = unhex(value.key, 32, "The opening service's key");
  await publicKey(key);
  return key;
}

/** The lot's policy, the same at every look; null while none is shown. */
async function adopt(sealing, watch, { origin, accept }) {
  if (sealing.origin !== origin || sealing.lot !== watch.lot) {
    throw new Refused("The platform answered for another platform or lot.", "wrong-lot");
  }
  if (watch.policy !== null) {
    if (sealing.policy !== null && !equal(sealing.policy.data, watch.policy)) {
      throw new Refused("The platform shows another sealing policy than before.", "wrong-policy");
    }
    return Policy.parse(watch.policy, { origin, rehearsal: false });
  }
  if (sealing.policy === null) return null;
  const { data, signatures } = sealing.policy;
  const policy = await Policy.parse(data, { origin, rehearsal: false });
  if (policy.lot !== sealing.lot || policy.project !== sealing.project) {
    throw new Refused("The policy was made for another lot.", "wrong-policy");
  }
  if (signatures.length === 0) throw new Refused("The policy is not signed.", "not-signed");
  for (const signature of signatures) await checkSignature(data, signature);
  accept(policy);
  watch.policy = data;
  watch.seal = await sealOf(sealing.openingKey, policy, null);
  await watch.save();
  return policy;
}

/** The certificate (SHA-256, hex) that signed the opening key, if it is the right one. */
async function sealOf(signed, policy, pinned) {
  const seal = await signerOf(signed, "The opening service's key");
  const named = policy.signers.get(PLATFORM);
  const foreign = named === undefined ? pinned !== null && seal !== pinned : !named.includes(seal);
  if (foreign) {
    throw new Refused("Another seal than before vouches for the opening service.", "wrong-seal");
  }
  return seal;
}

const reason = (code, message) => ({ code, message });
