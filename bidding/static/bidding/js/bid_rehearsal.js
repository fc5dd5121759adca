// The rehearsal on the tenderer's own device: connection, clock, room, certificate, and signing,
// sealing and opening a dummy, with what would have failed. Nothing of the bid is touched and nothing is handed
// in; the kit's `rehearse` (bidding/kit/rehearsal.py) goes further where the platform lets it.

import { openKey } from "./bid_flow.js";
import { size } from "./bid_progress.js";
import { explain, say, timeSaid, write } from "./bid_words.js";
import { unbase64 } from "./seal/bytes.js";
import { Sealer } from "./seal/sealer.js";

const [HELD, LOOK, FAILED, SKIPPED] = ["good", "unsure", "bad", "off"];
/** A device's clock further from the platform's than this misleads whoever looks at it. */
const SKEW_MS = 5 * 60_000;
const SLOW_MS = 3_000;
/** Leaves, keys and kits need little; less room than this is none. */
const LEAST_ROOM = 64 * 1024 * 1024;
const DUMMY = 256 * 1024;

/** Furnish the page's part; form has certificate and password. */
export function furnishRehearsal(root, { data, draft, api, form }) {
  const part = root.querySelector("[data-rehearsal]");
  const button = part.querySelector("button");
  const list = part.querySelector("[data-rehearsed]");
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    list.replaceChildren();
    const states = [];
    const show = (name, { state, text }) => {
      states.push(state);
      list.append(line(name, state, text));
    };
    await rehearse({ data, draft, api, form, show, busy: (text) => write(part.querySelector("[data-busy]"), text) });
    const bad = states.filter((state) => state === FAILED).length;
    write(part.querySelector("[data-busy]"), bad ? say("rehearsal-rehearsed-bad", { count: bad }) : say("rehearsal-rehearsed-good"));
    button.disabled = false;
  });
}

function line(name, state, text) {
  const item = document.createElement("li");
  item.dataset.step = name;
  item.dataset.state = state;
  const mark = Object.assign(document.createElement("span"), {
    className: `status status-${state}`, textContent: say(`rehearsal-${state}`),
  });
  const title = Object.assign(document.createElement("b"), { textContent: say(`rehearsal-${name}`) });
  const words = Object.assign(document.createElement("p"), { className: "small", textContent: text });
  item.append(title, mark, words);
  return item;
}

const found = (state, code, places = {}) => ({ state, text: say(`rehearsal-${code}`, places) });

/** Every step in turn; each is shown as it is known, and none is ever raised. */
async function rehearse({ data, draft, api, form, show, busy }) {
  const attempt = async (name, step) => {
    busy(say("rehearsal-trying", { step: say(`rehearsal-${name}`) }));
    let result;
    try {
      result = await step();
    } catch (error) {
      result = { state: FAILED, text: explain(error) };
    }
    show(name, result);
    return result.state !== FAILED;
  };
  const connected = await attempt("connection", () => connection(api));
  if (connected) await attempt("clock", () => clock(api));
  await attempt("room", () => room(draft));
  let key = null;
  const [file] = form.certificate.files;
  if (file === undefined || form.password.value === "") {
    for (const name of ["certificate", "sealing"]) show(name, found(SKIPPED, "no-certificate"));
    return;
  }
  const usable = await attempt("certificate", async () => {
    key = await openKey(data, file, form.password.value);
    return validity(key, connected ? new Date(await api.time()) : new Date());
  });
  if (usable) await attempt("sealing", () => sealing(data, draft, key, form.password.value));
}

/** The platform answers, and still knows who asks. */
async function connection(api) {
  const began = performance.now();
  await api.version(crypto.randomUUID(), 1);
  const ms = Math.round(performance.now() - began);
  return found(ms > SLOW_MS ? LOOK : HELD, ms > SLOW_MS ? "slow" : "connected", { ms });
}

async function clock(api) {
  const before = Date.now();
  const official = new Date(await api.time()).getTime();
  const off = Math.abs((before + Date.now()) / 2 - official);
  const seconds = (off / 1000).toFixed(1);
  return off > SKEW_MS ? found(LOOK, "skew", { time: timeSaid(off / 1000) }) : found(HELD, "in-time", { seconds });
}

/** Whether the browser keeps what an upload needs to go on after a reload. */
async function room(draft) {
  if (!draft.keeps || draft.all.some(({ kept }) => !kept)) return found(FAILED, "no-room");
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota === undefined) return found(HELD, "room-unknown");
  const left = quota - usage;
  return found(left < LEAST_ROOM ? FAILED : HELD, left < LEAST_ROOM ? "no-room" : "room-left", { left: size(left) });
}

function validity({ name, notBefore, notAfter }, now) {
  const until = notAfter.toISOString().slice(0, 10);
  const from = notBefore.toISOString().slice(0, 10);
  const valid = notBefore <= now && now <= notAfter;
  return found(valid ? HELD : FAILED, valid ? "valid" : "not-valid", { name, from, until });
}

/** Sign and encrypt a dummy under the policy's twin, and open it, in a worker of its own. */
async function sealing(data, draft, { keyFile }, password) {
  const sealer = new Sealer();
  let took;
  try {
    took = await sealer.call("rehearse", {
      policy: unbase64(data.policy), origin: data.origin, keyFile, password,
      bid: crypto.randomUUID(), size: DUMMY,
    });
  } finally {
    sealer.close();
  }
  const all = draft.all.reduce((sum, each) => sum + each.size, 0);
  return found(HELD, all > 0 ? "sealed-files" : "sealed", {
    slots: data.slots.length, seconds: (took.sealing + took.opening).toFixed(1),
    all: size(all), time: timeSaid(Math.max(1, (took.sealing * all) / (DUMMY * data.slots.length))),
  });
}
