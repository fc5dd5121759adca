// What a file really is, by its first bytes, and what its name says that it is; the twin of
// bidding/kit/checks/kinds.py.

import { latin1 } from "./latin1.js";

/** So many bytes of a file's start tell its kind. */
export const HEAD = 4096;
const PDF_WITHIN = 1024;

const STARTS = [
  ["program", "MZ"], ["program", "\x7fELF"], ["program", "#!"],
  ["program", "\xcf\xfa\xed\xfe"], ["program", "\xca\xfe\xba\xbe"],
  ["zip", "PK\x03\x04"], ["zip", "PK\x05\x06"],
  ["ole", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
  ["jpeg", "\xff\xd8\xff"], ["png", "\x89PNG\r\n\x1a\n"], ["gif", "GIF8"],
  ["tiff", "II*\0"], ["tiff", "MM\0*"], ["bmp", "BM"],
  ["rar", "Rar!\x1a\x07"], ["7z", "7z\xbc\xaf\x27\x1c"], ["gzip", "\x1f\x8b"],
  ["rtf", "{\\rtf"], ["dwg", "AC10"],
];
const UTF16 = ["\xff\xfe", "\xfe\xff"];
const NO_TEXT = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/;

/** A name's ending -> the kinds that may stand under it. */
const ENDINGS = new Map(Object.entries({
  pdf: ["pdf"], ofd: ["zip"], docx: ["zip"], xlsx: ["zip"], pptx: ["zip"], docm: ["zip"],
  xlsm: ["zip"], pptm: ["zip"], odt: ["zip"], ods: ["zip"], odp: ["zip"], zip: ["zip"],
  doc: ["ole", "rtf"], xls: ["ole"], ppt: ["ole"], wps: ["ole"], et: ["ole"], dps: ["ole"],
  jpg: ["jpeg"], jpeg: ["jpeg"], png: ["png"], gif: ["gif"], tif: ["tiff"], tiff: ["tiff"],
  bmp: ["bmp"], rar: ["rar"], "7z": ["7z"], gz: ["gzip"], rtf: ["rtf"], dwg: ["dwg"],
  txt: ["text"], csv: ["text"], json: ["text"], xml: ["text"], md: ["text"],
}));
const PROGRAMS = new Set([
  "exe", "com", "bat", "cmd", "scr", "msi", "lnk", "js", "jse", "vbs", "vbe", "ps1", "sh", "jar",
  "apk", "hta", "wsf", "dll", "reg",
]);
/** Names that Windows keeps for devices, whatever their ending. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(\.|$)/i;
/** Packages of XML parts that are read here. */
const PACKAGES = new Set([
  "docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "odt", "ods", "odp", "ofd",
]);

/** The kind of a file that starts with these bytes. */
export function kindOf(head) {
  const text = latin1(head.subarray(0, HEAD));
  for (const [kind, start] of STARTS) if (text.startsWith(start)) return kind;
  if (text.slice(0, PDF_WITHIN).includes("%PDF-")) return "pdf";
  if (UTF16.some((mark) => text.startsWith(mark))) return "text";
  return text !== "" && !NO_TEXT.test(text) ? "text" : "unknown";
}

/** The ending of a name, in small letters, without its dot. */
export function endingOf(name) {
  const at = name.lastIndexOf(".");
  return at < 0 ? "" : name.slice(at + 1).toLowerCase();
}

export const isPackage = (name) => PACKAGES.has(endingOf(name));

/** What is wrong with a file of this name and kind: [{code, level, places}]. */
export function judgeKind(name, kind) {
  const found = [];
  const ending = endingOf(name);
  if (DEVICE.test(name)) found.push({ code: "name-device", level: "block", places: {} });
  if (kind === "program" || PROGRAMS.has(ending)) {
    found.push({ code: "program", level: "block", places: {} });
  } else if (!ENDINGS.has(ending)) {
    found.push({ code: "unknown-kind", level: "warn", places: {} });
  } else if (!ENDINGS.get(ending).includes(kind)) {
    found.push({ code: "type-mismatch", level: "block", places: { ending, kind } });
  }
  return found;
}
