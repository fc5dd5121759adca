// What stands in a PDF: whether it can be opened, its properties, its text page by page, scripts and
// files inside. pdf.js reads it in a worker of its own, range by range; nothing leaves the device.

import { latin1 } from "./latin1.js";
import { fieldName, fieldsOf } from "./markup.js";

const TAIL = 1024;
const RANGE = 1024 * 1024;
const MOST_PAGES = 5000;
const OF_PDF_JS = new URL("../../../vendor/pdfjs/", import.meta.url);
const INFO = new Map([
  ["Author", "Author"], ["Creator", "Application"], ["Producer", "Producer"], ["Title", "Title"],
  ["Subject", "Subject"], ["Keywords", "Keywords"], ["Company", "Company"],
]);

const problem = (code, level) => ({ code, level, places: {} });

/** Whether header and end are where they belong; what is cut off short has no end. */
export async function isWhole(blob) {
  const text = latin1(new Uint8Array(await blob.slice(-TAIL).arrayBuffer()));
  return text.includes("startxref") && text.includes("%%EOF");
}

/** {problems, said, readable} of a PDF; its text only where `deep`. */
export async function readPdf(blob, { deep }) {
  if (!(await isWhole(blob))) return { problems: [problem("damaged", "block")], said: [], readable: false };
  let task;
  try {
    task = await open(blob);
    return await read(await task.promise, deep);
  } catch (error) {
    const code = error?.name === "PasswordException" ? "encrypted" : "damaged";
    return { problems: [problem(code, "block")], said: [], readable: false };
  } finally {
    await task?.destroy();
  }
}

async function open(blob) {
  const pdfjs = await import("../../../vendor/pdfjs/build/pdf.mjs");
  pdfjs.GlobalWorkerOptions.workerSrc = new URL("build/pdf.worker.mjs", OF_PDF_JS).href;
  class Ranges extends pdfjs.PDFDataRangeTransport {
    async requestDataRange(begin, end) {
      this.onDataRange(begin, new Uint8Array(await blob.slice(begin, end).arrayBuffer()));
    }
  }
  const start = new Uint8Array(await blob.slice(0, RANGE).arrayBuffer());
  return pdfjs.getDocument({
    range: new Ranges(blob.size, start),
    length: blob.size,
    rangeChunkSize: RANGE,
    disableAutoFetch: true,
    disableStream: true,
    cMapUrl: new URL("cmaps/", OF_PDF_JS).href,
    cMapPacked: true,
    wasmUrl: new URL("wasm/", OF_PDF_JS).href,
    useWasm: false,
    enableXfa: false,
    stopAtErrors: false,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  });
}

async function read(pdf, deep) {
  const { info, metadata } = await pdf.getMetadata();
  if (info.EncryptFilterName) {
    return { problems: [problem("encrypted", "block")], said: [], readable: false };
  }
  const problems = [];
  if (await pdf.hasJSActions()) problems.push(problem("scripts", "warn"));
  if (await pdf.getAttachments()) problems.push(problem("embedded", "warn"));
  const said = [];
  const field = (name, text) => {
    if (typeof text === "string" && text.trim()) said.push({ where: "field", field: name, text: text.trim() });
  };
  for (const [name, known] of INFO) field(known, info[name]);
  for (const [name, text] of custom(info.Custom)) field(fieldName(name), text);
  for (const [name, text] of fieldsOf(metadata?.getRaw() ?? "")) field(name, text);
  let readable = false;
  for (let page = 1; deep && page <= Math.min(pdf.numPages, MOST_PAGES); page += 1) {
    const leaf = await pdf.getPage(page);
    const { items } = await leaf.getTextContent();
    const text = items.map(({ str, hasEOL }) => `${str}${hasEOL ? "\n" : ""}`).join("");
    leaf.cleanup();
    if (text.trim()) said.push({ where: "page", page, text });
    readable ||= text.trim() !== "";
  }
  return { problems, said, readable };
}

const custom = (found) => (found instanceof Map ? [...found] : Object.entries(found ?? {}));
