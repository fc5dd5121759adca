// What stands in a document that is a ZIP package (Office, OpenDocument, OFD): properties, authors
// of comments and changes, text, pictures' metadata; the twin of bidding/kit/checks/office.py.

import { fieldsOf, textOf } from "./markup.js";
import { readPicture } from "./pictures.js";
import { Damaged, openZip, readPart } from "./zip.js";

const MOST_OF_A_PART = 16 * 1024 * 1024;
const MOST = 128 * 1024 * 1024;
const PROPERTIES = /(^|\/)(core|app|custom|meta|OFD)\.xml$/;
const NUMBERED = /(?:slide|sheet|Page_)(\d+)(?:\.xml|\/Content\.xml)$/;
const PICTURE = /\.(jpe?g|png)$/i;
const MACROS = /(^|\/)(vbaProject\.bin|Basic\/)/i;

/** {problems, said} of the package; parts that cannot be read are damage. */
export async function readOffice(blob, { deep }) {
  const problems = [];
  const said = [];
  try {
    const { parts, encrypted } = await openZip(blob);
    if (encrypted) return { problems: [{ code: "encrypted", level: "block", places: {} }], said };
    let left = MOST;
    for (const [name, part] of parts) {
      if (MACROS.test(name)) problems.push({ code: "macros", level: "warn", places: {} });
      const properties = PROPERTIES.test(name);
      const picture = PICTURE.test(name);
      const wanted = properties || picture || (deep && name.endsWith(".xml"));
      if (!wanted || left <= 0) continue;
      const data = await readPart(blob, part, Math.min(MOST_OF_A_PART, left));
      left -= data.length;
      if (picture) {
        const { said: inside } = await readPicture(new Blob([data]));
        said.push(...inside.map((each) => ({ ...each, part: name })));
        continue;
      }
      const xml = new TextDecoder().decode(data);
      if (properties) {
        said.push(...fieldsOf(xml).map(([field, text]) => ({ where: "field", field, text })));
      } else {
        const { text, authors } = textOf(xml);
        const number = NUMBERED.exec(name)?.[1];
        const page = number === undefined ? 0 : Number(number) + (name.includes("Page_") ? 1 : 0);
        if (text.trim()) said.push(page ? { where: "page", page, text } : { where: "text", text });
        said.push(...authors.map((one) => ({ where: "field", field: "Author", text: one })));
      }
    }
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    problems.push({ code: "damaged", level: "block", places: {} });
  }
  return { problems: problems.filter((each, i) => problems.findIndex((one) => one.code === each.code) === i), said };
}
