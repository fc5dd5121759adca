// Finding words in a document's text: no page, no browser, so it is tried under node.

/** A text as it is compared: width forms and cases alike, and where each of its letters came from. */
export function fold(text) {
  let folded = '';
  const origins = [];
  let at = 0;
  for (const letter of text) {
    const plain = letter.normalize('NFKC').toLowerCase();
    for (let unit = 0; unit < plain.length; unit += 1) origins.push(at);
    folded += plain;
    at += letter.length;
  }
  origins.push(at);
  return { folded, origins };
}

/** Every place of `words` in `text`, as [start, end] of the text as it is written. */
export function places(text, words) {
  const wanted = fold(words).folded.trim();
  if (!wanted) return [];
  const { folded, origins } = fold(text);
  const found = [];
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
    const last = origins[at + wanted.length - 1];
    found.push([origins[at], last + String.fromCodePoint(text.codePointAt(last)).length]);
  }
  return found;
}

/** The pieces of a page's text run together; Chinese lines go on without a blank, others with one. */
export function joined(pieces) {
  let text = '';
  const starts = [];
  for (const { str, hasEOL } of pieces) {
    starts.push(text.length);
    text += str;
    if (hasEOL && /[!-~]$/.test(text)) text += ' ';
  }
  return { text, starts };
}

/** A place in a joined text, as parts of its pieces: [piece, start, end], none of them empty. */
export function parts(starts, lengths, [start, end]) {
  const found = [];
  starts.forEach((from, piece) => {
    const first = Math.max(start, from);
    const last = Math.min(end, from + lengths[piece]);
    if (first < last) found.push([piece, first - from, last - from]);
  });
  return found;
}
