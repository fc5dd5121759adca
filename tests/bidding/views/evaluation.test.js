// The sheet's logic under node: points, steps, the way through, saving. Run by
// test_room_javascript.py, beside copies of the page's modules.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Drafts } from './evaluation_drafts.js';
import { hundredths, neighbour, nextEmpty, points, stepped, tally } from './evaluation_points.js';
import { Saver, TRIES } from './evaluation_saver.js';

for (const [text, value] of Object.entries({
  0: 0, 8: 800, '8.5': 850, '8.55': 855, '8.': 800, '.5': 50, 40: 4000, '40.00': 4000,
  '３１．５': 3150, '31,5': 3150, ' 7 ': 700, '007': 700,
})) {
  test(`“${text}” is ${value} hundredths`, () => assert.equal(hundredths(text, '40.00'), value));
}

for (const text of ['', ' ', '.', '-1', '40.01', '41', '8.555', '1e1', 'acht', '8 5', '+3', '1.2.3',
  'NaN', 'Infinity', '0x10', '999999999']) {
  test(`“${text}” is none of the criterion's points`, () => {
    assert.equal(hundredths(text, '40.00'), null);
  });
}

test('points are written with two decimals', () => {
  assert.deepEqual([0, 5, 50, 850, 4000].map(points), ['0.00', '0.05', '0.50', '8.50', '40.00']);
});

test('a step stays within the bounds', () => {
  assert.equal(stepped('8', '10', 50), '8.50');
  assert.equal(stepped('9.80', '10', 50), '10.00');
  assert.equal(stepped('0.2', '10', -50), '0.00');
  assert.equal(stepped('', '10', 50), '0.00');
  assert.equal(stepped('', '10', -50), '10.00');
});

test('a step changes nothing that is no points', () => {
  assert.equal(stepped('11', '10', 50), null);
  assert.equal(stepped('x', '10', -10), null);
});

test('a hundred small steps add up exactly', () => {
  let text = '0';
  for (let step = 0; step < 100; step += 1) text = stepped(text, '10', 10);
  assert.equal(text, '10.00');
});

test('the way through a sheet ends at its ends', () => {
  const cells = ['a', 'b', 'c'];
  assert.deepEqual([neighbour(cells, 'a'), neighbour(cells, 'c'), neighbour(cells, 'a', -1)], ['b', 'c', 'a']);
});

test('the next empty entry is looked for once around', () => {
  const cells = ['a', 'b', 'c', 'd'];
  const among = (...empty) => (cell) => empty.includes(cell);
  assert.equal(nextEmpty(cells, among('a', 'd'), 'b'), 'd');
  assert.equal(nextEmpty(cells, among('a'), 'b'), 'a');
  assert.equal(nextEmpty(cells, among(), 'b'), null);
  assert.equal(nextEmpty(cells, among('c'), null), 'c');
});

test('a tally counts what are points', () => {
  const entries = ['8.5', '', 'x', '41', '1.25'].map((text) => ({ text, full: '40' }));
  assert.deepEqual(tally(entries), { done: 2, total: '9.75' });
});

// --- saving --------------------------------------------------------------------------------------

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

class Memory {
  constructor() { this.kept = new Map(); }

  put(cell, text) { this.kept.set(cell, text); }

  remove(cell) { this.kept.delete(cell); }
}

/** A saver whose platform answers when the test says so. */
function stand() {
  const drafts = new Memory();
  const sent = [];
  const told = [];
  const later = [];
  const saver = new Saver({
    drafts,
    send: (cell, value) => new Promise((resolve, reject) => sent.push({ cell, value, resolve, reject })),
    tell: (cell, state, message) => told.push([cell, state, ...(message ? [message] : [])]),
    after: (act) => later.push(act),
  });
  return { saver, drafts, sent, told, later };
}

const failed = (more) => Object.assign(new Error('no'), more);

