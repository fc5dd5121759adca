// The opening sheet and the price as they are typed, checked and sealed: sheet.json and price.json
// in canonical JSON, as bidding/domain/contents.py reads them.

import { dumps } from "../../trading/js/jcs.js";
import { checkName } from "./seal/manifest.js";
import { readPrice } from "./bid_money.js";

export const SHEET_FILE = "sheet.json";
export const PRICE_FILE = "price.json";
/** Whole envelopes hold at most 1,000 files; one is the page's own. */
export const MOST_FILES = 999;
const MOST_TEXT = 200;
const MOST_DAYS = 9999;
const CONTROL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const text = (typed) => {
  const value = typed.normalize("NFC").trim();
  if (value === "") return { problem: "empty" };
  return [...value].length > MOST_TEXT || CONTROL.test(value) ? { problem: "wrong" } : { value };
};

const days = (typed) => {
  const value = typed.normalize("NFKC").replace(/[\s,]|日历天$|天$|日$|(calendar )?days?$/gu, "");
  if (value === "") return { problem: "empty" };
  const number = Number(value);
  const fits = /^\d{1,6}$/.test(value) && number >= 1 && number <= MOST_DAYS;
  return fits ? { value: number } : { problem: "wrong" };
};

/** Field -> how what was typed is read: {value} or {problem}. */
export const READERS = { duration_days: days, quality: text, manager: text, price: readPrice };

/** The canonical bytes of sheet.json from the fields' values. */
export const sheetBytes = ({ duration_days, quality, manager }) =>
  dumps({ duration_days, quality, manager });

/** The canonical bytes of price.json. */
export const priceBytes = ({ price }) => dumps({ currency: "CNY", price });

/** A file's media type as a manifest may name it. */
export const typeOf = (type) =>
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/.test(type)
    ? type
    : "application/octet-stream";

/** What keeps a file {name, size} from being sealed into a slot: a code, or an empty text. */
export function fileProblem({ name, size }) {
  if (size === 0) return "file-empty";
  if ([SHEET_FILE, PRICE_FILE].includes(name.toLowerCase())) return "file-reserved";
  try {
    checkName(name);
  } catch {
    return "file-name";
  }
  return "";
}
