// The two sides of the benchmark "seal": a worker like the page's own, asked by sealing.py.

const MIB = 1024 * 1024;
const CHUNK = 16_384;

self.addEventListener("message", async ({ data: { side, file } }) => {
  try {
    self.postMessage(await (side === "seal" ? sealing("/static", file) : bare(file.size)));
  } catch (error) {
    reportError(error);
  }
});

/** MB/s of the page's pass 1 over a file: read, compare, encrypt, hash, root. */
async function sealing(root, blob) {
  const { bodyKey } = await import(`${root}/bidding/js/seal/body.js`);
  const { Crew } = await import(`${root}/bidding/js/seal/crew.js`);
  const { measure } = await import(`${root}/bidding/js/seal/envelope.js`);
  const { Plaintext, describe } = await import(`${root}/bidding/js/seal/plaintext.js`);
  const { Header } = await import(`${root}/bidding/js/seal/header.js`);
  const { split } = await import(`${root}/bidding/js/seal/shares.js`);
  const { hpke, wrapAll } = await import(`${root}/bidding/js/seal/wraps.js`);
  const header = new Header({
    k: 2, n: 2, slot: 1, version: 1, bid: crypto.randomUUID(),
    policy: new Uint8Array(32), certificate: new Uint8Array(32),
  });
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const { kem } = hpke();
  const pairs = [await kem.generateKeyPair(), await kem.generateKeyPair()];
  const keys = await Promise.all(pairs.map(({ publicKey }) => kem.serializePublicKey(publicKey)));
  const shares = await split(raw, header);
  const head = await wrapAll(header, shares, keys.map((key) => new Uint8Array(key)));
  const secret = { key: await bodyKey(raw), salt: new Uint8Array(24) };
  const file = { name: "offer.pdf", type: "application/pdf", blob };
  const crew = new Crew(blob.size);
  const source = new Plaintext(new Uint8Array(2000), [await describe(file)]);
  const start = performance.now();
  await measure(head, secret, source, { crew });
  crew.close();
  return rate(blob.size, start);
}

/** MB/s of WebCrypto alone: the same chunks encrypted, the same parts hashed, nothing else. */
async function bare(size) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const data = new Uint8Array(size).fill(0x5a);
  const start = performance.now();
  const hashes = [];
  for (let at = 0; at < data.length; at += MIB) {
    const chunks = [];
    for (let from = at; from < at + MIB; from += CHUNK) {
      const iv = new Uint8Array(12);
      new DataView(iv.buffer).setUint32(8, from / CHUNK);
      chunks.push(crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, data.subarray(from, from + CHUNK)));
    }
    await Promise.all(chunks);
    hashes.push(hash(data.subarray(at, at + MIB)));
    if (hashes.length > 3) await hashes.shift();
  }
  await Promise.all(hashes);
  return rate(size, start);
}

const hash = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

const rate = (size, start) => size / 1e3 / (performance.now() - start);
