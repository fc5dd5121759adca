/**
 * A guarantee as its guarantor signs it, on its own device: bidding/kit/guarantee.py. What is typed
 * is read here, and a GuaranteeMistake names the field that is not right.
 */

import { toBase64 } from "../../signatures/js/base64.js";
import { dumps } from "../../trading/js/jcs.js";
import { readPrice } from "./bid_money.js";
import { hex } from "./seal/bytes.js";

const PURPOSE = "sunlit.guarantee/1";
const FORMAT = "sunlit.guarantee-file/1";
export const FILE_NAME = "guarantee.json";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A field that is not right: its name, and a code for the page's own words. */
export class GuaranteeMistake extends Error {
  constructor(field, code) {
    super(code);
    Object.assign(this, { field, code });
  }
}

/** The unified social credit code in capitals, if its check character fits (GB 32100-2015). */
export function creditCode(text) {
  const code = text.trim().toUpperCase();
  if (code.length !== 18) return null;
  const values = [...code].map((each) => ALPHABET.indexOf(each));
  if (values.includes(-1) || !/^\d{6}$/.test(code.slice(2, 8))) return null;
  let sum = 0;
  for (let place = 0, weight = 1; place < 17; place += 1, weight = (weight * 3) % 31) {
    sum += values[place] * weight;
  }
  return values[17] === (31 - (sum % 31)) % 31 ? code : null;
}

/**
 * What the typed fields say: {number, principal, code, amount, valid_from, valid_until, terms} as
 * texts, to the values of the statement.
 */
export function read(typed) {
  const text = (name, most) => {
    const value = typed[name].replaceAll("\r\n", "\n").trim().normalize("NFC");
    if (value === "") throw new GuaranteeMistake(name, "fill-in");
    if ([...value].length > most) throw new GuaranteeMistake(name, "too-long");
    return value;
  };
  const day = (name) => {
    const value = typed[name].trim();
    if (value === "") throw new GuaranteeMistake(name, "fill-in");
    const at = new Date(`${value}T00:00:00Z`);
    if (!DAY.test(value) || Number.isNaN(at.valueOf()) || !at.toISOString().startsWith(value)) {
      throw new GuaranteeMistake(name, "bad-day");
    }
    return value;
  };
  const number = text("number", 60);
  const principal = text("principal", 200);
  const code = creditCode(text("code", 30));
  if (code === null) throw new GuaranteeMistake("code", "bad-code");
  const { value: amount, problem } = readPrice(text("amount", 40));
  if (problem !== undefined) throw new GuaranteeMistake("amount", "bad-amount");
  const from = day("valid_from");
  const until = day("valid_until");
  if (until < from) throw new GuaranteeMistake("valid_until", "ends-first");
  return {
    number,
    principal: { name: principal, code },
    amount,
    valid_from: from,
    valid_until: until,
    terms: text("terms", 2000),
  };
}

/**
 * The statement's canonical bytes. place: {origin, lot, guarantor, beneficiary} of the page; at: the
 * official time; document: the printed guarantee's bytes, or null.
 */
export async function compose(typed, { place, at, document }) {
  const { origin, lot, guarantor, beneficiary } = place;
  const digest = document === null ? null : hex(new Uint8Array(await crypto.subtle.digest("SHA-256", document)));
  return dumps({
    ...read(typed), purpose: PURPOSE, origin, at, lot, guarantor, beneficiary, currency: "CNY",
    document: digest,
  });
}

/** The file that the tenderer seals with its bid. */
export const fileOf = (statement, signature) =>
  dumps({ format: FORMAT, statement: toBase64(statement), signature: toBase64(signature) });
