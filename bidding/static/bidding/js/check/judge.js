// From what was read of the files to what is wrong with them: [{file, code, level, places}]; the
// twin of bidding/kit/checks/judge.py. `block` keeps a bid from being sealed, `warn` asks for a word.

import { squeezed, tellsAmount, termsIn } from "./identity.js";
import { endingOf, judgeKind } from "./kinds.js";

const SHEET_SLOT = 1;
const QUALIFICATION_SLOT = 2;
const PRICE_SLOT = 4;
/** Shorter amounts stand in many a text by chance. */
const TELLING_FIGURES = 5;
/** Fields that name somebody whatever they say. */
const PERSONAL = new Set(["Author", "LastModifiedBy", "Company", "Manager", "Copyright", "Owner"]);
/** What programs write there by themselves. */
const NOBODY = new Set([
  "anonymous", "unspecified", "unknown", "user", "admin", "administrator", "windowsuser",
  "microsoft", "microsoftofficeuser", "微软用户", "匿名", "openpyxl", "pythondocx", "none",
]);

/**
 * files: [{id, slot, name, kind, problems, said, readable, twin}] as read.js gives them; twin names
 * another file of the same bytes. blind: the slot that names nobody, or null. own: what names the
 * tenderer. sheet: {manager, price, capitals}, as far as they are known.
 */
export function judge(files, { blind, own, sheet }) {
  const found = [];
  for (const file of files) {
    const tell = (code, level, places = {}) => found.push({ file: file.id, code, level, places });
    for (const each of judgeKind(file.name, file.kind)) tell(each.code, each.level, each.places);
    for (const each of file.problems) tell(each.code, each.level, each.places);
    if (file.twin) tell("twice", "warn", { other: file.twin });
    const like = files.find((one) => one !== file && one.slot === file.slot
      && one.name.toLowerCase() === file.name.toLowerCase());
    if (like) tell("same-name", "warn", { other: like.name });
    if (file.slot === blind) judgeBlind(file, own, tell);
    if (file.slot !== PRICE_SLOT && file.slot !== SHEET_SLOT) judgeAmount(file, sheet, tell);
  }
  return [...found, ...judgeSheet(files, sheet)];
}

function judgeBlind(file, own, tell) {
  if (file.kind !== "pdf" && file.problems.length === 0 && endingOf(file.name) !== "pdf") {
    tell("not-pdf", "warn");
  }
  for (const term of termsIn(file.name, own)) tell("blind-name", "warn", { term, where: "name" });
  const told = new Set();
  for (const { where, field, page, text } of file.said) {
    const terms = termsIn(text, own);
    for (const term of longest(terms)) {
      const key = `${term}|${where}|${field ?? page}`;
      if (told.has(key)) continue;
      told.add(key);
      tell("blind-name", "warn", { term, where, ...(field && { field }), ...(page && { page }) });
    }
    if (where !== "field" || terms.length > 0) continue;
    const key = `${field}|${text}`;
    if (told.has(key)) continue;
    told.add(key);
    if (field === "Place") tell("blind-place", "warn");
    else if (PERSONAL.has(field) && !NOBODY.has(squeezed(text))) {
      tell("blind-author", "warn", { field, text: text.slice(0, 80) });
    }
  }
  if (!file.readable && !file.problems.some(({ level }) => level === "block")) {
    tell("blind-unread", "warn");
  }
}

/** Of terms that hold one another, the longest alone. */
const longest = (terms) =>
  terms.filter((term) => !terms.some((one) => one !== term && squeezed(one).includes(squeezed(term))));

function judgeAmount(file, { price, capitals }, tell) {
  if (price === undefined || price.split(".")[0].length < TELLING_FIGURES) return;
  const at = [{ where: "name", text: file.name }, ...file.said]
    .find(({ text }) => tellsAmount(text, price, capitals));
  if (at === undefined) return;
  const { where, field, page } = at;
  tell("price-early", "warn", { where, ...(field && { field }), ...(page && { page }) });
}

/** The fields of sheet and price against the files that should say the same. */
function judgeSheet(files, { manager, price, capitals }) {
  const found = [];
  const of = (slot) => files.filter((file) => file.slot === slot && file.readable);
  const missing = (slot, code, is) => {
    const read = of(slot);
    const unread = files.some((file) => file.slot === slot && !file.readable);
    if (read.length === 0 || unread) return;
    if (read.some((file) => file.said.some(({ text }) => is(text)))) return;
    found.push({ file: read[0].id, code, level: "warn", places: {} });
  };
  if (manager) missing(QUALIFICATION_SLOT, "manager-absent", (text) => termsIn(text, [manager]).length > 0);
  if (price) missing(PRICE_SLOT, "price-absent", (text) => tellsAmount(text, price, capitals));
  return found;
}
