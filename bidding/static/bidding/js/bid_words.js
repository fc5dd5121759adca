// What the page says in the reader's language: sentences by code, from the page's own template.

import { size } from "./bid_progress.js";

const words = new Map(
  [...(document.querySelector("[data-words]")?.content.querySelectorAll("[data-word]") ?? [])].map(
    (each) => [each.dataset.word, each.textContent],
  ),
);

/** The sentence of a code with its places filled. */
export function say(code, places = {}) {
  const text = words.get(code) ?? words.get("unexpected");
  return text.replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);
}

export const knows = (code) => words.has(code);

/** What to tell people of an error: our word for its code, else the platform's own sentence. */
export function explain(error) {
  if (knows(error.code)) return say(error.code);
  return error.fromPlatform ? error.message : say("unexpected");
}

/** "3 files, 1.9 MB" */
export function filesSaid(files) {
  const total = files.reduce((sum, each) => sum + each.size, 0);
  const places = { count: files.length, size: size(total) };
  return say(files.length === 1 ? "files-one" : "files-many", places);
}

export const timeSaid = (seconds) =>
  seconds >= 90
    ? say("minutes", { count: Math.round(seconds / 60) })
    : say("seconds", { count: Math.ceil(seconds) });

/** Show a field's mistake next to it, or take it away; the field's element is returned. */
export function mark(input, sentence) {
  const field = input.closest(".field");
  const id = `${input.id}_error`;
  let place = field.querySelector(".mistake");
  if (!sentence) {
    place?.remove();
    field.classList.remove("field-bad");
    input.removeAttribute("aria-invalid");
    described(input, id, false);
    return;
  }
  if (place === null) {
    place = Object.assign(document.createElement("p"), { className: "mistake", id });
    const before = field.querySelector(".hint") ?? field.querySelector("label");
    before.after(place);
  }
  const lead = Object.assign(document.createElement("span"), {
    className: "unseen", textContent: `${say("error")} `,
  });
  place.replaceChildren(lead, sentence);
  field.classList.add("field-bad");
  input.setAttribute("aria-invalid", "true");
  described(input, id, true);
}

function described(input, id, is) {
  const named = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (is) named.add(id);
  else named.delete(id);
  if (named.size) input.setAttribute("aria-describedby", [...named].join(" "));
  else input.removeAttribute("aria-describedby");
}

/** Change a text only if it differs, so that nothing is read out twice. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const OF_PASSWORD = new Set(["wrong-password"]);
const OF_FILE = new Set([
  "not-pkcs12", "unsupported-file", "no-key", "no-certificate", "key-mismatch", "weak-algorithm",
  "not-bound",
]);

/** Show what is wrong where it can be put right; the field, or null where it is no field's. */
export function tell(error, { certificate, password, refused }) {
  const field = OF_PASSWORD.has(error.code) ? password : OF_FILE.has(error.code) ? certificate : null;
  if (field === null) {
    refused.textContent = explain(error);
    refused.hidden = false;
  } else {
    mark(field, say(error.code, error.places));
    field.focus();
    field.select?.();
  }
  return field;
}
