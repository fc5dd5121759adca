// Texts of XML parts and XMP packets: [[name of the element or attribute, text]], without a parser
// that would fetch or expand anything; the twin of bidding/kit/checks/markup.py.

const TOKEN = /<(!--[\s\S]*?--|!\[CDATA\[[\s\S]*?\]\]|[?!][^>]*|\/?[^<>]+)>|([^<]+)/g;
const ATTRIBUTE = /([\p{L}\p{N}_:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/gu;
/** Names that belong to the format itself. */
const OWN = /^(xmlns|xml|rdf|xsi)(?![\p{L}\p{N}_])/u;
/** Elements that group others and name nothing themselves. */
const GROUPS = new Set(["li", "Seq", "Alt", "Bag", "Description", "lpwstr", "vector", "variant"]);
const NAMED = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
/** What other formats call the same thing. */
const SAME = new Map(Object.entries({
  creator: "Author", author: "Author", Artist: "Author", XPAuthor: "Author",
  "initial-creator": "Author", Creator: "Application", CreatorTool: "Application",
  lastModifiedBy: "LastModifiedBy", rights: "Copyright", OwnerName: "Owner",
  CameraOwnerName: "Owner",
}));
/** Elements that end a line of text. */
const LINES = new Set(["p", "row", "si", "TextObject", "h", "br", "tab", "c"]);

export const fieldName = (name) => SAME.get(name) ?? name;

const local = (name) => name.slice(name.indexOf(":") + 1) || name;

export function unescape(text) {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));/gi,
    (whole, hex, decimal, named) => {
      if (named) return NAMED[named.toLowerCase()];
      const code = hex ? parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000)
        ? String.fromCodePoint(code) : whole;
    });
}

/** Every text with the name of what it stands in, groups left out. */
export function fieldsOf(xml) {
  const found = [];
  const open = [];
  for (const [, tag, text] of xml.matchAll(TOKEN)) {
    if (tag === undefined) {
      const name = open.findLast((each) => !GROUPS.has(each));
      if (text.trim() && name) found.push([fieldName(name), unescape(text).trim()]);
    } else if (tag.startsWith("/")) {
      open.pop();
    } else if (!/^[?!]/.test(tag)) {
      for (const [, name, double, single] of tag.matchAll(ATTRIBUTE)) {
        const value = unescape(double ?? single).trim();
        if (value && !OWN.test(name)) found.push([fieldName(local(name)), value]);
      }
      if (!tag.endsWith("/")) open.push(local(/^[^\s/]+/.exec(tag)?.[0] ?? ""));
    }
  }
  return found;
}

/** The text of a part as one reads it, a line a paragraph, and the authors of its changes. */
export function textOf(xml) {
  let text = "";
  const authors = new Set();
  for (const [, tag, plain] of xml.matchAll(TOKEN)) {
    if (plain !== undefined) {
      text += unescape(plain);
    } else if (!/^[?!]/.test(tag)) {
      if (LINES.has(local(/^\/?([^\s/]+)/.exec(tag)?.[1] ?? ""))) text += "\n";
      for (const [, name, double, single] of tag.matchAll(ATTRIBUTE)) {
        if (local(name) === "author") authors.add(unescape(double ?? single).trim());
      }
    }
  }
  return { text, authors: [...authors].filter(Boolean) };
}
