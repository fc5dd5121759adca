// The page of a tenderer's bid. What it prepares stays on this device; what it sends is ciphertext.

import { Api } from "./bid_api.js";
import { countDown } from "./bid_deadline.js";
import { Draft, forgetContents } from "./bid_draft.js";
import { furnishKit } from "./bid_kit.js";
import { BidWork } from "./bid_work.js";
import { furnishWithdrawal } from "./bid_withdraw.js";
import { Sealer } from "./seal/sealer.js";
import { forget } from "./seal/store.js";

const root = document.querySelector("[data-bid]");
const data = JSON.parse(root.dataset.bid);
const name = `${data.lot}|${data.tenderer}`;

const draft = await Draft.open(name);
furnishKit(root, data, draft);
if (data.open) {
  const sealer = new Sealer();
  const api = new Api(data);
  const work = new BidWork(root, { data, draft, sealer, api });
  furnishWithdrawal(root, { data, draft, sealer, api });
  alone(async () => {
    await work.start();
    countDown(() => work.close());
  });
} else if (data.over) {
  await forgetContents(draft);
  if (data.bid !== null) await forget(data.bid);
}

/** One tab at a time: two that write one draft would take it from each other. */
function alone(begin) {
  const hold = () => new Promise(() => {});
  const elsewhere = root.querySelector("[data-elsewhere]");
  navigator.locks.request(`sunlit-draft:${name}`, { ifAvailable: true }, (lock) => {
    if (lock !== null) {
      begin();
      return hold();
    }
    elsewhere.hidden = false;
    root.querySelector("[data-needs-script]").hidden = true;
    navigator.locks.request(`sunlit-draft:${name}`, () => location.reload());
    return null;
  });
}
