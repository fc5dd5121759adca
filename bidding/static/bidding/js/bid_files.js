// The documents of each slot: chosen or dropped, copied onto this device, listed, removed.

import { fileProblem, MOST_FILES, typeOf } from "./bid_sheet.js";
import { size } from "./bid_progress.js";
import { mark, say } from "./bid_words.js";

/** Zeros, manifest and signature around the files of an envelope, and what padding may add. */
const AROUND = 2 * 1024 * 1024;
const PADDING = 1.12;

export class Files {
  #slots;
  #draft;
  #most;
  #changed;

  constructor(root, draft, { most, changed }) {
    this.#draft = draft;
    this.#most = most;
    this.#changed = changed;
    this.#slots = new Map(
      [...root.querySelectorAll("[data-slot]")].map((part) => [Number(part.dataset.slot), part]),
    );
    for (const [slot, part] of this.#slots) this.#furnish(slot, part);
  }

  /** What is wrong: [{slot, input, sentence}]; each is shown next to its slot if asked for. */
  problems({ show = false } = {}) {
    const found = [];
    for (const [slot, part] of this.#slots) {
      const input = part.querySelector("input[type=file]");
      const sentence = this.#problem(slot, part);
      if (show) mark(input, sentence);
      if (sentence) found.push({ slot, input, sentence });
    }
    return found;
  }

  #problem(slot, part) {
    const files = this.#draft.files(slot);
    const places = { slot: part.querySelector("h3").textContent };
    if ("needed" in part.dataset && files.length === 0) return say("files-missing", places);
    if (files.length > MOST_FILES) return say("too-many", places);
    const total = files.reduce((sum, each) => sum + each.size, 0);
    return total * PADDING + AROUND > this.#most ? say("too-large", places) : "";
  }

  #furnish(slot, part) {
    const input = part.querySelector("input[type=file]");
    input.addEventListener("change", () => {
      if (input.files.length > 0) this.#take(slot, part, input);
    });
    // A drop sets the files without an event of its own.
    part.querySelector("[data-picker]").addEventListener("drop", () => {
      setTimeout(() => input.files.length > 0 && this.#take(slot, part, input));
    });
    this.#show(slot, part);
  }

  async #take(slot, part, input) {
    const chosen = [...input.files];
    input.value = "";
    input.dispatchEvent(new Event("change"));
    const said = [];
    for (const file of chosen) {
      const problem = fileProblem({ name: file.name.normalize("NFC"), size: file.size });
      if (problem) {
        said.push(say(problem, { name: file.name }));
        continue;
      }
      this.#busy(part, say("keeping", { name: file.name }));
      await this.#draft.add(slot, file, typeOf(file.type));
      this.#show(slot, part);
    }
    this.#busy(part, "");
    mark(input, said.join(" ") || (this.#draft.files(slot).length > 0 ? this.#problem(slot, part) : ""));
    this.#changed();
  }

  #busy(part, text) {
    let place = part.querySelector("[data-keeping]");
    if (place === null) {
      place = document.createElement("p");
      place.dataset.keeping = "";
      place.className = "quiet small bid-said";
      place.setAttribute("role", "status");
      part.append(place);
    }
    place.textContent = text;
  }

  #show(slot, part) {
    const list = part.querySelector("[data-files]");
    const lines = this.#draft.files(slot).map((file) => this.#line(slot, part, file));
    list.replaceChildren(...lines);
    list.hidden = lines.length === 0;
  }

  #line(slot, part, file) {
    const line = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { textContent: file.name });
    name.lang = /[\u3400-\u9fff]/.test(file.name) ? "zh-Hans" : "en";
    const about = Object.assign(document.createElement("small"), { textContent: size(file.size) });
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "plain-button link small", textContent: say("remove"),
    });
    button.setAttribute("aria-label", say("remove-file", { name: file.name }));
    button.addEventListener("click", async () => {
      await this.#draft.remove(file.id);
      this.#show(slot, part);
      part.querySelector("input[type=file]").focus();
      this.#changed();
    });
    line.append(name, about, button);
    if (!file.kept) {
      const note = Object.assign(document.createElement("span"), {
        className: "under", textContent: say("not-kept"),
      });
      line.append(note);
    }
    return line;
  }
}
