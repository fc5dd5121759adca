// Working on a bid: steps, fields, files, sealing and uploading, and what goes wrong on the way.

import { furnishKit } from "./bid_kit.js";
import { Checks } from "./bid_checks.js";
import { Fields } from "./bid_fields.js";
import { Files } from "./bid_files.js";
import { Flow, openKey } from "./bid_flow.js";
import { furnishRehearsal } from "./bid_rehearsal.js";
import { Steps } from "./bid_steps.js";
import { Uploads } from "./bid_uploads.js";
import { explain, mark, say, tell, write } from "./bid_words.js";

const SHORTEST_PASSPHRASE = 8;
/** After these the upload goes on by itself when the line is back. */
const LINE = new Set(["no-answer"]);
const RETRY_MS = 5_000;

export class BidWork {
  #root;
  #data;
  #draft;
  #sealer;
  #flow;
  #checks;
  #fields;
  #files;
  #steps;
  #uploads;
  #mode = "editing"; // editing, sealing, sending, held
  #again = 0;

  constructor(root, { data, draft, sealer, api }) {
    this.#root = root;
    this.#data = data;
    this.#draft = draft;
    this.#sealer = sealer;
    this.#uploads = new Uploads(root);
    this.#flow = new Flow({
      data, draft, sealer, api,
      on: {
        progress: (message) => this.#heard(message),
        step: (code) => write(this.#at("[data-overall]"), code ? say(code) : ""),
      },
    });
    furnishRehearsal(root, { data, draft, api, form: this.#form });
    this.#form.certificate.addEventListener("change", () => mark(this.#form.certificate, ""));
  }

  /** Show what is kept, and go on with what was under way. */
  async start() {
    navigator.storage?.persist?.().catch(() => false);
    this.#at("[data-needs-script]").hidden = true;
    const changed = () => this.#show();
    this.#fields = new Fields(this.#root, this.#draft, changed);
    this.#checks = new Checks(this.#draft, {
      blind: this.#data.blind, own: this.#data.own,
      changed: (slot) => {
        this.#files.show(slot);
        this.#show();
      },
    });
    this.#files = new Files(this.#root, this.#draft, {
      checks: this.#checks, most: this.#data.most, changed,
    });
    this.#steps = new Steps(this.#root, {
      draft: this.#draft, fields: this.#fields, files: this.#files, slots: this.#data.slots,
    });
    this.#listen();
    const unfinished = await this.#flow.unfinished();
    if (unfinished === null && this.#draft.sealed !== null) {
      // Given up, replaced or completed elsewhere: what was prepared is free again.
      await this.#draft.put({ sealed: null, paused: false });
    }
    this.#at("[data-foreign]").hidden = unfinished !== null || this.#data.coming === null;
    const done = this.#data.counts > 0 && unfinished === null && this.#data.coming === null;
    this.#reveal(!done);
    if (unfinished !== null) {
      this.#uploads.begin(this.#flow.documents(this.#fields.values), { sealed: true });
      if (this.#draft.paused) this.#hold("paused");
      else this.#send();
    } else {
      this.#show();
      this.#checks.know(this.#fields.values);
      this.#checks.look();
    }
    if (done && location.hash === "#confirmed") {
      window.scrollTo(0, 0);
      this.#at("[data-confirmed]")?.focus({ preventScroll: true });
    } else if (location.hash) {
      document.getElementById(location.hash.slice(1))?.scrollIntoView();
    }
  }

  /** The deadline has passed, mostly while the page was open. */
  close() {
    this.#sealer.stop();
    clearTimeout(this.#again);
    this.#at("[data-draft]").disabled = true;
    this.#sealForm.hidden = true;
    this.#trouble(say("over"));
    this.#at("[data-upload-actions]").hidden = true;
  }

  get #sealForm() {
    return this.#at("[data-seal-form]");
  }

  get #form() {
    return this.#sealForm.elements;
  }

  #at(selector) {
    return this.#root.querySelector(selector);
  }

  #reveal(is) {
    this.#root.querySelectorAll("[data-work]").forEach((part) => {
      part.hidden = !is;
    });
    const replace = this.#at("[data-replace]");
    if (replace) replace.hidden = is;
  }

  #listen() {
    this.#sealForm.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#mode === "editing") this.#seal();
    });
    // The files are held against the fields when somebody goes on to the next one.
    this.#at("[data-draft]").addEventListener("change", ({ target }) => {
      if (target.type !== "file") this.#judge();
    });
    this.#at("[data-show]").addEventListener("change", ({ target }) => {
      for (const name of ["password", "passphrase"]) {
        this.#form[name].type = target.checked ? "text" : "password";
      }
    });
    this.#at("[data-pause]").addEventListener("click", () => this.#togglePause());
    this.#at("[data-give-up]").addEventListener("click", ({ target }) => this.#giveUp(target));
    this.#at("[data-replace]")?.addEventListener("click", () => {
      this.#reveal(true);
      this.#show();
      this.#at("#steps").scrollIntoView();
      this.#at(".tasks a").focus({ preventScroll: true });
    });
    window.addEventListener("online", () => {
      if (this.#mode === "held" && !this.#draft.paused) this.#send();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#mode === "sealing") event.preventDefault();
    });
    if (!this.#draft.keeps) {
      const saved = this.#at("[data-saved]");
      write(saved, saved.dataset.lost);
    }
  }

  #judge() {
    this.#checks.know(this.#fields.values);
    this.#files.show();
    this.#show();
  }

  #heard(message) {
    this.#uploads.hear(message);
    this.#steps.working(say(`phase-${message.phase}`), this.#uploads.percent);
  }

  #show() {
    const locked = this.#mode !== "editing";
    this.#at("[data-draft]").disabled = locked;
    this.#sealForm.hidden = locked;
    this.#at("[data-upload-actions]").hidden = !["sending", "held"].includes(this.#mode);
    this.#steps.show(this.#mode);
  }

  // --- sealing -----------------------------------------------------------------------------------

  /** Everything that keeps the bid from being sealed, each next to its field. */
  #problems() {
    const { certificate, password, passphrase } = this.#form;
    const own = [
      [certificate, certificate.files.length === 0 ? "certificate-empty" : ""],
      [password, password.value === "" ? "password-empty" : ""],
      [passphrase, [...passphrase.value].length < SHORTEST_PASSPHRASE ? "passphrase-short" : ""],
    ];
    for (const [input, code] of own) mark(input, code ? say(code) : "");
    return [
      ...this.#files.problems({ show: true }),
      ...this.#fields.problems({ show: true }),
      ...own.filter(([, code]) => code).map(([input, code]) => ({ input, sentence: say(code) })),
    ];
  }

  #summary(problems) {
    const summary = this.#at("[data-summary]");
    summary.hidden = problems.length === 0;
    summary.querySelector("ul").replaceChildren(
      ...problems.map(({ input, sentence }) => {
        const line = document.createElement("li");
        const link = Object.assign(document.createElement("a"), {
          href: `#${input.id}`, textContent: sentence,
        });
        link.addEventListener("click", (event) => {
          event.preventDefault();
          input.focus();
        });
        line.append(link);
        return line;
      }),
    );
    if (problems.length > 0) summary.focus();
  }

  async #seal() {
    const { certificate, password, passphrase } = this.#form;
    const refused = this.#at("[data-seal-form] [data-refused]");
    const busy = this.#at("[data-seal-form] [data-busy]");
    refused.hidden = true;
    const button = this.#sealForm.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    try {
      write(busy, say("check-wait"));
      await this.#checks.look();
      this.#judge();
      write(busy, "");
      const problems = this.#problems();
      this.#summary(problems);
      this.#steps.show(this.#mode, { checked: true });
      if (problems.length > 0) return;
      write(busy, say("opening-key"));
      const key = await openKey(this.#data, certificate.files[0], password.value);
      if (!this.#draft.keeps) throw Object.assign(new Error("Nothing is kept."), { code: "no-memory" });
      this.#mode = "sealing";
      this.#uploads.begin(this.#flow.documents(this.#fields.values));
      this.#trouble("");
      this.#show();
      document.getElementById("upload").scrollIntoView({ block: "nearest" });
      await this.#flow.seal(this.#fields.values, key, password.value, passphrase.value);
      this.#sealForm.reset();
      certificate.dispatchEvent(new Event("change"));
      furnishKit(this.#root, this.#data, this.#draft);
      this.#send();
    } catch (error) {
      this.#mode = "editing";
      this.#show();
      tell(error, { certificate, password, refused });
      if (!refused.hidden) refused.scrollIntoView({ block: "center" });
    } finally {
      button.disabled = false;
      write(busy, "");
    }
  }

  // --- uploading ---------------------------------------------------------------------------------

  async #send() {
    clearTimeout(this.#again);
    this.#mode = "sending";
    this.#trouble("");
    this.#pauseWord(false);
    this.#uploads.draw();
    this.#show();
    try {
      await this.#flow.handIn(this.#fields.values);
      history.scrollRestoration = "manual";
      history.replaceState(null, "", "#confirmed");
      location.reload();
    } catch (error) {
      if (error.code === "stopped") return;
      this.#hold("stopped");
      this.#trouble(explain(error));
      // The very same file may have to be chosen again.
      if (error.code === "files-differ") this.#at("[data-draft]").disabled = false;
      if (LINE.has(error.code)) this.#again = setTimeout(() => this.#send(), RETRY_MS);
    }
  }

  #hold(state) {
    this.#mode = "held";
    this.#show();
    this.#uploads.draw(state);
    this.#pauseWord(true);
    this.#steps.held(say(state));
  }

  async #togglePause() {
    if (this.#mode === "held") {
      await this.#draft.put({ paused: false });
      this.#sealer.resume();
      this.#send();
      return;
    }
    // What is under way ends with its part; the platform knows from where it goes on.
    await this.#draft.put({ paused: true });
    await this.#sealer.stop();
    this.#hold("paused");
  }

  #pauseWord(goesOn) {
    const button = this.#at("[data-pause]");
    button.dataset.pauseWord ??= button.textContent;
    write(button, goesOn ? button.dataset.goOn : button.dataset.pauseWord);
  }

  async #giveUp(button) {
    if (!("sure" in button.dataset)) {
      button.dataset.sure = "";
      const words = button.textContent;
      write(button, say("give-up-sure"));
      button.addEventListener("blur", () => {
        delete button.dataset.sure;
        write(button, words);
      }, { once: true });
      return;
    }
    try {
      await this.#flow.giveUp();
      location.reload();
    } catch (error) {
      this.#trouble(explain(error));
    }
  }

  #trouble(sentence) {
    const place = this.#at("[data-trouble]");
    place.hidden = !sentence;
    write(place, sentence);
  }
}
