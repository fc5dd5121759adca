// Seals a synthetic file of so many bytes (no bytes of it are ever there as a whole) and prints
// what the process grew by, in bytes: node --expose-gc memory.mjs STATIC BYTES
import { pathToFileURL } from "node:url";

const [folder, size] = process.argv.slice(2);
const root = `${pathToFileURL(folder).href}/bidding/js/seal`;
const { bodyKey } = await import(`${root}/body.js`);
const { measure, parts } = await import(`${root}/envelope.js`);
const { hpke, wrapAll } = await import(`${root}/wraps.js`);
const { Header } = await import(`${root}/header.js`);
const { split } = await import(`${root}/shares.js`);
const { Plaintext, describe } = await import(`${root}/plaintext.js`);

const MIB = 1_048_576;

/** A file as the modules see one: a size, and pieces that can be read. */
class Synthetic {
  constructor(from, to) {
    this.from = from;
    this.size = to - from;
  }

  slice(start, end) {
    return new Synthetic(this.from + start, this.from + Math.min(end, this.size));
  }

  async arrayBuffer() {
    const data = new Uint8Array(this.size);
    const end = this.from + this.size;
    // The same byte at the same place, however it is sliced.
    for (let at = this.from; at < end; at += MIB - (at % MIB)) {
      data.fill(at / MIB, at - this.from, Math.min(at - (at % MIB) + MIB, end) - this.from);
    }
    return data.buffer;
  }
}

let largest = 0;
const look = async () => {
  largest = Math.max(largest, process.memoryUsage().rss);
};
const header = new Header({
  k: 2, n: 2, slot: 1, version: 1, bid: "00000000-0000-4000-8000-000000000001",
  policy: new Uint8Array(32), certificate: new Uint8Array(32),
});
const raw = new Uint8Array(32).fill(7);
const keys = [];
for (let i = 0; i < header.n; i += 1) {
  const { kem } = hpke();
  const { publicKey } = await kem.generateKeyPair();
  keys.push(new Uint8Array(await kem.serializePublicKey(publicKey)));
}
const head = await wrapAll(header, await split(raw, header), keys);
const secret = { key: await bodyKey(raw), salt: new Uint8Array(24) };
const seal = async (bytes) => {
  const blob = new Synthetic(0, bytes);
  const file = await describe({ name: "offer.pdf", type: "application/pdf", blob }, { progress: look });
  const source = new Plaintext(new Uint8Array(1000), [file]);
  const sealed = await measure(head, secret, source, { progress: look });
  for await (const part of parts(head, secret, sealed, source)) await look(part);
};
await seal(4 << 20); // everything loaded and compiled
globalThis.gc();
const before = process.memoryUsage().rss;
await seal(Number(size));
process.stdout.write(JSON.stringify({ before, growth: largest - before }));
