// Reading one file on this device: its kind, what is wrong with it, what stands in it and where.

import { endingOf, HEAD, isPackage, kindOf } from "./kinds.js";
import { latin1 } from "./latin1.js";
import { readOffice } from "./office.js";
import { readPdf } from "./pdf.js";
import { readPicture } from "./pictures.js";
import { Damaged, openZip } from "./zip.js";

const MOST_PICTURE = 256 * 1024 * 1024;
const MOST_TEXT = 16 * 1024 * 1024;
/** How Office writes the name of an encrypted document's stream. */
const ENCRYPTED = "EncryptedPackage".split("").join("\0");
const block = (code) => ({ code, level: "block", places: {} });

/**
 * {kind, problems, said, readable, removable} of a file; said is [{where, field, page, text}] and
 * holds the text where `deep`. What is read stays in memory and on this device.
 */
export async function readFile(blob, name, { deep }) {
  const head = new Uint8Array(await blob.slice(0, HEAD).arrayBuffer());
  const kind = kindOf(head);
  const found = { kind, problems: [], said: [], readable: false, removable: false };
  if (kind === "pdf" && endingOf(name) === "pdf") return { ...found, ...(await readPdf(blob, { deep })) };
  if (kind === "zip" && isPackage(name)) {
    const { problems, said } = await readOffice(blob, { deep });
    return { ...found, problems, said, readable: problems.length === 0 && said.some(({ where }) => where !== "field") };
  }
  if (kind === "zip") return { ...found, ...(await readArchive(blob)) };
  if (kind === "ole") {
    const text = latin1(new Uint8Array(await blob.slice(0, MOST_TEXT).arrayBuffer()));
    return text.includes(ENCRYPTED) ? { ...found, problems: [block("encrypted")] } : found;
  }
  if (["jpeg", "png"].includes(kind) && blob.size <= MOST_PICTURE) {
    return { ...found, ...(await readPicture(blob)) };
  }
  if (kind === "text") {
    const text = deep ? await plain(blob.slice(0, MOST_TEXT)) : "";
    return { ...found, said: text ? [{ where: "text", text }] : [], readable: text !== "" };
  }
  return found;
}

/** The names in an archive; what is inside is not unpacked. */
async function readArchive(blob) {
  try {
    const { parts, encrypted } = await openZip(blob);
    if (encrypted) return { problems: [block("encrypted")] };
    return { said: [...parts.keys()].map((text) => ({ where: "text", text })) };
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return { problems: [block("damaged")] };
  }
}

/** A text in the encoding that it is in, as far as that can be told. */
async function plain(blob) {
  const data = new Uint8Array(await blob.arrayBuffer());
  if (data[0] === 0xff && data[1] === 0xfe) return new TextDecoder("utf-16le").decode(data);
  if (data[0] === 0xfe && data[1] === 0xff) return new TextDecoder("utf-16be").decode(data);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return new TextDecoder("gb18030").decode(data);
  }
}

/** Whether two files of the same size have the same bytes. */
export async function sameBytes(one, other) {
  const step = 4 * 1024 * 1024;
  for (let at = 0; at < one.size; at += step) {
    const [a, b] = await Promise.all([one, other].map(async (blob) =>
      new Uint8Array(await blob.slice(at, at + step).arrayBuffer())));
    if (a.some((byte, i) => byte !== b[i])) return false;
  }
  return true;
}