test('without a line everything is kept on the device', async () => {
  const { saver, drafts, sent, told } = stand();
  saver.put('T01|plan', '8', '8.00');
  await turn();
  assert.deepEqual([sent.length, told], [0, [['T01|plan', 'device']]]);
  assert.deepEqual([...drafts.kept], [['T01|plan', '8']]);
  assert.deepEqual(saver.counts, { waiting: 1, unfit: 0 });
});

test('what was kept goes out one after the other when the line is there', async () => {
  const { saver, drafts, sent } = stand();
  ['a', 'b', 'c'].forEach((cell) => saver.put(cell, '1', '1.00'));
  saver.ready(true);
  for (const cell of ['a', 'b', 'c']) {
    await turn();
    assert.deepEqual([sent.length, sent[0].cell], [1, cell]);
    sent.shift().resolve();
  }
  await saver.idle();
  assert.equal(drafts.kept.size, 0);
});

test('what is typed while it is sent is sent as well, and counts', async () => {
  const { saver, drafts, sent, told } = stand();
  saver.ready(true);
  saver.put('a', '1', '1.00');
  saver.put('a', '2', '2.00');
  assert.equal(sent.length, 1);
  sent[0].resolve();
  await turn();
  assert.deepEqual(sent.map((one) => one.value), ['1.00', '2.00']);
  assert.deepEqual([...drafts.kept], [['a', '2']]);
  sent[1].resolve();
  await saver.idle();
  assert.deepEqual(told.at(-1), ['a', 'saved']);
});

test('a lost line stops the rest and loses nothing', async () => {
  const { saver, drafts, sent, told } = stand();
  saver.ready(true);
  saver.put('a', '1', '1.00');
  saver.put('b', '2', '2.00');
  sent[0].reject(failed({ lost: true }));
  await turn();
  assert.deepEqual([sent.length, drafts.kept.size, told.at(-1)], [1, 2, ['a', 'device']]);
  saver.ready(true);
  await turn();
  assert.equal(sent[1].cell, 'a');
});

test('what a busy platform refuses is tried again a moment later, not for ever', async () => {
  const { saver, sent, later, told } = stand();
  saver.ready(true);
  saver.put('a', '1', '1.00');
  for (let turns = 0; turns < TRIES; turns += 1) {
    sent.at(-1).reject(failed({ again: true }));
    await turn();
    later.at(-1)();
    await turn();
  }
  assert.equal(sent.length, TRIES + 1);
  sent.at(-1).reject(failed({ again: true, message: 'busy' }));
  await turn();
  assert.deepEqual(told.at(-1), ['a', 'refused', 'busy']);
});

test('a refusal is said and does not hold up the others', async () => {
  const { saver, drafts, sent, told } = stand();
  saver.ready(true);
  saver.put('a', '1', '1.00');
  saver.put('b', '2', '2.00');
  sent[0].reject(failed({ message: 'Your score sheet is frozen.' }));
  await turn();
  assert.deepEqual(told.find(([, state]) => state === 'refused'), ['a', 'refused', 'Your score sheet is frozen.']);
  assert.equal(sent[1].cell, 'b');
  assert.equal(drafts.kept.get('a'), '1');
});

test('what are no points is kept and never sent', async () => {
  const { saver, drafts, sent } = stand();
  saver.ready(true);
  saver.put('a', '41', null);
  await saver.idle();
  assert.deepEqual([sent.length, saver.counts, drafts.kept.get('a')], [0, { waiting: 0, unfit: 1 }, '41']);
});

test('idle waits for what is under way', async () => {
  const { saver, sent } = stand();
  saver.ready(true);
  saver.put('a', '1', '1.00');
  let done = false;
  const idle = saver.idle().then(() => { done = true; });
  await turn();
  assert.equal(done, false);
  sent[0].resolve();
  await idle;
});

test('a browser that keeps nothing leaves drafts in the page', async () => {
  const drafts = new Drafts('room user', { open() { throw new Error('no storage'); } });
  await drafts.put('a', '1');
  await drafts.put('b', '2');
  await drafts.remove('a');
  assert.deepEqual([...await drafts.all()], [['b', '2']]);
});
