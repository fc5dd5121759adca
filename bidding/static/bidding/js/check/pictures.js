// Metadata of JPEG and PNG (Exif, XMP, IPTC, comments, text chunks), and pictures without it; the
// twin of bidding/kit/checks/pictures.py. The picture itself is never touched: no pixel changes.

import { latin1 } from "./latin1.js";
import { fieldName, fieldsOf } from "./markup.js";
import { Damaged, inflate } from "./zip.js";

const utf8 = new TextDecoder();
const utf16 = new TextDecoder("utf-16le");
const MOST_TEXT = 1024 * 1024;
const XMP = "http://ns.adobe.com/xap/1.0/\0";
const TAGS = new Map([
  [0x010e, "Description"], [0x0131, "Software"], [0x013b, "Artist"], [0x8298, "Copyright"],
  [0x9c9b, "Title"], [0x9c9c, "Comment"], [0x9c9d, "XPAuthor"], [0x9c9e, "Keywords"],
  [0x9c9f, "Subject"], [0xa430, "CameraOwnerName"],
]);
const FIRST_XP = 0x9c9b;
const LAST_XP = 0x9c9f;
const [EXIF_TABLE, GPS_TABLE] = [0x8769, 0x8825];
/** What a JPEG needs to be seen as it is: JFIF, colour profile, Adobe's colour transform. */
const KEPT_SEGMENTS = new Set([0xe0, 0xe2, 0xee]);
const DROPPED_CHUNKS = new Set(["tEXt", "iTXt", "zTXt", "eXIf", "tIME"]);

/** {problems, said, removable} of a JPEG or PNG. */
export async function readPicture(blob) {
  const data = new Uint8Array(await blob.arrayBuffer());
  const said = [];
  let removable = false;
  try {
    if (data[0] === 0xff) {
      for (const { marker, body } of segments(data)) {
        if (!isMetadata(marker)) continue;
        removable = true;
        said.push(...segmentSaid(marker, body));
      }
    } else {
      for (const { type, body } of chunks(data)) {
        if (!DROPPED_CHUNKS.has(type)) continue;
        removable ||= type !== "tIME";
        said.push(...(await chunkSaid(type, body)));
      }
    }
  } catch (error) {
    if (!(error instanceof Damaged || error instanceof RangeError)) throw error;
    return { problems: [{ code: "damaged", level: "block", places: {} }], said, removable: false };
  }
  return { problems: [], said, removable };
}

/** The same picture without its metadata, as a Blob. */
export async function withoutMetadata(blob) {
  const data = new Uint8Array(await blob.arrayBuffer());
  const pieces = [];
  let at = 0;
  const parts = data[0] === 0xff
    ? segments(data).filter(({ marker }) => isMetadata(marker))
    : chunks(data).filter(({ type }) => DROPPED_CHUNKS.has(type));
  for (const { from, to } of parts) {
    pieces.push(data.slice(at, from));
    at = to;
  }
  return new Blob([...pieces, data.slice(at)], { type: blob.type });
}

const isMetadata = (marker) =>
  marker === 0xfe || (marker >= 0xe0 && marker <= 0xef && !KEPT_SEGMENTS.has(marker));

/** A JPEG's segments before its picture: [{marker, body, from, to}]. */
function segments(data) {
  const found = [];
  let at = 2;
  for (;;) {
    if (at + 4 > data.length || data[at] !== 0xff) throw new Damaged("The picture is cut.");
    const marker = data[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return found;
    const to = at + 2 + ((data[at + 2] << 8) | data[at + 3]);
    if (to > data.length || to < at + 4) throw new Damaged("The picture is cut.");
    found.push({ marker, body: data.subarray(at + 4, to), from: at, to });
    at = to;
  }
}

/** A PNG's chunks: [{type, body, from, to}]. */
function chunks(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found = [];
  for (let at = 8; ;) {
    if (at + 12 > data.length) throw new Damaged("The picture is cut.");
    const to = at + 12 + view.getUint32(at);
    const type = latin1(data.subarray(at + 4, at + 8));
    if (to > data.length) throw new Damaged("The picture is cut.");
    found.push({ type, body: data.subarray(at + 8, to - 4), from: at, to });
    if (type === "IEND") return found;
    at = to;
  }
}

const said = (field, text) => {
  const plain = text.replaceAll("\0", " ").trim();
  return plain ? [{ where: "field", field: fieldName(field), text: plain }] : [];
};
const packet = (xml) =>
  fieldsOf(xml).map(([field, text]) => ({ where: "field", field, text }));

function segmentSaid(marker, body) {
  const start = latin1(body.subarray(0, 40));
  if (marker === 0xe1 && start.startsWith("Exif\0\0")) return exifSaid(body.subarray(6));
  if (marker === 0xe1 && start.startsWith(XMP)) return packet(utf8.decode(body.subarray(XMP.length)));
  return said(marker === 0xfe ? "Comment" : "IPTC", utf8.decode(body));
}

async function chunkSaid(type, body) {
  if (type === "tIME") return [];
  if (type === "eXIf") return exifSaid(body);
  const end = body.indexOf(0);
  if (end < 0) throw new Damaged("A text has no name.");
  const name = latin1(body.subarray(0, end));
  let text = body.subarray(end + 1);
  if (type === "tEXt") return said(name, latin1(text));
  if (type === "zTXt") return said(name, latin1(await unpacked(text.subarray(1))));
  const packed = text[0] === 1;
  for (let i = 0, from = 2; i < 2; i += 1) {
    const stop = text.indexOf(0, i === 0 ? from : 0);
    if (stop < 0) throw new Damaged("A text is cut.");
    text = text.subarray(stop + 1);
  }
  const words = utf8.decode(packed ? await unpacked(text) : text);
  return name === "XML:com.adobe.xmp" ? packet(words) : said(name, words);
}

const unpacked = (data) => inflate(new Blob([data]), "deflate", MOST_TEXT);

/** Names, words and the place in an Exif block; what is cut short says what it can. */
function exifSaid(data) {
  const found = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = data[0] === 0x49;
  const seen = new Set();
  const table = (at) => {
    if (seen.has(at) || at + 2 > data.length) return;
    seen.add(at);
    const count = view.getUint16(at, little);
    for (let i = 0, place = at + 2; i < count && place + 12 <= data.length; i += 1, place += 12) {
      const tag = view.getUint16(place, little);
      const size = view.getUint32(place + 4, little);
      if (tag === EXIF_TABLE) table(view.getUint32(place + 8, little));
      if (tag === GPS_TABLE) found.push({ where: "field", field: "Place", text: "GPS" });
      const name = TAGS.get(tag);
      if (name === undefined) continue;
      const from = size > 4 ? view.getUint32(place + 8, little) : place + 8;
      const bytes = data.subarray(from, from + size);
      found.push(...said(name, (tag >= FIRST_XP && tag <= LAST_XP ? utf16 : utf8).decode(bytes)));
    }
  };
  if (data.length >= 8) table(view.getUint32(4, little));
  return found;
}
