// The modules of a tender's preparation, without a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Said, extendsDraft, sealDraft } from './trading/js/own_seal.js';
import { shown, sum } from './trading/js/points.js';

const bytes = (text) => new TextEncoder().encode(text);

test('points add up in hundredths, exactly', () => {
  assert.equal(sum(['0.1', '0.2']), 30);
  assert.equal(sum(['40', '35', '25']), 10_000);
  assert.equal(shown(sum(['33.33', '33.33', '33.34'])), '100');
  assert.equal(shown(250), '2.5');
});

test('what is no number counts nothing', () => {
  assert.equal(sum(['', 'abc', '-5', '1e3', '1.234', '٣', ' 7 ']), 700);
});

test('a draft is extended by its own bytes and more', () => {
  assert.equal(extendsDraft(bytes('draft and room'), bytes('draft')), true);
  assert.equal(extendsDraft(bytes('draft'), bytes('draft')), false);
  assert.equal(extendsDraft(bytes('craft and room'), bytes('draft')), false);
  assert.equal(extendsDraft(bytes('dra'), bytes('draft')), false);
});

test('what does not begin with the draft is never signed', async () => {
  const asked = [];
  const signer = {
    certificate: { der: bytes('certificate') },
    sign: () => assert.fail('it was signed'),
  };
  const ask = async (address, body) => {
    asked.push(address);
    return body ? { room: 'r', content: btoa('something else altogether') } : bytes('the draft');
  };
  const words = { other: 'not the draft' };
  const sealing = sealDraft({
    ask, draft: '/draft', room: '/room', ticket: 't', title: 'x', signer, words, step: () => {},
  });
  await assert.rejects(sealing, (error) => error instanceof Said && error.message === words.other);
  assert.deepEqual(asked, ['/draft', '/room']);
});
