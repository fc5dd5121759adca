/**
 * The SHA-256 of a file as it comes in: compiled where WebAssembly may run, which is in workers
 * (trading/static_files.py), in JavaScript elsewhere, which takes three times as long.
 */

import { sha256 } from "../../../vendor/hashes.js";
import { createSHA256 } from "../../../vendor/sha256_wasm.js";

/** {update(bytes), digest() -> Uint8Array}, for one file. */
export async function fileHash() {
  let compiled;
  try {
    compiled = await createSHA256();
  } catch {
    return sha256.create();
  }
  return {
    update: (data) => compiled.update(data),
    digest: () => compiled.digest("binary"),
  };
}
