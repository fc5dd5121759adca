/**
 * The worker of file_hashes.js: it hashes the bytes of {room, size} and gives the room back; asked
 * without, it gives the file's digest, and the next begins. It answers each in turn.
 */

import { fileHash } from "./file_hash.js";

let hash = null;
let turn = Promise.resolve();

async function answer({ room, size }) {
  hash ??= await fileHash();
  if (room === undefined) {
    self.postMessage(hash.digest());
    hash = null;
    return;
  }
  hash.update(room.subarray(0, size));
  self.postMessage(room, [room.buffer]);
}

self.addEventListener("message", ({ data }) => {
  turn = turn.then(() => answer(data)).catch(reportError);
});
