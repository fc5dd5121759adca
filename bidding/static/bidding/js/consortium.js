/**
 * A consortium's agreement as its members sign it, on their own devices: bidding/kit/consortium.py.
 * A ConsortiumMistake names the field that is not right.
 */

import { fromBase64, toBase64 } from "../../signatures/js/base64.js";
import { checkSignature } from "../../signatures/js/cades.js";
import { same } from "../../signatures/js/certificate.js";
import { dumps, loads } from "../../trading/js/jcs.js";
import { creditCode } from "./guarantee.js";

const PURPOSE = "sunlit.consortium/1";
const FORMAT = "sunlit.consortium-file/1";
export const FILE_NAME = "consortium.json";
export const MOST = 20;
export const LARGEST = 4 * 1024 * 1024;
const LONGEST = { name: 200, work: 1000 };

/** A field that is not right: its name, and a code for the page's own words. */
export class ConsortiumMistake extends Error {
  constructor(field, code) {
    super(code);
    Object.assign(this, { field, code });
  }
}

/**
 * What the typed rows say, {name, code, share, work} as texts: the members, the lead first. Rows in
 * which nothing stands are left out; the field of row 2 is "name_2".
 */
export function read(rows) {
  const members = [];
  rows.forEach((row, index) => {
    const texts = Object.values(row).map((text) => text.trim());
    if (index > 1 && texts.every((text) => text === "")) return;
    members.push(member(row, index + 1, members));
  });
  const sum = members.reduce((before, { share }) => before + share, 0);
  if (sum !== 100) throw new ConsortiumMistake("share_1", "not-hundred");
  return members;
}

function member(row, number, before) {
  const text = (name) => {
    const value = row[name].replaceAll("\r\n", "\n").trim().normalize("NFC");
    if (value === "") throw new ConsortiumMistake(`${name}_${number}`, "fill-in");
    if ([...value].length > LONGEST[name]) throw new ConsortiumMistake(`${name}_${number}`, "too-long");
    return value;
  };
  const name = text("name");
  const code = creditCode(row.code);
  if (code === null) throw new ConsortiumMistake(`code_${number}`, "bad-code");
  if (before.some((other) => other.code === code)) {
    throw new ConsortiumMistake(`code_${number}`, "twice");
  }
  const share = Number(row.share.trim());
  if (!/^\d{1,2}$/.test(row.share.trim()) || share < 1) {
    throw new ConsortiumMistake(`share_${number}`, "bad-share");
  }
  return { name, code, share, work: text("work") };
}

/** The statement's canonical bytes. place: {origin, lot} of the page; at: the official time. */
export const compose = (rows, { place, at }) =>
  dumps({ purpose: PURPOSE, origin: place.origin, at, lot: place.lot, members: read(rows) });

/** The file as it goes from member to member. */
export const fileOf = (statement, signatures) =>
  dumps({
    format: FORMAT,
    statement: toBase64(statement),
    signatures: signatures.map((each) => toBase64(each)),
  });

/**
 * A file that somebody handed on: {statement, signatures, members, certificates}. Every signature in
 * it is over these very bytes. ConsortiumMistake at the field "agreement" for anything else, and for
 * an agreement about another lot than the page's.
 */
export async function open(data, place) {
  const bad = (code) => new ConsortiumMistake("agreement", code);
  if (data.length > LARGEST) throw bad("no-agreement");
  let statement, signatures, said;
  try {
    const file = only(loads(data, { canonical: true }), "format", "statement", "signatures");
    if (file.format !== FORMAT || file.signatures.length > MOST) throw bad("no-agreement");
    statement = fromBase64(file.statement);
    signatures = file.signatures.map((each) => fromBase64(each));
    said = only(
      loads(statement, { canonical: true }), "purpose", "origin", "at", "lot", "members",
    );
    if (said.purpose !== PURPOSE) throw bad("no-agreement");
    const rows = said.members.map((one) => only(one, "name", "code", "share", "work"));
    if (rows.length < 2 || rows.length > MOST) throw bad("no-agreement");
    const again = compose(
      rows.map((one) => ({ ...one, share: String(one.share) })), { place: said, at: said.at },
    );
    // What this page would write otherwise, no platform would read.
    if (!same(again, statement)) throw bad("no-agreement");
  } catch {
    throw bad("no-agreement");
  }
  if (said.origin !== place.origin || said.lot !== place.lot) throw bad("other-lot");
  const certificates = [];
  for (const signature of signatures) {
    try {
      certificates.push(await checkSignature(statement, signature));
    } catch {
      throw bad("bad-signature");
    }
  }
  return { statement, signatures, members: said.members.map((one) => ({ ...one })), certificates };
}

/** An object of exactly these names. */
function only(value, ...names) {
  const found = Object.keys(value).sort();
  if (found.join() !== [...names].sort().join()) throw new TypeError("other fields");
  return value;
}

/**
 * Whether a certificate is that member's: by its credit code where it bears one, else by its
 * organisation's name. A person's own certificate bears neither; whose it is the platform knows.
 */
export const isOf = (certificate, member) =>
  certificate.organisationCode === "" ? certificate.organisation === member.name
    : certificate.organisationCode === member.code;

/**
 * The lead's agreement over rows as they were typed, with its signature: the file. ConsortiumMistake
 * where the certificate names another organisation than the lead.
 */
export async function write(rows, { place, at }, signer, signStatement) {
  const opened = { statement: compose(rows, { place, at }), signatures: [], certificates: [] };
  const [lead] = read(rows);
  if (!mayBe(signer.certificate, [lead])) throw new ConsortiumMistake("file", "not-the-lead");
  return sign({ ...opened, members: [lead] }, signer, signStatement);
}

/** A person's own certificate names no organisation: whose it is the platform knows. */
const mayBe = (certificate, members) =>
  certificate.organisation === "" || members.some((one) => isOf(certificate, one));

/** The file with one more signature; ConsortiumMistake where that certificate has signed already, or
 * names an organisation that is no member. */
export async function sign(opened, signer, signStatement) {
  const { certificate } = signer;
  if (!mayBe(certificate, opened.members)) throw new ConsortiumMistake("file", "not-a-member");
  if (opened.certificates.some((each) => same(each.der, certificate.der))) {
    throw new ConsortiumMistake("file", "signed-already");
  }
  const signature = await signStatement(opened.statement, signer);
  return fileOf(opened.statement, [...opened.signatures, signature]);
}
