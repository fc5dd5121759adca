// Both sides of the benchmarks "seal" and "open" in Chromium: a worker like the page's own.

const MIB = 1024 * 1024;
const CHUNK = 16_384;

const sides = {
  seal: ({ file }) => sealing("/static", file),
  bare: ({ file }) => bare(file.size),
  open: ({ file, told }) => opening("/static", file, told),
  "bare-open": ({ file }) => Promise.all([bareOpening(file.size), beside("bare-hash", file)]).then(least),
  "bare-hash": ({ file }) => bareHashing("/static", file.size),
};

self.addEventListener("message", async ({ data }) => {
  try {
    self.postMessage(await sides[data.side](data));
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

/** MB/s of opening a stored body with k shares, until its files are given. */
async function opening(root, blob, told) {
  const { openEnvelope } = await import(`${root}/bidding/js/seal/opening.js`);
  const { Head } = await import(`${root}/bidding/js/seal/wraps.js`);
  const { Share } = await import(`${root}/bidding/js/seal/shares.js`);
  const { size, slot, ...digests } = told.commitment;
  const start = performance.now();
  const { files } = await openEnvelope({
    head: Head.parse(new Uint8Array(told.head)),
    body: {
      size: blob.size,
      read: async (at, length) => new Uint8Array(await blob.slice(at, at + length).arrayBuffer()),
    },
    commitment: {
      size, slot, head: new Uint8Array(digests.head), root: new Uint8Array(digests.root),
    },
    shares: told.shares.map(({ index, value }) => new Share(index, new Uint8Array(value))),
    origin: told.origin,
  });
  if (files.length !== 1) throw new Error("The envelope opened to something else.");
  return rate(blob.size, start);
}

/** MB/s of WebCrypto alone: the same chunks decrypted, the same parts hashed, nothing else. */
async function bareOpening(size) {
  const key = await crypto.subtle.generateKey(
    { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
  );
  const iv = new Uint8Array(12);
  const plain = new Uint8Array(CHUNK).fill(0x5a);
  const chunk = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain));
  const data = new Uint8Array(size - (size % chunk.length));
  for (let at = 0; at < data.length; at += chunk.length) data.set(chunk, at);
  const start = performance.now();
  const hashes = [];
  const length = (MIB / CHUNK) * chunk.length;
  for (let at = 0; at < data.length; at += length) {
    const chunks = [];
    const end = Math.min(at + length, data.length);
    for (let from = at; from < end; from += chunk.length) {
      chunks.push(
        crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data.subarray(from, from + chunk.length)),
      );
    }
    await Promise.all(chunks);
    hashes.push(hash(data.subarray(at, end)));
    if (hashes.length > 3) await hashes.shift();
  }
  await Promise.all(hashes);
  return rate(data.length, start);
}

/** MB/s of a file's hash alone, which WebCrypto does not offer for what comes in piece by piece. */
async function bareHashing(root, size) {
  const { fileHash } = await import(`${root}/bidding/js/seal/file_hash.js`);
  const data = new Uint8Array(MIB).fill(0x5a);
  const start = performance.now();
  const each = await fileHash();
  for (let at = 0; at < size; at += MIB) each.update(data.subarray(0, Math.min(MIB, size - at)));
  each.digest();
  return rate(size, start);
}

/** What another worker comes to at the same time. */
const beside = (side, file) =>
  new Promise((resolve, reject) => {
    const worker = new Worker("/sealing.mjs", { type: "module" });
    worker.addEventListener("error", (event) => reject(event.message));
    worker.addEventListener("message", ({ data }) => {
      worker.terminate();
      resolve(data);
    });
    worker.postMessage({ side, file });
  });

const least = (rates) => Math.min(...rates);

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
