// "Run it again" on a draw's page: fetches what was published, runs the draw here, says each step.
// All words stand in the page, in the reader's language; this module only picks among them.

import { loads } from './jcs.js';
import { rerun } from './redraw.js';

const SHAPES = { good: 'status-good', bad: 'status-bad', off: 'status-off' };

class Redraw {
  constructor(root) {
    this.root = root;
    this.button = root.querySelector('[data-redraw-start]');
    this.said = root.querySelector('[data-redraw-said]');
    this.steps = root.querySelector('[data-redraw-steps]');
    this.table = root.querySelector('[data-redraw-differences]');
    this.button.hidden = false;
    this.button.addEventListener('click', () => this.run());
  }

  async run() {
    if (this.button.getAttribute('aria-disabled') === 'true') return;
    this.button.setAttribute('aria-disabled', 'true');
    this.reset();
    this.say('running');
    const began = performance.now();
    try {
      const bundle = await this.fetch();
      this.steps.hidden = false;
      const answer = await rerun(bundle, (step) => this.show(step));
      const spent = Math.max(1, Math.round(performance.now() - began));
      this.say(answer.agrees ? 'agrees' : 'differs', { spent: spent.toLocaleString() });
      this.compare(answer.differences);
    } catch (error) {
      this.say('failed', { reason: error.message });
    } finally {
      this.button.setAttribute('aria-disabled', 'false');
      this.button.textContent = this.button.dataset.again;
    }
  }

  async fetch() {
    const answer = await fetch(this.root.dataset.bundle, {
      headers: { accept: 'application/json' }, cache: 'no-store',
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return loads(new Uint8Array(await answer.arrayBuffer()));
  }

  reset() {
    this.table.hidden = true;
    this.table.querySelector('tbody').replaceChildren();
    for (const item of this.steps.children) {
      this.badge(item, 'now', this.steps.dataset.now);
      item.querySelectorAll('[data-fact]').forEach((fact) => { fact.textContent = ''; });
      item.querySelector('[data-reason]').hidden = true;
    }
  }

  show({ name, outcome, facts, reason }) {
    const item = this.steps.querySelector(`[data-step="${name}"]`);
    this.badge(item, outcome, this.steps.dataset[outcome]);
    for (const fact of item.querySelectorAll('[data-fact]')) {
      fact.textContent = facts[fact.dataset.fact] ?? '';
    }
    const line = item.querySelector('[data-reason]');
    line.textContent = reason || facts.wrong || '';
    line.hidden = line.textContent === '';
  }

  badge(item, outcome, word) {
    const badge = item.querySelector('[data-badge]');
    badge.className = `status ${SHAPES[outcome] ?? 'status-now'}`;
    badge.textContent = word;
  }

  /** One of the sentences that the page holds in templates, its gaps filled. */
  say(name, gaps = {}) {
    const sentence = this.root.querySelector(`template[data-say="${name}"]`).content.cloneNode(true);
    for (const gap of sentence.querySelectorAll('[data-gap]')) {
      gap.textContent = gaps[gap.dataset.gap] ?? '';
    }
    this.said.replaceChildren(sentence);
  }

  compare(differences) {
    const rows = differences.map(({ part, stratum, published, computed }) => {
      const row = document.createElement('tr');
      row.append(
        this.cell('th', `${stratum} (${this.table.dataset[part]})`),
        this.cell('td', published.join('\n'), this.table.dataset.published),
        this.cell('td', computed.join('\n'), this.table.dataset.computed),
      );
      return row;
    });
    this.table.querySelector('tbody').replaceChildren(...rows);
    this.table.hidden = rows.length === 0;
  }

  cell(tag, text, name) {
    const cell = document.createElement(tag);
    cell.textContent = text || this.table.dataset.nobody;
    cell.className = 'digest differing';
    if (tag === 'th') cell.scope = 'row';
    if (name) cell.dataset.name = name;
    return cell;
  }
}

document.querySelectorAll('[data-redraw]').forEach((root) => new Redraw(root));
