// A document on the page: its leaves one below the other, their number, their size, and what is
// found in them. All words stand in the template, in the reader's language.

import { getDocument, GlobalWorkerOptions, VerbosityLevel } from '../../../vendor/pdfjs/build/pdf.mjs';
import { Leaf } from './leaf.js';

const SCALES = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const FIT = 'fit';
/** So far above and below the window leaves are drawn beforehand. */
const NEAR = '600px 0px';

export class Viewer {
  constructor(root) {
    this.root = root;
    this.bar = root.querySelector('[data-bar]');
    this.leaves = [];
    this.scale = FIT;
    this.found = [];
    this.at = -1;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    GlobalWorkerOptions.workerSrc = root.dataset.worker;
  }

  async open() {
    const progress = this.part('progress');
    const task = getDocument({
      url: this.root.dataset.file,
      cMapUrl: this.root.dataset.maps,
      cMapPacked: true,
      wasmUrl: this.root.dataset.decoders,
      useWasm: false,
      enableXfa: false,
      verbosity: VerbosityLevel.ERRORS,
    });
    task.onProgress = ({ loaded, total }) => {
      if (total) progress.value = Math.min(1, loaded / total);
    };
    try {
      this.pdf = await task.promise;
      const first = await this.pdf.getPage(1);
      const { width, height } = first.getViewport({ scale: 1 });
      this.lay({ width, height });
    } catch {
      this.say('failed');
      this.bar.hidden = false;
      this.bar.querySelectorAll('.viewer-group').forEach((group) => { group.hidden = true; });
    } finally {
      this.part('loading').hidden = true;
    }
  }

  lay(size) {
    const paper = this.part('paper');
    for (let number = 1; number <= this.pdf.numPages; number += 1) {
      const label = this.root.dataset.leaf.replace('{number}', number);
      this.leaves.push(new Leaf(this.pdf, number, size, label));
    }
    paper.replaceChildren(...this.leaves.map((leaf) => leaf.element));
    paper.hidden = false;
    this.bar.hidden = false;
    this.part('count').textContent = this.pdf.numPages;
    this.number = this.part('number');
    this.number.max = this.pdf.numPages;
    this.resize();
    this.watch(paper);
    this.listen(paper);
  }

