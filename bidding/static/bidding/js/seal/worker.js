/**
 * The Web Worker in which a page seals and uploads. A page speaks with it through sealer.js.
 *
 * It takes {id, command, argument} and answers {id, value} or {id, error}; on the way {id,
 * progress: {phase, slot, done, total}} with phase hash, encrypt, verify or upload. The commands
 * pause, resume and stop act on everything under way.
 */

import { Signer } from "../../../signatures/js/signer.js";
import { Control } from "./control.js";
import { EnvelopeError, Malformed } from "./errors.js";
import { timestamp } from "./fields.js";
import { Policy } from "./policy.js";
import { lockKit } from "./recovery.js";
import { rehearse } from "./rehearsing.js";
import { registration, sealBid } from "./sealing.js";
import { forget, recall, remember, withFiles } from "./store.js";
import { upload, verify } from "./uploading.js";

let control = new Control();
/** Versions sealed or restored here, by bid, with their files. */
const sealed = new Map();

const commands = {
  /** Open the key file, seal the documents by slot, remember all that is needed to go on. */
  async seal({ policy, rehearsal, origin, documents, keyFile, password, bid, version, at }, report) {
    const known = await Policy.parse(policy, { origin, rehearsal });
    const signer = await Signer.open(keyFile, password);
    const made = await exclusive(bid, async () => {
      const result = await sealBid(known, new Map(documents), {
        signer,
        bid,
        version,
        at: at ?? timestamp(new Date()),
        report,
      });
      const submission = { ...result, policy: known, bid, version };
      await remember(submission);
      return submission;
    });
    sealed.set(bid, made);
    return {
      bid,
      version,
      statement: made.statement,
      signature: made.signature,
      envelopes: registration(made),
    };
  },

  /** Seal a dummy under the policy's twin and open it again; nothing of it is kept. */
  async rehearse({ policy, origin, keyFile, password, bid, size }) {
    const signer = await Signer.open(keyFile, password);
    return rehearse(policy, { origin, signer, bid, at: timestamp(new Date()), size });
  },

  /** The recovery kit's file, as bytes; only while the page that sealed the bid stays open. */
  async recoveryKit({ bid, passphrase }) {
    const made = sealed.get(bid);
    if (made?.ownShares === undefined) {
      throw new EnvelopeError("The recovery kit can be saved right after sealing only.", "no-kit");
    }
    return lockKit(made.policy, made, passphrase);
  },

  /** Take up a version that this browser remembers, with its files chosen again, by slot. */
  async restore({ bid, documents }) {
    const known = await recall(bid);
    if (known === null) {
      throw new EnvelopeError("This browser has no keys of this bid. Seal it again.", "unknown-bid");
    }
    const chosen = new Map(documents);
    const envelopes = known.envelopes.map((each) => withFiles(each, chosen.get(each.slot) ?? []));
    sealed.set(bid, { ...known, envelopes });
    const { version, statement, signature } = known;
    return { bid, version, statement, signature, envelopes: registration({ envelopes }) };
  },

  /** Make every body again and compare it with what was committed to; nothing is sent. */
  async verify({ bid }, report, own) {
    for (const envelope of known(bid).envelopes) await verify(envelope, { control: own, report });
  },

  /** Upload every envelope to its address; uploads are [{slot, url}]. */
  async upload({ bid, uploads, headers = {}, patience }, report, own) {
    const { envelopes } = known(bid);
    await exclusive(bid, async () => {
      for (const { slot, url } of uploads) {
        const envelope = envelopes.find((each) => each.slot === slot);
        if (envelope === undefined) throw new Malformed(`The bid has no envelope for slot ${slot}.`);
        await upload(envelope, { url, control: own, report, headers: () => headers, patience });
      }
    });
  },

  /** Forget a bid's keys: after its deadline, or when it was given up. */
  async forget({ bid }) {
    sealed.delete(bid);
    await forget(bid);
  },

  pause: () => control.pause(),
  resume: () => control.resume(),
  stop() {
    control.stop();
    control = new Control();
  },
};

function known(bid) {
  const found = sealed.get(bid);
  if (found === undefined) throw new EnvelopeError("Seal the bid, or restore it, first.", "unknown-bid");
  return found;
}

/** One tab at a time: two that upload one version would only disturb each other. */
function exclusive(bid, work) {
  return navigator.locks.request(`sunlit-bid:${bid}`, { ifAvailable: true }, (lock) => {
    if (lock === null) {
      throw new EnvelopeError("Another tab is working on this bid. Go on there.", "other-tab");
    }
    return work();
  });
}

self.addEventListener("message", async ({ data: { id, command, argument } }) => {
  const own = control;
  const report = async (progress) => {
    await own.step();
    self.postMessage({ id, progress });
  };
  try {
    if (!Object.hasOwn(commands, command)) throw new Malformed(`There is no command ${command}.`);
    self.postMessage({ id, value: await commands[command](argument, report, own) });
  } catch (error) {
    const { name, message, code = "unexpected", fault } = error;
    self.postMessage({ id, error: { name, message, code, fault } });
  }
});
