// The documents of each slot: chosen or dropped, copied onto this device, listed with what was found
// in them, removed.

import { withoutMetadata } from "./check/pictures.js";
import { findingSaid } from "./bid_checks.js";
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
  #checks;
  #changed;

  constructor(root, draft, { checks, most, changed }) {
    this.#draft = draft;
    this.#checks = checks;
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
      found.push(...this.#unsettled(slot));
    }
    return found;
  }

  /** Files that cannot be sealed as they are, or wait for a word: [{slot, input, sentence}]. */
  #unsettled(slot) {
    return this.#draft.files(slot).flatMap(({ id, name }) => {
      const findings = this.#checks.of(id);
      const blocked = findings.some(({ level }) => level === "block");
      const open = findings.some(({ left }) => !left);
      if (this.#checks.isRead(id) && !blocked && !open) return [];
      const code = !this.#checks.isRead(id) ? "check-running" : blocked ? "check-blocked" : "check-open";
      const input = document.getElementById(`${blocked || !open ? "remove" : "leave"}_${id}`);
      return [{ slot, input, sentence: say(code, { name }) }];
    });
  }

  /** List a slot's files anew with what was found in them; all slots without one. */
  show(slot) {
    for (const [each, part] of this.#slots) {
      if (slot === undefined || slot === each) this.#show(each, part);
    }
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
    this.#checks.look();
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
    const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
    const lines = this.#draft.files(slot).map((file) => this.#line(slot, part, file));
    list.replaceChildren(...lines);
    list.hidden = lines.length === 0;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  #line(slot, part, file) {
    const line = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { textContent: file.name });
    name.lang = /[\u3400-\u9fff]/.test(file.name) ? "zh-Hans" : "en";
    const about = Object.assign(document.createElement("small"), { textContent: size(file.size) });
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "plain-button link small", textContent: say("remove"),
    });
    button.id = `remove_${file.id}`;
    button.setAttribute("aria-label", say("remove-file", { name: file.name }));
    button.addEventListener("click", async () => {
      await this.#draft.remove(file.id);
      // What was said of the others may have been said because of this one.
      this.#checks.judge();
      this.show();
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
    const said = this.#said(slot, part, file);
    if (said !== null) line.append(said);
    return line;
  }

  /** What was found in a file, and what may be done about it. */
  #said(slot, part, file) {
    const findings = this.#checks.of(file.id);
    const box = Object.assign(document.createElement("div"), { className: "under bid-found" });
    if (!this.#checks.isRead(file.id)) {
      if (!this.#checks.isBusy) return null;
      box.append(sentence("quiet small", say("check-busy")));
      return box;
    }
    if (findings.length === 0) return null;
    const list = document.createElement("ul");
    list.append(...findings.map((each) => finding(each)));
    box.append(list);
    const actions = Object.assign(document.createElement("p"), { className: "actions" });
    if (this.#checks.isCleanable(file.id)) {
      actions.append(this.#button("clean", file, () => this.#clean(slot, part, file)));
    }
    const open = findings.some(({ level, left }) => level === "warn" && !left);
    const blocked = findings.some(({ level }) => level === "block");
    if (open && !blocked) {
      actions.append(this.#button("leave", file, async () => {
        await this.#checks.leave(file.id);
        this.#show(slot, part);
        document.getElementById(`remove_${file.id}`).focus();
        this.#changed();
      }));
    } else if (!blocked) {
      actions.append(sentence("quiet small", say("check-left")));
    }
    if (actions.childElementCount > 0) box.append(actions);
    return box;
  }

  #button(what, file, act) {
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "btn btn-plain", id: `${what}_${file.id}`, textContent: say(`check-${what}`),
    });
    button.setAttribute("aria-label", `${say(`check-${what}`)}: ${file.name}`);
    button.addEventListener("click", act);
    return button;
  }

  /** The same picture without its metadata takes the file's place. */
  async #clean(slot, part, file) {
    const blob = await withoutMetadata(file.blob);
    await this.#draft.add(slot, new File([blob], file.name, { type: file.type }), file.type);
    this.#show(slot, part);
    this.#busy(part, say("check-cleaned", { name: file.name }));
    part.querySelector("input[type=file]").focus();
    this.#changed();
    this.#checks.look();
  }
}

function sentence(className, textContent) {
  return Object.assign(document.createElement("span"), { className, textContent });
}

function finding({ level, left, ...each }) {
  const className = level === "block" ? "is-wrong" : left ? "is-left" : "is-open";
  const line = Object.assign(document.createElement("li"), { className });
  const lead = sentence("", say(level === "block" ? "check-block" : "check-warn"));
  lead.dataset.level = level;
  line.append(lead, " ", findingSaid(each));
  line.dataset.finding = each.code;
  return line;
}
