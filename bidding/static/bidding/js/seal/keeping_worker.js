/** The worker of keeping.js: it takes {piece} or {finish: type}, and answers each in turn. */

import { Keeper } from "./keeping.js";

const keeper = new Keeper();

self.addEventListener("message", ({ data: { piece, finish } }) => {
  if (piece === undefined) {
    self.postMessage(keeper.finish(finish));
    return;
  }
  keeper.add(piece);
  self.postMessage(null);
});
