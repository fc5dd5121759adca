// A ZIP package's parts, read from its directory; the twin of what Python's zipfile does for the
// kit. Nothing is unpacked beyond what is asked for, and that within bounds.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LONGEST_END = 22 + 65_535;
const MOST_PARTS = 20_000;

export class Damaged extends Error {
  name = "Damaged";
}

/** {parts: Map(name -> part), encrypted}; throws Damaged. */
export async function openZip(blob) {
  const from = Math.max(0, blob.size - LONGEST_END);
  const tail = new DataView(await blob.slice(from).arrayBuffer());
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at -= 1;
  if (at < 0) throw new Damaged("There is no directory.");
  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const start = tail.getUint32(at + 16, true);
  if (count > MOST_PARTS || start + size > blob.size) throw new Damaged("The directory is cut.");
  const directory = new DataView(await blob.slice(start, start + size).arrayBuffer());
  const parts = new Map();
  let encrypted = false;
  for (let i = 0, place = 0; i < count; i += 1) {
    if (place + 46 > directory.byteLength || directory.getUint32(place, true) !== ENTRY) {
      throw new Damaged("The directory is damaged.");
    }
    const flags = directory.getUint16(place + 8, true);
    const [name, extra, comment] = [28, 30, 32].map((o) => directory.getUint16(place + o, true));
    const bytes = new Uint8Array(directory.buffer, place + 46, Math.min(name, size - place - 46));
    encrypted ||= (flags & 1) === 1;
    parts.set(new TextDecoder().decode(bytes), {
      method: directory.getUint16(place + 10, true),
      packed: directory.getUint32(place + 20, true),
      size: directory.getUint32(place + 24, true),
      at: directory.getUint32(place + 42, true),
    });
    place += 46 + name + extra + comment;
  }
  return { parts, encrypted };
}

/** At most `most` bytes of a part; throws Damaged. */
export async function readPart(blob, part, most) {
  const head = new DataView(await blob.slice(part.at, part.at + 30).arrayBuffer());
  if (head.byteLength < 30 || head.getUint32(0, true) !== 0x04034b50) {
    throw new Damaged("A part is not where it should be.");
  }
  const start = part.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const packed = blob.slice(start, start + part.packed);
  if (packed.size !== part.packed) throw new Damaged("A part is cut.");
  if (part.method === 0) return new Uint8Array(await packed.slice(0, most).arrayBuffer());
  if (part.method !== 8) throw new Damaged("A part is packed in an unknown way.");
  return inflate(packed, "deflate-raw", most);
}

/** At most `most` bytes of what was packed; throws Damaged. */
export async function inflate(blob, format, most) {
  const reader = blob.stream().pipeThrough(new DecompressionStream(format)).getReader();
  const pieces = [];
  let size = 0;
  try {
    while (size < most) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      size += value.length;
    }
  } catch {
    throw new Damaged("A part cannot be unpacked.");
  }
  reader.cancel().catch(() => {});
  return new Uint8Array(await new Blob(pieces).slice(0, most).arrayBuffer());
}
