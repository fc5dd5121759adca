// The opening sheet and the price on the page: typed, kept, checked next to the field, and the
// price said in Chinese capitals while it is typed.

import { capitals, grouped } from "./bid_money.js";
import { READERS } from "./bid_sheet.js";
import { mark, say, write } from "./bid_words.js";

export class Fields {
  #inputs;
  #draft;
  #capitals;
  #changed;

  constructor(root, draft, changed) {
    this.#draft = draft;
    this.#changed = changed;
    this.#capitals = root.querySelector("[data-capitals]");
    this.#inputs = new Map(
      Object.keys(READERS)
        .map((name) => [name, root.querySelector(`[name=${name}]`)])
        .filter(([, input]) => input !== null),
    );
    for (const [name, input] of this.#inputs) {
      input.value = draft.fields[name] ?? "";
      input.addEventListener("input", () => this.#typed(name, input));
      input.addEventListener("change", () => this.#left(name, input));
    }
    this.#showCapitals();
  }

  /** Field -> its value; those that are not right are left out. */
  get values() {
    const found = {};
    for (const [name, input] of this.#inputs) {
      const { value } = READERS[name](input.value);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  /** What is wrong now: [{input, sentence}]; each is shown next to its field if asked for. */
  problems({ show = false } = {}) {
    const found = [];
    for (const [name, input] of this.#inputs) {
      const { problem } = READERS[name](input.value);
      const sentence = problem === undefined ? "" : say(`${name}-${problem}`);
      if (show) mark(input, sentence);
      if (sentence) found.push({ name, input, sentence });
    }
    return found;
  }

  has(name) {
    return this.#inputs.has(name);
  }

  #typed(name, input) {
    if (input.hasAttribute("aria-invalid") && READERS[name](input.value).problem === undefined) {
      mark(input, "");
    }
    this.#showCapitals();
    this.#keep(name, input);
    this.#changed();
  }

  #keep(name, input) {
    this.#draft.put({ fields: { ...this.#draft.fields, [name]: input.value } });
  }

  /** Somebody went on to the next field: what was typed is looked at, what is empty may wait. */
  #left(name, input) {
    const { problem, value } = READERS[name](input.value);
    mark(input, problem === undefined || problem === "empty" ? "" : say(`${name}-${problem}`));
    if (name !== "price" || value === undefined) return;
    input.value = grouped(value);
    this.#keep(name, input);
  }

  #showCapitals() {
    if (this.#capitals === null) return;
    const { value } = READERS.price(this.#inputs.get("price")?.value ?? "");
    write(this.#capitals, value === undefined ? "—" : capitals(value));
  }
}
