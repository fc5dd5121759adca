// The evaluation room's page: queue, blind documents, own sheet, the report's signature.

import '../../trading/js/own_certificate.js';
import { SessionError, SigningApi, signSession } from '../../signatures/js/signing_session.js';
import { Documents } from './evaluation_documents.js';
import { Sheet } from './evaluation_sheet.js';
import { Mistake, RoomPage, mistake, openSigner } from './room_page.js';

const UP = new Set(['live', 'polling', 'replayed']);
const REPORT_MS = 5_000;

const root = document.querySelector('[data-evaluation]');
const documents = new Documents(root);
const isLive = Boolean(root.dataset.socket);
let chosen = '';
let sheet = null;
let page = null;

// --- which bid is looked at ----------------------------------------------------------------------

function mark(part) {
  part.querySelectorAll('[data-bid]').forEach((each) => {
    const here = each.dataset.bid === chosen;
    each.classList.toggle('is-here', here);
    const link = each.querySelector('[data-choose]');
    if (!link) return;
    if (here) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  });
}

function choose(bid) {
  if (bid === chosen) return;
  sheet?.commit();
  chosen = bid;
  mark(root);
  documents.show(bid);
  const address = new URL(location.href);
  address.searchParams.set('bid', bid);
  address.hash = '';
  history.replaceState(null, '', address);
}

root.addEventListener('click', (event) => {
  const link = event.target.closest('[data-choose]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(link.dataset.choose);
  // On a narrow screen the bids are a pane of their own: whoever chose one wants to see it.
  const pane = root.querySelector('#show-queue');
  if (pane.checked) root.querySelector('#show-sheet').click();
});

document.addEventListener('keydown', (event) => {
  const turns = { '[': -1, ']': 1 };
  if (!(event.key in turns) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('textarea, input:not([data-cell])')) return;
  event.preventDefault();
  documents.turn(chosen, turns[event.key]);
});

// --- the room ------------------------------------------------------------------------------------

function furnished(part) {
  mark(part);
  part.querySelectorAll('form[data-sign-document], [data-next-cell]').forEach((each) => {
    each.hidden = false;
  });
  if (part === root || part.dataset.part === 'sheet') {
    sheet?.read(part);
    sheet?.lined(UP.has(page?.room.status.state));
  }
}

async function before(form) {
  if (form.dataset.sign !== 'freeze-sheet') return;
  const { waiting, unfit } = await sheet.flushed();
  if (waiting || unfit) throw new Mistake(root.dataset.unsaved);
}

async function send(cell, points) {
  const [bid, criterion] = cell.split('|');
  try {
    await page.room.do('score', { bid, criterion, points });
  } catch (error) {
    const lost = page.isStale || error.code === 'stale' || error.code === 'closed';
    throw Object.assign(new Error(page.messageOf(error)), { lost, again: error.again });
  }
  sheet.heard(bid, criterion, points);
}

// --- the report ----------------------------------------------------------------------------------

async function signReport(form) {
  const button = form.querySelector('button');
  const busy = form.querySelector('[data-busy]');
  mistake(form, '');
  button.disabled = true;
  busy.hidden = false;
  try {
    const signer = await openSigner(form);
    const api = new SigningApi(form.elements.csrfmiddlewaretoken.value);
    await signSession(api, form.dataset.signDocument, form.dataset.field, signer);
    form.reset();
  } catch (error) {
    const said = error instanceof Mistake || (error instanceof SessionError && error.message);
    mistake(form, said ? error.message : page.word.dataset.unknown);
  }
  button.disabled = false;
  busy.hidden = true;
  page.soon(0, { anew: true });
}

root.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-sign-document]');
  if (!form) return;
  event.preventDefault();
  if (!form.querySelector('button').disabled) signReport(form);
});

root.addEventListener('click', (event) => {
  if (!event.target.closest('[data-next-cell] button')) return;
  root.querySelector('#show-sheet').click();
  sheet.toEmpty();
});

// --- beginning -----------------------------------------------------------------------------------

root.classList.add('is-scripted');
if (isLive) {
  page = new RoomPage(root, {
    numbers: ['minutes'],
    isOwn: (event) => event.kind === 'scored',
    heard: ({ kind, data }) => {
      if (kind === 'scored') sheet.heard(data.bid, data.criterion, data.points);
    },
    lined: ({ state }) => sheet?.lined(UP.has(state)),
    furnished,
    before,
  });
  sheet = new Sheet(root, { send, choose, now: () => page.room.official() });
  page.start();
  sheet.resume();
  window.addEventListener('pagehide', () => sheet.commit(), { capture: true });
  // Signatures under the report are no events of the room: while it is signed the page asks again.
  setInterval(() => {
    if (root.querySelector('[data-report-open]') && !document.hidden) page.soon(0, { anew: true });
  }, REPORT_MS);
}
choose(root.dataset.chosen);
mark(root);
