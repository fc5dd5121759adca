// The list of steps and the answers to be checked before signing.

import { capitals, grouped } from "./bid_money.js";
import { filesSaid, say, write } from "./bid_words.js";

const SHEET = ["duration_days", "quality", "manager"];

export class Steps {
  #list;
  #answers;
  #draft;
  #fields;
  #files;
  #slots;
  #root;

  constructor(root, { draft, fields, files, slots }) {
    this.#root = root;
    this.#list = root.querySelector("[data-tasks]");
    this.#answers = root.querySelector("[data-answers]");
    this.#draft = draft;
    this.#fields = fields;
    this.#files = files;
    this.#slots = slots;
  }

  /** mode is editing, sealing, sending or held; checked says that mistakes were asked for. */
  show(mode, { checked = false } = {}) {
    const wrongFiles = this.#files.problems();
    const wrongFields = this.#fields.problems();
    const wrong = {
      documents: wrongFiles.some(({ input }) => input.closest("#documents")),
      sheet: wrongFields.some(({ name }) => SHEET.includes(name)),
      price: wrongFields.some(({ name }) => name === "price")
        || wrongFiles.some(({ input }) => input.closest("#price")),
    };
    const ready = !Object.values(wrong).some(Boolean);
    const sealed = ["sending", "held"].includes(mode);
    for (const [name, is] of Object.entries(wrong)) {
      this.#state(name, is ? (checked ? "unsure" : "todo") : "done", is && checked ? "wrong" : null);
    }
    const sign = sealed ? "done" : ready && mode === "editing" ? "now" : "todo";
    this.#state("sign", mode === "sealing" ? "now" : sign);
    this.#state("upload", sealed ? "now" : "todo");
    this.#here(sealed ? "upload" : mode === "sealing" || ready ? "sign" : null);
    this.#said(sealed);
    this.#check();
  }

  /** How far sealing and uploading are. */
  working(phase, percent) {
    const task = this.#task("upload");
    this.#here("upload");
    task.querySelector("[data-state]").className = "status status-now";
    write(task.querySelector("[data-state]"), say("working", { phase, percent }));
  }

  held(word) {
    const state = this.#task("upload").querySelector("[data-state]");
    state.className = "status status-paused";
    write(state, word);
  }

  #task(name) {
    return this.#list.querySelector(`[data-task=${name}]`);
  }

  #state(name, shape, word = null) {
    const state = this.#task(name)?.querySelector("[data-state]");
    if (!state) return;
    state.className = `status status-${shape}`;
    const words = { done: "done", now: "here", todo: "todo" };
    write(state, this.#list.dataset[word ?? words[shape]]);
  }

  #here(name) {
    for (const task of this.#list.children) {
      task.classList.toggle("is-here", task.dataset.task === name);
    }
  }

  /** What is known already, under each step's name. */
  #said(sealed) {
    const { price } = this.#fields.values;
    this.#say("price", price === undefined ? null
      : `${say("price-words", { amount: grouped(price) })} ${capitals(price)}`);
    const documents = [...this.#root.querySelectorAll("#documents [data-slot]")]
      .flatMap((part) => this.#draft.files(Number(part.dataset.slot)));
    this.#say("documents", documents.length ? filesSaid(documents) : null);
    const { signer, issuer } = this.#draft.sealed ?? {};
    this.#say("sign", sealed && signer ? say("signed-by", { name: signer, issuer }) : null);
  }

  #say(name, text) {
    const place = this.#task(name)?.querySelector("[data-said]");
    if (!place) return;
    place.dataset.usual ??= place.textContent;
    write(place, text ?? place.dataset.usual);
  }

  /** Every answer as it will be sealed. */
  #check() {
    const lines = [];
    for (const part of this.#root.querySelectorAll("[data-slot]")) {
      const files = this.#draft.files(Number(part.dataset.slot));
      if (files.length || "needed" in part.dataset) {
        lines.push([part.querySelector("h3").textContent, files.map(({ name }) => name)]);
      }
    }
    const { values } = this.#fields;
    for (const name of SHEET) {
      if (!this.#fields.has(name)) continue;
      const value = values[name];
      const shown = name === "duration_days" && value ? say("days", { days: value }) : value;
      lines.push([this.#label(name), shown === undefined ? [] : [shown]]);
    }
    if (this.#fields.has("price")) {
      const { price } = values;
      const shown = price === undefined
        ? [] : [say("price-words", { amount: grouped(price) }), capitals(price)];
      lines.push([this.#label("price"), shown]);
    }
    this.#answers.replaceChildren(...lines.flatMap(([term, shown]) => answer(term, shown)));
  }

  #label(name) {
    return this.#root.querySelector(`label[for=id_${name}]`).textContent;
  }
}

function answer(term, shown) {
  const name = Object.assign(document.createElement("dt"), { textContent: term });
  const value = document.createElement("dd");
  if (shown.length === 0) value.textContent = "—";
  for (const text of shown) {
    const line = Object.assign(document.createElement("div"), { textContent: text });
    line.lang = /[\u3400-\u9fff]/.test(text) ? "zh-Hans" : document.documentElement.lang;
    value.append(line);
  }
  return [name, value];
}
