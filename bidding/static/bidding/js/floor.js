// The auction floor's page: the time that is left by the server's clock, amounts that a press fills
// in, and amounts as people write them.

import { Mistake, RoomPage } from './room_page.js';

const root = document.querySelector('[data-hall]');
const BEAT_MS = 250;
const SOON_S = 60;
const DAY_S = 86_400;

const two = (number) => String(number).padStart(2, '0');

/** An amount as it was typed, without what people put between figures; null for what is none. */
export function plain(text) {
  const found = text.normalize('NFKC').replace(/[,\s]/g, '');
  return /^\d{1,15}(\.\d{1,2})?$/.test(found) ? found : null;
}

/** Seconds as the page shows them; days by the page's own words. */
export function left(seconds, words) {
  const whole = Math.max(0, Math.ceil(seconds));
  const time = [whole % DAY_S / 3600, whole % 3600 / 60, whole % 60].map((each) => two(Math.floor(each)));
  const short = whole < 3600 ? time.slice(1) : time;
  if (whole < DAY_S) return short.join(':');
  return words.replace('{days}', Math.floor(whole / DAY_S)).replace('{time}', time.join(':'));
}

function furnish(part) {
  part.querySelectorAll('[data-offers]').forEach((row) => { row.hidden = false; });
  count();
}

async function before(form) {
  const field = form.elements.price ?? form.elements.reserve;
  if (!field) return;
  const amount = plain(field.value);
  if (amount === null) throw new Mistake(root.dataset.wrong);
  field.value = amount;
}

const page = new RoomPage(root, { furnished: furnish, before });

function count() {
  const place = root.querySelector('[data-until]');
  const now = page?.room.official();
  if (!place || now === null || now === undefined) return;
  const seconds = (Date.parse(place.dataset.until) - now) / 1000;
  const text = seconds > 0 ? left(seconds, place.dataset.days) : place.dataset.over;
  if (place.textContent !== text) place.textContent = text;
  const bar = root.querySelector('[data-left]');
  const short = seconds <= Number(bar.max);
  if (bar.hidden === short) bar.hidden = !short;
  if (short) bar.value = Math.max(0, seconds);
  const soon = root.querySelector('[data-soon]');
  const word = seconds > 0 && seconds <= SOON_S ? soon.dataset.word : '';
  if (soon.textContent !== word) soon.textContent = word;
}

root.addEventListener('click', (event) => {
  const offer = event.target.closest('[data-fill]');
  if (!offer) return;
  const field = offer.form.elements.price;
  field.value = offer.dataset.fill;
  field.focus();
});

page.start();
setInterval(count, BEAT_MS);
