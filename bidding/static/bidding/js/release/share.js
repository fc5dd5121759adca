/**
 * What a share's holder hands over: sunlit.share/1, the share under HPKE for the opening service,
 * or sunlit.complaint/1 about a wrap that is bad. The twin of bidding/kit/release.py.
 */

import { concat, hex, utf8 } from "../seal/bytes.js";
import * as fields from "../seal/fields.js";
import { hpke, publicKey } from "../seal/wraps.js";

export const SHARE = "sunlit.share/1";
export const COMPLAINT = "sunlit.complaint/1";

/** The statement's bytes, ready to be signed; recipient is the opening service's key, 32 bytes. */
export async function buildShare(share, { policy, head, recipient, checkpoint, at }) {
  const info = concat(
    head.header.magic,
    utf8(" release"),
    head.header.encode(),
    Uint8Array.of(share.index),
  );
  const recipientPublicKey = await publicKey(recipient);
  const { ct, enc } = await hpke().seal({ recipientPublicKey, info }, share.encode());
  return fields.buildStatement(SHARE, {
    origin: policy.origin,
    at,
    ...(await subject(head, share.index)),
    recipient: hex(recipient),
    sealed: hex(concat(new Uint8Array(enc), new Uint8Array(ct))),
    checkpoint: { size: checkpoint.size, root: hex(checkpoint.root) },
  });
}

/** The complaint that the wrap for trustee index is bad, ready to be signed. */
export const buildComplaint = async ({ policy, head, index, at }) =>
  fields.buildStatement(COMPLAINT, {
    origin: policy.origin,
    at,
    ...(await subject(head, index)),
    about: "wrap",
  });

async function subject(head, index) {
  const { policy, bid, version, slot } = head.header;
  return { policy: hex(policy), bid, version, slot, head: hex(await head.digest()), index };
}
