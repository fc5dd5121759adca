// Finding words in a document's text, for tests/trading/reading_js.
export default async (root) => {
  const { fold, joined, parts, places } = await import(`${root}/trading/js/reading/search.js`);
  return {
    fold: (text) => fold(text).folded,
    joined: (pieces) => joined(pieces),
    parts: ([starts, lengths, place]) => parts(starts, lengths, place),
    found: ([text, words]) => places(text, words).map(([start, end]) => [start, text.slice(start, end)]),
  };
};
