/**
 * Canonical JSON, the twin of signatures/domain/jcs.py: RFC 8785 with ASCII keys, integers within
 * ±(2^53-1) and no floats; duplicate keys and lone surrogates are refused; depth and size bounded.
 * Runs in a page and under Node, without dependencies.
 */

export const MAX_DEPTH = 64;
export const MAX_BYTES = 64 * 1024 * 1024;

const NAME = /^[a-z0-9.:_-]{1,160}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
const ASCII = /^[\x00-\x7f]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The value or the text has no canonical form, or is not in it. */
export class JcsError extends Error {
  name = "JcsError";
}

/** The canonical text of a value of plain objects, arrays, strings, integers, booleans, null. */
export function canonical(value) {
  const text = write(value, "$", 0);
  const size = new TextEncoder().encode(text).length;
  if (size > MAX_BYTES) {
    throw new JcsError(`The value takes ${size} bytes; at most ${MAX_BYTES} are allowed.`);
  }
  return text;
}

/** The canonical UTF-8 bytes of a value. */
export function dumps(value) {
  return new TextEncoder().encode(canonical(value));
}

/** SHA-256 of the canonical bytes, as a Uint8Array. */
export async function digest(value) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", dumps(value)));
}

/**
 * Read JSON (text or UTF-8 bytes) that obeys the rules. With {canonical: true} it must also be
 * byte for byte what dumps would write. Objects come back without a prototype.
 */
export function loads(data, { canonical: strict = false } = {}) {
  const text = decode(data);
  const value = new Reader(text).read();
  const written = canonical(value);
  if (strict && written !== text) {
    throw new JcsError("The JSON is not in canonical form (RFC 8785).");
  }
  return value;
}

/** Whether a value may be a key of a map keyed by data. */
export function isName(value) {
  return typeof value === "string" && NAME.test(value);
}

/** Whether a value is a time of the form YYYY-MM-DDTHH:MM:SS.ffffffZ that exists. */
export function isTimestamp(value) {
  if (typeof value !== "string" || !TIMESTAMP.test(value) || value.startsWith("0000")) return false;
  const milliseconds = `${value.slice(0, 23)}Z`;
  const moment = new Date(milliseconds);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === milliseconds;
}

function write(value, where, depth) {
  if (depth > MAX_DEPTH) {
    throw new JcsError(`The value is nested deeper than ${MAX_DEPTH} levels.`);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    if (LONE_SURROGATE.test(value)) {
      throw new JcsError(`${where} holds a lone surrogate, which is no character.`);
    }
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) {
      throw new JcsError(`${where} is no integer within ±(2^53-1); write it as a string.`);
    }
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, i) => write(item, `${where}[${i}]`, depth + 1)).join(",")}]`;
  }
  if (isPlainObject(value)) {
    const members = Object.keys(value).map((key) => {
      if (!ASCII.test(key)) {
        throw new JcsError(`${where} has the key ${JSON.stringify(key)}; keys must be ASCII.`);
      }
      return key;
    });
    // With ASCII keys the default order, by UTF-16 code units, is the order of bytes.
    members.sort();
    const parts = members.map(
      (key) => `${JSON.stringify(key)}:${write(value[key], `${where}.${key}`, depth + 1)}`,
    );
    return `{${parts.join(",")}}`;
  }
  throw new JcsError(`${where} is a ${typeof value}, which has no canonical form.`);
}

/** Whether a value is an object that was written as {…} and nothing more particular. */
export function isPlainObject(value) {
  if (value === null || typeof value !== "object") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function decode(data) {
  let text = data;
  if (data instanceof Uint8Array) {
    if (data.length > MAX_BYTES) {
      throw new JcsError(`The JSON takes ${data.length} bytes; at most ${MAX_BYTES} are allowed.`);
    }
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    } catch {
      throw new JcsError("The JSON is not UTF-8.");
    }
  }
  if (typeof text !== "string") throw new JcsError("JSON is read from text or bytes.");
  if (text.startsWith("\ufeff")) throw new JcsError("The JSON starts with a byte order mark.");
  if (LONE_SURROGATE.test(text)) throw new JcsError("The JSON holds a lone surrogate.");
  return text;
}

/** A reader of one JSON text. JSON.parse hides duplicate keys and reads 1.0 as 1. */
class Reader {
  constructor(text) {
    this.text = text;
    this.position = 0;
  }

  read() {
    const value = this.value(0);
    this.space();
    if (this.position !== this.text.length) this.fail("something follows the value");
    return value;
  }

  value(depth) {
    if (depth > MAX_DEPTH) {
      throw new JcsError(`The JSON is nested deeper than ${MAX_DEPTH} levels.`);
    }
    this.space();
    switch (this.text[this.position]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      case "t":
        return this.literal("true", true);
      case "f":
        return this.literal("false", false);
      case "n":
        return this.literal("null", null);
      default:
        return this.integer();
    }
  }

  object(depth) {
    const result = Object.create(null);
    this.position += 1;
    this.space();
    if (this.take("}")) return result;
    do {
      this.space();
      if (this.text[this.position] !== '"') this.fail("a key in quotes is missing");
      const key = this.string();
      if (Object.hasOwn(result, key)) {
        throw new JcsError(`The key ${JSON.stringify(key)} stands twice in one object.`);
      }
      this.space();
      if (!this.take(":")) this.fail("a colon is missing");
      result[key] = this.value(depth + 1);
      this.space();
    } while (this.take(","));
    if (!this.take("}")) this.fail("a comma or closing brace is missing");
    return result;
  }

  array(depth) {
    const result = [];
    this.position += 1;
    this.space();
    if (this.take("]")) return result;
    do {
      result.push(this.value(depth + 1));
      this.space();
    } while (this.take(","));
    if (!this.take("]")) this.fail("a comma or closing bracket is missing");
    return result;
  }

  string() {
    const parts = [];
    this.position += 1;
    for (;;) {
      const character = this.text[this.position];
      if (character === undefined || character < " ") this.fail("a string does not end");
      this.position += 1;
      if (character === '"') return parts.join("");
      parts.push(character === "\\" ? this.escape() : character);
    }
  }

  escape() {
    const letter = this.text[this.position];
    this.position += 1;
    if (letter === "u") {
      const digits = this.text.slice(this.position, this.position + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail("an escape has no four hex digits");
      this.position += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    if (letter === undefined || !Object.hasOwn(ESCAPES, letter)) this.fail("an unknown escape");
    return ESCAPES[letter];
  }

  literal(word, value) {
    if (!this.text.startsWith(word, this.position)) this.fail("an unknown word");
    this.position += word.length;
    return value;
  }

  integer() {
    NUMBER.lastIndex = this.position;
    const match = NUMBER.exec(this.text);
    if (match === null) this.fail("no value");
    const literal = match[0];
    if (/[.eE]/.test(literal)) {
      throw new JcsError(`${literal.slice(0, 60)} is not an integer; write amounts as strings.`);
    }
    const value = Number(literal);
    if (literal.length > 17 || !Number.isSafeInteger(value)) {
      throw new JcsError(`${literal.slice(0, 60)} is outside ±(2^53-1); write it as a string.`);
    }
    this.position += literal.length;
    return value === 0 ? 0 : value;
  }

  space() {
    while (" \t\n\r".includes(this.text[this.position] ?? "x")) this.position += 1;
  }

  take(character) {
    if (this.text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  fail(what) {
    throw new JcsError(`This is not JSON: ${what} at character ${this.position}.`);
  }
}
