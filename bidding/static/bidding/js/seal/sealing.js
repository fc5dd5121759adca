/**
 * Sealing a whole bid on the tenderer's device: one envelope a slot, one signed statement; the
 * twin of bidding/kit/sealing.py.
 */

import { signStatement } from "../../../signatures/js/cades.js";
import { bodySize } from "./body.js";
import { buildBid } from "./bid.js";
import { concat } from "./bytes.js";
import { Crew } from "./crew.js";
import { measure, prepare } from "./envelope.js";
import { Malformed } from "./errors.js";
import { buildManifest, preamble } from "./manifest.js";
import { Plaintext, describe } from "./plaintext.js";

/**
 * Seal documents by slot into a new version of a bid, and sign it.
 *
 * documents is a Map of slot -> [{name, type, blob}]; signer a Signer; at the time written into
 * manifests and statement. report({phase, slot, done, total}) is awaited as bytes are hashed
 * ("hash") and encrypted ("encrypt"), so that it may pause or stop.
 *
 * Gives {statement, signature, envelopes: [{slot, head, secret, sealed, preamble, files}],
 * ownShares: Map of slot -> Share}. Every call uses fresh keys and salts.
 */
export async function sealBid(policy, documents, { signer, bid, version, at, report = async () => {} }) {
  const given = [...documents.keys()].sort();
  if (given.join() !== policy.slots.join()) {
    throw new Malformed(
      `This tender has the slots ${policy.slots.join(", ")}; files were given for` +
        ` ${given.join(", ") || "none"}.`,
    );
  }
  const certificate = await signer.certificate.digest();
  const envelopes = [];
  const ownShares = new Map();
  const crew = new Crew(Math.max(...[...documents.values()].map(bytesOf)));
  try {
    const described = await describeAll(policy, documents, report);
    for (const slot of policy.slots) {
      const draft = await prepare(policy, { slot, certificate, bid, version });
      const files = described.get(slot);
      envelopes.push(await sealOne(policy, draft, files, { signer, at, crew, report }));
      ownShares.set(slot, draft.ownShare);
    }
  } finally {
    crew.close();
  }
  const commitments = envelopes.map(({ sealed }) => sealed.commitment);
  const statement = buildBid(policy, { at, bid, version, commitments });
  return { statement, signature: await signStatement(statement, signer), envelopes, ownShares };
}

/** What the platform's interface takes with the statement: head and leaves of each envelope. */
export const registration = ({ envelopes }) =>
  envelopes.map(({ slot, head, sealed }) => ({
    slot,
    head: head.encode(),
    leaves: concat(...sealed.leaves),
  }));

const bytesOf = (files) => files.reduce((sum, { blob }) => sum + blob.size, 0);

async function describeAll(policy, documents, report) {
  const described = new Map();
  const total = bytesOf([...documents.values()].flat());
  let done = 0;
  for (const slot of policy.slots) {
    const files = [];
    for (const document of documents.get(slot)) {
      const progress = async (bytes) => {
        done += bytes;
        await report({ phase: "hash", slot, done, total });
      };
      files.push(await describe(document, { progress }));
    }
    described.set(slot, files);
  }
  return described;
}

async function sealOne(policy, draft, files, { signer, at, crew, report }) {
  const { header } = draft.head;
  const manifest = buildManifest(header, {
    origin: policy.origin,
    at,
    files: files.map(({ entry }) => entry),
  });
  const start = preamble(manifest, await signStatement(manifest, signer));
  const source = new Plaintext(start, files);
  const total = bodySize(source.size);
  let done = 0;
  const progress = async (bytes) => {
    done += bytes;
    await report({ phase: "encrypt", slot: header.slot, done, total });
  };
  const sealed = await measure(draft.head, draft.secret, source, { progress, crew });
  return {
    slot: header.slot,
    head: draft.head,
    secret: draft.secret,
    sealed,
    preamble: start,
    files: files.map(({ entry, blob }) => ({ entry, blob })),
  };
}
