// Bytes as characters of the same number. A browser's TextDecoder calls windows-1252 "latin1", in
// which 80 to 9f are other characters: the first byte of every PNG would be lost.

const STEP = 8192;

export function latin1(data) {
  let text = "";
  for (let at = 0; at < data.length; at += STEP) {
    text += String.fromCharCode(...data.subarray(at, at + STEP));
  }
  return text;
}