  watch(paper) {
    const near = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const leaf = this.leaves[[...paper.children].indexOf(target)];
        if (isIntersecting) leaf.show().catch(() => this.say('failed'));
        else leaf.hide();
      }
    }, { rootMargin: NEAR });
    this.leaves.forEach((leaf) => near.observe(leaf.element));
    let width = paper.clientWidth;
    new ResizeObserver(() => {
      if (paper.clientWidth === width) return;
      width = paper.clientWidth;
      if (this.scale === FIT) this.resize();
    }).observe(paper);
    let waiting = false;
    document.addEventListener('scroll', () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.tell(); });
    }, { passive: true });
    this.tell();
  }

  listen(paper) {
    const clicks = {
      previous: () => this.turn(-1), next: () => this.turn(1),
      smaller: () => this.zoom(-1), larger: () => this.zoom(1), fit: () => this.fit(),
      'find-previous': () => this.step(-1), 'find-next': () => this.step(1),
    };
    for (const [name, act] of Object.entries(clicks)) this.part(name).addEventListener('click', act);
    this.number.addEventListener('change', () => this.go(Number.parseInt(this.number.value, 10)));
    this.part('find').addEventListener('submit', (event) => {
      event.preventDefault();
      this.search();
    });
    paper.addEventListener('drawn', () => this.mark());
    paper.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys = {
        n: clicks.next, p: clicks.previous, '+': clicks.larger, '-': clicks.smaller, 0: clicks.fit,
      };
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
    document.addEventListener('keydown', (event) => {
      // Leaves far away hold no words: the browser's own search would miss them. Twice gives it.
      const words = this.part('words');
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'f') return;
      if (document.activeElement === words) return;
      event.preventDefault();
      words.focus();
      words.select();
    });
  }

  /** The leaf that is at the top of the window. */
  current() {
    const line = this.bar.getBoundingClientRect().bottom + 40;
    const after = this.leaves.findIndex(
      ({ element }) => element.getBoundingClientRect().bottom > line,
    );
    return after < 0 ? this.leaves.length : after + 1;
  }

  tell() {
    if (document.activeElement !== this.number) this.number.value = this.current();
    this.part('previous').setAttribute('aria-disabled', String(this.current() === 1));
    this.part('next').setAttribute('aria-disabled', String(this.current() === this.leaves.length));
  }

  go(number) {
    const leaf = this.leaves[Math.min(Math.max(number || 1, 1), this.leaves.length) - 1];
    leaf.element.scrollIntoView({ block: 'start' });
    this.number.value = leaf.number;
  }

  turn(by) {
    this.go(this.current() + by);
  }

  /** How large 100 % is, or as wide as the column. */
  factor() {
    if (this.scale !== FIT) return this.scale * (96 / 72);
    return (this.part('paper').clientWidth - 2) / Math.max(...this.leaves.map((leaf) => leaf.size.width));
  }

  fit() {
    this.scale = FIT;
    this.resize();
  }

  zoom(by) {
    const now = this.factor() / (96 / 72);
    const next = by > 0 ? SCALES.find((one) => one > now + 0.01)
      : SCALES.findLast((one) => one < now - 0.01);
    if (next === undefined) return;
    this.scale = next;
    this.resize();
  }

  resize() {
    const stay = this.leaves[this.current() - 1];
    const factor = this.factor();
    this.leaves.forEach((leaf) => leaf.place(factor));
    this.part('size').textContent = `${Math.round((factor / (96 / 72)) * 100)} %`;
    this.leaves.filter((leaf) => leaf.shown).forEach((leaf) => leaf.show());
    if (stay.number > 1) stay.element.scrollIntoView({ block: 'start' });
  }

  async search() {
    const words = this.part('words').value;
    const asked = Symbol(words);
    this.asked = asked;
    const found = [];
    for (const leaf of this.leaves) {
      for (const place of await leaf.find(words)) found.push({ leaf, place });
      if (this.asked !== asked) return;
    }
    const again = words === this.words;
    this.words = words;
    this.found = found;
    if (!again) this.at = -1;
    this.part('find-previous').hidden = this.part('find-next').hidden = found.length === 0;
    if (found.length) this.step(1);
    else {
      this.mark();
      this.say(words.trim() ? 'none' : 'nothing');
    }
  }

  step(by) {
    if (!this.found.length) return;
    const first = this.at < 0 ? this.found.findIndex(({ leaf }) => leaf.number >= this.current()) : -1;
    this.at = first >= 0 ? first : (this.at + by + this.found.length) % this.found.length;
    const { leaf } = this.found[this.at];
    this.say('found', { at: this.at + 1, all: this.found.length, page: leaf.number });
    this.mark(true);
    if (!leaf.layer) this.go(leaf.number);
  }

  /** Colour what was found on the leaves that are drawn; bring the present one into sight. */
  async mark(move = this.moving) {
    this.moving = move;
    if (!globalThis.CSS?.highlights) return;
    const all = new Highlight();
    const present = new Highlight();
    for (const [index, { leaf, place }] of this.found.entries()) {
      for (const range of await leaf.ranges(place)) (index === this.at ? present : all).add(range);
    }
    CSS.highlights.set('found', all);
    CSS.highlights.set('found-now', present);
    const [range] = present;
    if (!move || !range) return;
    this.moving = false;
    const { top, bottom } = range.getBoundingClientRect();
    const free = this.bar.getBoundingClientRect().bottom;
    if (top < free + 20 || bottom > window.innerHeight - 20) {
      window.scrollBy({ top: top - free - (window.innerHeight - free) / 3 });
    }
  }

  /** One of the sentences that the page holds in templates, its gaps filled. */
  say(name, gaps = {}) {
    const sentence = this.root.querySelector(`template[data-say="${name}"]`).content.cloneNode(true);
    for (const gap of sentence.querySelectorAll('[data-gap]')) {
      gap.textContent = gaps[gap.dataset.gap] ?? '';
    }
    this.part('said').replaceChildren(sentence);
  }
}
