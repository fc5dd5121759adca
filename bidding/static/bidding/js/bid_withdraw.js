// Taking a bid back: the statement is made and signed on this device.

import { Signer } from "../../signatures/js/signer.js";
import { signStatement } from "../../signatures/js/cades.js";
import { openKey } from "./bid_flow.js";
import { mark, say, tell } from "./bid_words.js";
import { buildStatement } from "./seal/fields.js";

const PURPOSE = "sunlit.withdrawal/1";

export function furnishWithdrawal(root, { data, api, draft, sealer }) {
  const part = root.querySelector("[data-withdraw]");
  if (part === null) return;
  part.hidden = false;
  const form = part.querySelector("[data-withdraw-form]");
  const { certificate, password } = form.elements;
  const button = form.querySelector("button");
  const busy = form.querySelector("[data-busy]");
  const refused = form.querySelector("[data-refused]");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    refused.hidden = true;
    const [file] = certificate.files;
    mark(certificate, file === undefined ? say("certificate-empty") : "");
    mark(password, password.value === "" ? say("password-empty") : "");
    const wrong = file === undefined ? certificate : password.value === "" ? password : null;
    if (wrong !== null) {
      wrong.focus();
      return;
    }
    button.disabled = true;
    busy.textContent = say("withdrawing");
    try {
      const { keyFile } = await openKey(data, file, password.value);
      const signer = await Signer.open(keyFile, password.value);
      await sealer.stop();
      const statement = buildStatement(PURPOSE, {
        origin: data.origin, at: await api.time(), policy: data.policy_digest, bid: data.bid,
      });
      await api.withdraw(data.bid, { statement, signature: await signStatement(statement, signer) });
      await draft.put({ sealed: null, paused: false, kits: [] });
      await sealer.call("forget", { bid: data.bid });
      location.reload();
    } catch (error) {
      tell(error, { certificate, password, refused });
    }
    busy.textContent = "";
    button.disabled = false;
  });
}
