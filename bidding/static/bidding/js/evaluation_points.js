// Points as a member types them, and the way through a sheet: pure, tried under node.

const TYPED = /^(\d{1,5})(?:\.(\d{0,2}))?$|^\.(\d{1,2})$/;

/** What was typed as hundredths from 0 to `full`, or null where it is none. Full-width figures
 * and a comma for the point are understood. */
export function hundredths(text, full) {
  const plain = text.normalize('NFKC').replace(/[,。]/, '.').trim();
  const found = TYPED.exec(plain);
  if (!found) return null;
  const [, whole = '0', decimals = '', alone = ''] = found;
  const value = Number(whole) * 100 + Number((decimals + alone).padEnd(2, '0'));
  return value <= Math.round(Number(full) * 100) ? value : null;
}

/** Hundredths as the platform takes them: 850 is "8.50". */
export function points(value) {
  return `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`;
}

/** The text in a field moved by `step` hundredths, within the bounds; an empty one begins at full
 * marks going down and at nothing going up. */
export function stepped(text, full, step) {
  const most = Math.round(Number(full) * 100);
  const now = hundredths(text, full);
  if (now === null && text.trim() !== '') return null;
  const from = now ?? (step < 0 ? most : 0);
  const to = now === null ? from : from + step;
  return points(Math.min(most, Math.max(0, to)));
}

/** The cell after (or, `by` -1, before) `cell` in the order of `cells`; the same at the end. */
export function neighbour(cells, cell, by = 1) {
  const place = cells.indexOf(cell) + by;
  return cells[Math.min(cells.length - 1, Math.max(0, place))];
}

/** The first cell without points behind `cell`, going round once; null where all have points. */
export function nextEmpty(cells, isEmpty, cell) {
  const start = cells.indexOf(cell) + 1;
  const round = [...cells.slice(start), ...cells.slice(0, start)];
  return round.find(isEmpty) ?? null;
}

/** How many of the texts are points, and what they add up to. */
export function tally(entries) {
  const values = entries.map(({ text, full }) => hundredths(text, full)).filter((one) => one !== null);
  return { done: values.length, total: points(values.reduce((sum, one) => sum + one, 0)) };
}
