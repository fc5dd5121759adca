/** Statements with their signatures, and who by the policy must have signed one. */

import { checkSignature } from "../../../signatures/js/cades.js";
import { hex, sha256 } from "../seal/bytes.js";
import { Refused } from "../seal/errors.js";

/**
 * Refused not-signed unless each of these roles signed the data by the policy's certificates. A
 * broken or unknown signature is ignored: it takes nothing away from the good ones. The twin of
 * bidding/kit/gate.py require_signatures.
 */
export async function requireSignatures({ data, signatures }, policy, roles) {
  const signed = new Set();
  for (const signature of signatures) {
    try {
      signed.add(hex(await (await checkSignature(data, signature)).digest()));
    } catch {
      // Somebody else's, or none.
    }
  }
  const missing = roles.filter((role) => !policy.signers.get(role)?.some((each) => signed.has(each)));
  if (missing.length > 0) {
    throw new Refused(`The statement is not signed by ${missing.join(", ")}.`, "not-signed");
  }
}

/** The SHA-256 of the one certificate that signed a statement, in hex. */
export async function signerOf({ data, signatures }, what) {
  if (signatures.length !== 1) throw new Refused(`${what} must have one signature.`, "not-signed");
  return hex(await (await checkSignature(data, signatures[0])).digest());
}

/** SHA-256 of a statement's bytes, in hex. */
export const digestOf = async ({ data }) => hex(await sha256(data));
