// The bid page's own logic, under node: amounts, fields, files, progress, the time that is left.

import assert from "node:assert/strict";
import test from "node:test";

globalThis.document = { querySelector: () => null };
const { capitals, grouped, readPrice } = await import("./bidding/js/bid_money.js");
const { fileProblem, priceBytes, READERS, sheetBytes, typeOf } = await import(
  "./bidding/js/bid_sheet.js"
);
const { Progress, size } = await import("./bidding/js/bid_progress.js");
const { left } = await import("./bidding/js/bid_deadline.js");
const text = (bytes) => new TextDecoder().decode(bytes);

test("a price is understood however it is typed", () => {
  for (const typed of ["14250600.5", "14,250,600.50", " ¥14 250 600.5 元", "１４，２５０，６００．５", "014250600.500"]) {
    assert.deepEqual(readPrice(typed), { value: "14250600.50" }, typed);
  }
  assert.deepEqual(readPrice("7"), { value: "7.00" });
  assert.deepEqual(readPrice("0.01"), { value: "0.01" });
  assert.deepEqual(readPrice("7."), { value: "7.00" });
});

test("what is no price says why", () => {
  const found = Object.fromEntries(
    ["", "  ", "12.345", "0", "0.00", "-5", "1e6", "12.3.4", ".5", "12万", "1234567890123456"].map(
      (typed) => [typed, readPrice(typed).problem],
    ),
  );
  assert.deepEqual(found, {
    "": "empty", "  ": "empty", "12.345": "places", 0: "zero", "0.00": "zero", "-5": "wrong",
    "1e6": "wrong", "12.3.4": "wrong", ".5": "wrong", "12万": "wrong", "1234567890123456": "large",
  });
});

test("figures are grouped by thousands, places never", () => {
  assert.equal(grouped("14250600.50"), "14,250,600.50");
  assert.equal(grouped("999.00"), "999.00");
  assert.equal(grouped("1000.00"), "1,000.00");
});

test("capitals of the amounts that trip writers up", () => {
  assert.equal(capitals("12030.50"), "壹万贰仟零叁拾元伍角整");
  assert.equal(capitals("100000000.00"), "壹亿元整");
  assert.equal(capitals("0.05"), "伍分");
  assert.equal(capitals("10.05"), "壹拾元零伍分");
});

test("sheet and price are the canonical JSON that the platform reads", () => {
  assert.equal(
    text(sheetBytes({ manager: "王建国", quality: "合格", duration_days: 265 })),
    '{"duration_days":265,"manager":"王建国","quality":"合格"}',
  );
  assert.equal(text(priceBytes({ price: "7.00" })), '{"currency":"CNY","price":"7.00"}');
});

test("days are a whole number within bounds, also with their word", () => {
  assert.deepEqual(READERS.duration_days("265 天"), { value: 265 });
  assert.deepEqual(READERS.duration_days("265 days"), { value: 265 });
  assert.deepEqual(READERS.duration_days("２６５"), { value: 265 });
  for (const typed of ["0", "-1", "1.5", "10000", "many", "12 weeks"]) {
    assert.deepEqual(READERS.duration_days(typed), { problem: "wrong" }, typed);
  }
});

test("texts are trimmed, bounded and free of what nobody sees", () => {
  assert.deepEqual(READERS.manager("  王建国 "), { value: "王建国" });
  assert.deepEqual(READERS.manager(" "), { problem: "empty" });
  assert.deepEqual(READERS.quality("好".repeat(200)), { value: "好".repeat(200) });
  for (const typed of ["好".repeat(201), "a\u202eb", "a\nb"]) {
    assert.deepEqual(READERS.quality(typed), { problem: "wrong" });
  }
});

test("files that cannot be sealed are told apart", () => {
  const found = [
    ["技术文件.pdf", 5], ["a.pdf", 0], ["a/b.pdf", 5], [".hidden", 5], ["price.json", 5],
    ["Sheet.JSON", 5], ["a\u200bb.pdf", 5], [`${"长".repeat(81)}.pdf`, 5],
  ].map(([name, bytes]) => fileProblem({ name, size: bytes }));
  assert.deepEqual(found, [
    "", "file-empty", "file-name", "file-name", "file-reserved", "file-reserved", "file-name",
    "file-name",
  ]);
});

test("media types that a manifest refuses become plain bytes", () => {
  assert.equal(typeOf("application/pdf"), "application/pdf");
  for (const type of ["", "text", "Text/Plain", "text/plain; charset=utf-8"]) {
    assert.equal(typeOf(type), "application/octet-stream");
  }
});

test("hashing is told of all files at once and shown envelope by envelope", () => {
  const progress = new Progress(new Map([[1, 100], [2, 300]]));
  progress.hear({ phase: "hash", slot: 2, done: 250, total: 400 }, 0);
  assert.deepEqual([progress.of(1).phase, progress.of(1).percent], ["encrypt", 0]);
  assert.deepEqual([progress.of(2).phase, progress.of(2).percent], ["hash", 50]);
});

test("an envelope's phases follow one another to its arrival", () => {
  const progress = new Progress(new Map([[1, 100]]));
  progress.hear({ phase: "hash", slot: 1, done: 100, total: 100 }, 0);
  progress.hear({ phase: "encrypt", slot: 1, done: 200, total: 200 }, 0);
  progress.hear({ phase: "verify", slot: 1, done: 100, total: 200 }, 0);
  assert.deepEqual(progress.of(1).done, ["hash", "encrypt"]);
  progress.hear({ phase: "verify", slot: 1, done: 200, total: 200 }, 0);
  assert.deepEqual([progress.of(1).phase, progress.of(1).begun], ["upload", false]);
  progress.hear({ phase: "upload", slot: 1, done: 0, total: 200 }, 0);
  assert.equal(progress.of(1).begun, true);
  assert.equal(progress.arrived, 0);
  progress.hear({ phase: "upload", slot: 1, done: 200, total: 200 }, 1000);
  assert.deepEqual([progress.of(1).phase, progress.arrived, progress.whole], [null, 1, 1]);
});

test("the speed of the upload says how long it takes", () => {
  const progress = new Progress(new Map([[1, 10_000]]));
  progress.sealed();
  for (const [done, now] of [[0, 0], [1000, 1000], [2000, 2000]]) {
    progress.hear({ phase: "upload", slot: 1, done, total: 10_000 }, now);
  }
  assert.deepEqual([progress.of(1).rate, progress.of(1).left], [1000, 8]);
});

test("an envelope without files of its own is no division by zero", () => {
  const progress = new Progress(new Map([[1, 0], [2, 10]]));
  progress.hear({ phase: "hash", slot: 2, done: 0, total: 10 }, 0);
  assert.deepEqual([progress.of(1).phase, progress.of(2).phase], ["encrypt", "hash"]);
});

test("sizes are said as people say them", () => {
  assert.deepEqual([0, 1023, 1024, 3 * 1024 ** 3].map(size), ["0 B", "1023 B", "1.0 KB", "3.0 GB"]);
});

test("the time that is left counts days, hours, minutes, seconds", () => {
  const words = { day: "{days} day {clock}", days: "{days} days {clock}" };
  const hour = 3600_000;
  assert.equal(left(2 * 24 * hour + 18 * hour + 57 * 60_000 + 53_900, words), "2 days 18:57:53");
  assert.equal(left(25 * hour, words), "1 day 01:00:00");
  assert.equal(left(59_000, words), "00:00:59");
  assert.equal(left(-5, words), "00:00:00");
});
