// The opening hall's page: the room says that something was committed, the page asks the server
// for the hall as it now stands. Nothing is drawn that is not committed.

import { signStatement } from '../../signatures/js/cades.js';
import { Signer } from '../../signatures/js/signer.js';
import { dress } from '../../trading/js/files.js';
import { Parts } from './parts.js';
import { Room, RoomError } from './room.js';

const REST_MS = 300; // events that come together are shown together
const AGAIN_MS = 2_000;
const NEW_MS = 8_000;

const FORMS = 'form[data-do], form[data-sign]';

const hall = document.querySelector('[data-hall]');
const chip = hall.querySelector('[data-chip]');
const word = hall.querySelector('[data-word]');
const parts = new Parts(hall);

let shown = Number(hall.dataset.seq); // the event up to which the page shows the hall
let timer = 0;
let asking = false;
let fetchFailed = false;

// --- what the line is like -----------------------------------------------------------------------

const filled = (text, { seq, caught }) => text.replace('{seq}', seq).replace('{count}', caught);

function say(key) {
  const text = key ? word.dataset[key] ?? word.dataset.unknown : '';
  if (word.textContent !== text) word.textContent = text;
  word.hidden = !text;
}

const camel = (code) => code.replace(/-(\w)/g, (_all, letter) => letter.toUpperCase());

function showLine() {
  const { state, reason } = room.status;
  chip.className = `chip chip-${state}`;
  const text = filled(chip.dataset[state], { ...room.status, seq: shown });
  if (chip.textContent !== text) chip.textContent = text;
  hall.classList.toggle('is-stale', state === 'stale');
  if (state === 'stale') say(reason === 'lost' ? 'stale' : camel(reason));
  else say(fetchFailed ? 'fetch' : '');
  bar();
}

function bar() {
  for (const form of hall.querySelectorAll(FORMS)) {
    form.querySelector('button').disabled = room.isStale || 'pending' in form.dataset;
  }
}

// --- what the hall is like -----------------------------------------------------------------------

function soon(ms = REST_MS) {
  if (timer || asking) return;
  timer = setTimeout(ask, ms);
}

async function ask() {
  timer = 0;
  if (room.session.seq <= shown && !fetchFailed) return;
  asking = true;
  try {
    const answer = await fetch(hall.dataset.address, { cache: 'no-store' });
    if (!answer.ok) throw new TypeError(`The hall answers ${answer.status}.`);
    show(parts.take(await answer.text()));
    fetchFailed = false;
  } catch {
    fetchFailed = true;
  }
  asking = false;
  showLine();
  if (fetchFailed) soon(AGAIN_MS);
  else if (room.session.seq > shown) soon();
}

function show({ seq, closed, changed }) {
  const before = shown;
  shown = Math.max(shown, seq);
  showStep();
  for (const part of changed) {
    part.querySelectorAll('[data-picker]').forEach(dress);
    furnish(part);
    part.querySelectorAll('[data-event]').forEach((line) => {
      if (Number(line.dataset.event) > before) {
        line.classList.add('is-new');
        setTimeout(() => line.classList.remove('is-new'), NEW_MS);
      }
    });
  }
  if (closed) location.reload();
}

/** The step that goes on now is in view where the row of steps is wider than the screen. */
function showStep() {
  const row = hall.querySelector('.room-steps ol');
  const step = row.querySelector('.is-now');
  if (step) row.scrollLeft = step.offsetLeft - row.offsetLeft - 16;
}

// --- commands ------------------------------------------------------------------------------------

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

const NUMBERS = new Set(['objection']);
const OURS = new Set(['csrfmiddlewaretoken', 'do', 'once']);

async function fieldsOf(form) {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (OURS.has(name)) continue;
    if (value instanceof File) found[name] = await base64(value);
    else found[name] = NUMBERS.has(name) ? Number(value) : value;
  }
  return found;
}

function mistake(form, text) {
  const place = form.querySelector('[data-mistake]');
  place.textContent = text;
  place.hidden = !text;
}

function messageOf(error) {
  if (!(error instanceof RoomError)) return word.dataset.unknown;
  return error.message !== error.code ? error.message
    : word.dataset[camel(error.code)] ?? word.dataset.unknown;
}

const bytesToBase64 = (bytes) => base64(new Blob([bytes]));

class Mistake extends Error {}

/** The statement of this form, signed on this device; file and password stay here. */
async function signed(form) {
  const file = form.elements.file.files[0];
  if (!file || !form.elements.password.value) throw new Mistake(form.dataset.empty);
  let signer;
  try {
    signer = await Signer.open(new Uint8Array(await file.arrayBuffer()), form.elements.password.value);
  } catch (error) {
    throw new Mistake(error.code === 'wrong-password' ? form.dataset.wrong : form.dataset.unusable);
  }
  const answer = await fetch(form.dataset.statement, { cache: 'no-store' });
  if (!answer.ok) throw new Mistake(word.dataset.unknown);
  const statement = new Uint8Array(await answer.arrayBuffer());
  const signature = await signStatement(statement, signer);
  return {
    statement: await bytesToBase64(statement), signature: await bytesToBase64(signature),
  };
}

/** The form that stands where this one stood: its part may have been written anew meanwhile. */
function standing(form) {
  if (form.isConnected) return form;
  const { do: command, sign, statement } = form.dataset;
  const own = form.querySelector('[name=objection]')?.value;
  return [...hall.querySelectorAll(FORMS)].find((each) => each.dataset.do === command
    && each.dataset.sign === sign && each.dataset.statement === statement
    && each.querySelector('[name=objection]')?.value === own);
}

async function give(form) {
  form.dataset.pending = '';
  mistake(form, '');
  bar();
  const busy = setTimeout(() => { form.querySelector('[data-busy]').hidden = false; }, 400);
  let refused = '';
  try {
    const command = form.dataset.do ?? form.dataset.sign;
    await room.do(command, form.dataset.sign ? await signed(form) : await fieldsOf(form));
    form.reset();
  } catch (error) {
    refused = error instanceof Mistake ? error.message : messageOf(error);
  }
  clearTimeout(busy);
  const now = standing(form);
  for (const each of new Set([form, now].filter(Boolean))) {
    delete each.dataset.pending;
    each.querySelector('[data-busy]').hidden = true;
  }
  if (refused && now) mistake(now, refused);
  else if (refused) Object.assign(word, { textContent: refused, hidden: false });
  bar();
  soon();
}

hall.addEventListener('submit', (event) => {
  const form = event.target.closest(FORMS);
  if (!form) return;
  const empty = [...form.elements].some(
    (field) => field.name && field.type !== 'hidden' && !field.value,
  );
  // What is empty is explained by the server, next to its field.
  if (form.dataset.do && empty) return;
  event.preventDefault();
  if (!('pending' in form.dataset)) give(form);
});

/** What only works with this script is shown by it, also in a part that was just written. */
function furnish(part) {
  part.querySelectorAll('form[data-sign]').forEach((form) => { form.hidden = false; });
}

// --- the room ------------------------------------------------------------------------------------

const address = new URL(hall.dataset.socket, location.href);
address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
const room = new Room(address.href, {
  lastSeq: shown,
  on: {
    event: () => soon(),
    snapshot: () => soon(),
    status: showLine,
  },
});
furnish(hall);
room.start();
showStep();
window.addEventListener('online', () => room.hurry());
document.addEventListener('visibilitychange', () => { if (!document.hidden) room.hurry(); });
window.addEventListener('pagehide', () => room.stop());
window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
