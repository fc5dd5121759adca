// Bring the changed parts of a page up to date from a page that the server rendered anew, without
// taking anything from the reader: the focus, what was typed, what was opened, where it stands.

// What differs each time it is written, and what the page itself keeps up to date ([data-own]).
const OWN_VALUES = 'input[name=once], input[name=csrfmiddlewaretoken], input[data-own]';
const OWN_WORDS = '[data-own]:not(input)';

/** A part as the server wrote it, without what does not tell one writing from the next. */
function written(part) {
  const copy = part.cloneNode(true);
  copy.querySelectorAll(OWN_VALUES).forEach((input) => input.removeAttribute('value'));
  copy.querySelectorAll(OWN_WORDS).forEach((each) => each.replaceChildren());
  return copy.outerHTML;
}

const identified = (part, selector) => [...part.querySelectorAll(selector)].filter((each) => each.id);

/** Whether the reader typed or chose something else than the page brought along. */
function changed(field) {
  if (field.options) return [...field.options].some((each) => each.selected !== each.defaultSelected);
  return field.value !== field.defaultValue;
}

function remember(part) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  return {
    fields: identified(part, 'textarea, select, input:not([type=hidden])').map((each) => ({
      id: each.id, value: each.value, files: each.files, typed: changed(each),
    })),
    open: identified(part, 'details[open]').map((each) => each.id),
    focus: focused && {
      id: focused.id, start: focused.selectionStart, end: focused.selectionEnd,
    },
    focused: focused !== null,
    scroll: identified(part, '[data-scroll]').map((each) => [each.id, each.scrollTop]),
  };
}

function restore(part, { fields, open, focus, focused, scroll }) {
  for (const { id, value, files, typed } of fields) {
    const field = typed && part.querySelector(`#${CSS.escape(id)}`);
    if (!field) continue;
    if (files) {
      field.files = files;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    } else {
      field.value = value;
    }
  }
  for (const id of open) part.querySelector(`#${CSS.escape(id)}`)?.setAttribute('open', '');
  for (const [id, top] of scroll) {
    const place = part.querySelector(`#${CSS.escape(id)}`);
    if (place) place.scrollTop = top;
  }
  if (!focused) return;
  const target = focus.id ? part.querySelector(`#${CSS.escape(focus.id)}`) : null;
  if (target) {
    target.focus({ preventScroll: true });
    if (typeof focus.start === 'number') target.setSelectionRange?.(focus.start, focus.end);
  } else {
    // What had the focus is gone: the part itself keeps the place in the page.
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
  }
}

/** The parts of the page, each with what the server last wrote of it. */
export class Parts {
  constructor(root) {
    this.root = root;
    this.last = new Map(this.#parts(root).map((part) => [part.dataset.part, written(part)]));
  }

  #parts(root) {
    return [...root.querySelectorAll('[data-part]')];
  }

  /** Take `html`, a page or a piece of one with the same parts; returns those that changed. */
  take(html) {
    const fresh = new DOMParser().parseFromString(html, 'text/html');
    const live = fresh.querySelector('[data-live]');
    if (!live) throw new TypeError('The answer holds no room.');
    const changed = [];
    for (const part of this.#parts(live)) {
      const name = part.dataset.part;
      const text = written(part);
      const standing = this.root.querySelector(`[data-part="${CSS.escape(name)}"]`);
      if (!standing || this.last.get(name) === text) continue;
      const kept = remember(standing);
      const own = document.importNode(part, true);
      standing.replaceWith(own);
      restore(own, kept);
      this.last.set(name, text);
      changed.push(own);
    }
    return { seq: Number(live.dataset.seq), closed: 'closed' in live.dataset, changed };
  }
}
