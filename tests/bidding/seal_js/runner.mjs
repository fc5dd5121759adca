// Sealing in the page, for tests/bidding/seal_js: short bytes travel as hex, long ones as files.
import { openAsBlob } from "node:fs";
import { open, readFile } from "node:fs/promises";

const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

/** A source over bytes; over a file, without reading it as a whole. */
const bytes = (data) => ({ size: data.length, read: async (at, size) => data.slice(at, at + size) });
async function source(path) {
  const blob = await openAsBlob(path);
  const read = async (at, size) => new Uint8Array(await blob.slice(at, at + size).arrayBuffer());
  return { size: blob.size, read };
}

const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
const cut = (data, size) =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.slice(i * size, (i + 1) * size));

async function write(path, parts) {
  const file = await open(path, "w");
  const lengths = [];
  try {
    for await (const part of parts) {
      await file.write(part.data);
      lengths.push(part.data.length);
    }
  } finally {
    await file.close();
  }
  return lengths;
}

export default async (root) => {
  const seal = (name) => import(`${root}/bidding/js/seal/${name}.js`);
  const body = await seal("body");
  const { Header } = await seal("header");
  const shares = await seal("shares");
  const { Head, hpke, publicKey, unwrap, wrapAll } = await seal("wraps");
  const { padme, paddedSize } = await seal("padding");
  const { leafHash, rootOf } = await seal("tree");
  const { checkName } = await seal("manifest");
  const { Pace } = await seal("pace");
  const { Policy } = await seal("policy");
  const { parts, recoverKey } = await seal("envelope");
  const { fileHash } = await seal("file_hash");
  const { Plaintext } = await seal("plaintext");
  const { openEnvelope } = await seal("opening");
  const { rehearse } = await seal("rehearsing");
  const { registration, sealBid } = await seal("sealing");
  const { checkBid, checkLeaves, parseBid } = await seal("bid");
  const { lockKit, shareFor, unlockKit } = await seal("recovery");
  const { Signer } = await import(`${root}/signatures/js/signer.js`);

  const header = (given) =>
    new Header({ ...given, policy: unhex(given.policy), certificate: unhex(given.certificate) });
  const share = (text) => shares.Share.parse(unhex(text));
  const cipher = async ({ key, salt, context, hash }) =>
    body.BodyCipher.create(await body.bodyKey(unhex(key), { hash }), unhex(salt), unhex(context));
  const documents = async (given) => {
    const found = new Map();
    for (const [slot, files] of Object.entries(given)) {
      const blobs = files.map(async ({ path, ...rest }) => ({ ...rest, blob: await openAsBlob(path) }));
      found.set(Number(slot), await Promise.all(blobs));
    }
    return found;
  };
  const seals = []; // what was sealed, by number: keys in it cannot leave the process
  const plaintext = (sealed, files) => new Plaintext(sealed.preamble, files ?? sealed.files);

  return {
    sizes: ({ size }) => ({
      body: body.bodySize(size),
      plain: body.plaintextSize(body.bodySize(size)),
      parts: body.partCount(body.bodySize(size)),
    }),
    plaintextSize: ({ size }) => body.plaintextSize(size),
    encrypt: async ({ plain, to, first = 0, ...given }) =>
      write(to, (await cipher(given)).parts(await source(plain), { first })),
    encryptShrinking: async (given) => {
      const shrinking = { size: 100, read: async (at, size) => new Uint8Array(size - 1) };
      for await (const part of (await cipher(given)).parts(shrinking)) part.leaf();
    },
    decrypt: async ({ key, context, hash, from, to }) => {
      const opener = await body.BodyOpener.create(
        await body.bodyKey(unhex(key), { hash }),
        unhex(context),
        await source(from),
      );
      const file = await open(to, "w");
      try {
        for await (const some of opener.pieces()) for (const piece of some) await file.write(piece);
      } finally {
        await file.close();
      }
    },
    extract: async ({ key }) =>
      hex(await crypto.subtle.exportKey("raw", await body.bodyKey(unhex(key)))),
    leaf: async ({ data }) => hex(await leafHash(unhex(data))),
    root: async ({ leaves }) => hex(await rootOf(leaves.map(unhex))),
    padme: ({ lengths }) => lengths.map((length) => [padme(length), paddedSize(length)]),
    header: (given) => hex(header(given).encode()),
    parseHeader: ({ data }) => {
      const found = Header.parse(unhex(data));
      return { ...found, policy: hex(found.policy), certificate: hex(found.certificate), bidBytes: hex(found.bidBytes) };
    },
    split: async ({ key, header: given }) =>
      (await shares.split(unhex(key), header(given))).map((each) => hex(each.encode())),
    combine: ({ shares: given, k }) => hex(shares.combine(given.map(share), k)),
    commitment: async ({ share: given }) => hex(await shares.commitment(share(given))),
    mismatches: ({ key, header: given, commitments }) =>
      shares.mismatches(unhex(key), header(given), commitments.map(unhex)),
    wrapAll: async ({ header: given, shares: made, keys }) =>
      hex((await wrapAll(header(given), made.map(share), keys.map(unhex))).encode()),
    parseHead: async ({ data }) => {
      const head = Head.parse(unhex(data));
      return { again: hex(head.encode()), digest: hex(await head.digest()), context: hex(await head.bodyContext()) };
    },
    unwrap: async ({ head, index, key, header: other }) => {
      const parsed = Head.parse(unhex(head));
      const used = other === undefined ? parsed.header : header(other);
      return hex((await unwrap(used, parsed.wraps[index - 1], unhex(key))).encode());
    },
    unwrapChanged: async ({ head, index, key, field, value }) => {
      const parsed = Head.parse(unhex(head));
      const wrap = { ...parsed.wraps[index - 1], [field]: field === "index" ? value : unhex(value) };
      return hex((await unwrap(parsed.header, wrap, unhex(key))).encode());
    },
    publicKey: async ({ data }) => void (await publicKey(unhex(data))),
    hpke: async ({ skRm, ikmE, info, messages }) => {
      const suite = hpke();
      const ekm = await suite.kem.deriveKeyPair(unhex(ikmE).buffer);
      const recipientKey = await suite.kem.deserializePrivateKey(unhex(skRm));
      const own = await suite.kem.deriveKeyPair(unhex(messages.ikmR).buffer);
      const sender = await suite.createSenderContext({
        recipientPublicKey: own.publicKey,
        info: unhex(info),
        ekm,
      });
      const ct = await sender.seal(unhex(messages.pt), unhex(messages.aad));
      const opened = { recipientKey, enc: sender.enc, info: unhex(info) };
      const pt = await suite.open(opened, ct, unhex(messages.aad));
      return { enc: hex(new Uint8Array(sender.enc)), ct: hex(new Uint8Array(ct)), pt: hex(new Uint8Array(pt)) };
    },
    name: ({ name }) => checkName(name),
    policy: async ({ data, ...options }) => {
      const policy = await Policy.parse(unhex(data), options);
      return { digest: hex(policy.digest), k: policy.k, n: policy.n, slots: policy.slots };
    },
    seal: async ({ policy, rehearsal = false, documents: given, file, password, bid, version, at }) => {
      const parsed = await Policy.parse(unhex(policy), { rehearsal });
      const reports = [];
      const sealed = await sealBid(parsed, await documents(given), {
        signer: await Signer.open(unhex(file), password),
        bid,
        version,
        at,
        report: async (each) => void reports.push(each),
      });
      seals.push({ ...sealed, policy: parsed, bid, version });
      return {
        number: seals.length - 1,
        statement: hex(sealed.statement),
        signature: hex(sealed.signature),
        envelopes: registration(sealed).map(({ slot, head, leaves }) => ({
          slot,
          head: hex(head),
          leaves: hex(leaves),
        })),
        ownShares: [...sealed.ownShares].map(([slot, each]) => [slot, hex(each.encode())]),
        reports,
      };
    },
    body: async ({ number, slot, to, first = 0 }) => {
      const each = seals[number].envelopes.find((envelope) => envelope.slot === slot);
      return write(to, parts(each.head, each.secret, each.sealed, plaintext(each), { first }));
    },
    // Pass 2 over other files than those that were sealed.
    bodyOf: async ({ number, slot, to, paths }) => {
      const each = seals[number].envelopes.find((envelope) => envelope.slot === slot);
      const files = [];
      for (const [i, path] of paths.entries()) {
        const blob = await openAsBlob(path);
        files.push({ entry: each.files[i].entry, blob });
      }
      return write(to, parts(each.head, each.secret, each.sealed, plaintext(each, files)));
    },
    keyLeaves: async ({ number }) => {
      const { key } = seals[number].envelopes[0].secret;
      return { extractable: key.extractable, usages: key.usages, type: key.type };
    },
    kit: async ({ number, passphrase }) =>
      hex(await lockKit(seals[number].policy, seals[number], passphrase)),
    kitShare: async ({ file, passphrase, head }) => {
      const kit = await unlockKit(unhex(file), passphrase);
      return hex((await shareFor(kit, Head.parse(unhex(head)))).encode());
    },
    checkBid: async ({ policy, rehearsal = false, statement, heads, leaves, certificate }) => {
      const parsed = parseBid(unhex(statement));
      const known = await Policy.parse(unhex(policy), { rehearsal });
      const parsedHeads = heads.map((head) => Head.parse(unhex(head)));
      await checkBid(parsed, known, parsedHeads, unhex(certificate));
      for (const [i, all] of leaves.entries()) {
        const data = unhex(all);
        const cut = Array.from({ length: data.length / 32 }, (_, j) => data.slice(32 * j, 32 * j + 32));
        await checkLeaves(parsed.envelopes[i], cut);
      }
    },
    recover: async ({ head, shares: given }) =>
      hex(await recoverKey(Head.parse(unhex(head)), given.map(share))),
    open: async ({ head, from, commitment, shares: given, origin }) => {
      const opened = await openEnvelope({
        head: Head.parse(unhex(head)),
        body: typeof from === "string" ? await source(from) : bytes(unhex(from.hex)),
        commitment: {
          slot: commitment.slot,
          size: commitment.size,
          head: unhex(commitment.head),
          root: unhex(commitment.root),
        },
        shares: given.map(share),
        origin,
      });
      const files = opened.files.map(async (file) => {
        const blob = await file.blob();
        return {
          name: file.entry.name,
          type: blob.type,
          data: hex(await file.read(0, Math.min(64, file.entry.size))),
          sha256: hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))),
        };
      });
      return { files: await Promise.all(files), certificate: hex(opened.certificate) };
    },
    // What [offset, size] of the first file are, after [byte, mask] of the stored body was flipped.
    openAndRead: async ({ head, from, commitment, shares: given, origin, ranges, flip }) => {
      const stored = new Uint8Array(await readFile(from));
      const { files: [file] } = await openEnvelope({
        head: Head.parse(unhex(head)), body: bytes(stored), origin, shares: given.map(share),
        commitment: { ...commitment, head: unhex(commitment.head), root: unhex(commitment.root) },
      });
      if (flip) stored[flip[0]] ^= flip[1];
      const found = [];
      for (const range of ranges) {
        try {
          found.push(hex(await file.read(...range)));
        } catch ({ code, fault, name }) {
          found.push([code ?? name, fault ?? ""]);
        }
      }
      return found;
    },
    rehearse: async ({ policy, file, password, ...given }) =>
      rehearse(unhex(policy), { ...given, signer: await Signer.open(unhex(file), password) }),
    // With and without WebAssembly, in pieces of so many bytes.
    fileHash: async ({ data, piece, compiled }) => {
      const { WebAssembly } = globalThis;
      if (!compiled) globalThis.WebAssembly = undefined;
      try {
        const hash = await fileHash();
        for (const each of cut(unhex(data), piece)) hash.update(each);
        return hex(hash.digest());
      } finally {
        globalThis.WebAssembly = WebAssembly;
      }
    },
    // Open once for each flipped bit [byte, mask] of the head or the body; signed: the tenderer
    // commits to what was flipped. How often which code came, and what opened (nothing may).
    flips: async ({ head, from, commitment, shares: given, origin, where, signed, flips }) => {
      const stored = new Uint8Array(await readFile(from));
      const codes = {};
      const opened = [];
      for (const [at, mask] of flips) {
        const data = { head: unhex(head), body: stored.slice() };
        data[where][at] ^= mask;
        const committed = {
          slot: commitment.slot,
          size: commitment.size,
          head: signed && where === "head" ? await sha256(data.head) : unhex(commitment.head),
          root:
            signed && where === "body"
              ? await rootOf(await Promise.all(cut(data.body, body.PART_SIZE).map(leafHash)))
              : unhex(commitment.root),
        };
        try {
          const shared = given.map(share);
          await openEnvelope({
            head: Head.parse(data.head), body: bytes(data.body), commitment: committed,
            shares: shared, origin,
          });
          opened.push([at, mask]);
        } catch (error) {
          const code = error.code ?? error.name;
          codes[code] = (codes[code] ?? 0) + 1;
        }
      }
      return { codes, opened };
    },
    pace: ({ steps }) => {
      const made = new Pace();
      return steps.map(([step, ...given]) => {
        made[step](...given);
        return made.parts;
      });
    },
    memory: () => process.memoryUsage(),
    read: async ({ path }) => hex(await readFile(path)),
  };
};
