// Releasing in the page, for tests/bidding/release_js: bytes travel as hex.
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");
const signed = ({ data, signatures }) => ({ data: unhex(data), signatures: signatures.map(unhex) });

export default async (root) => {
  const from = (name) => import(`${root}/bidding/js/${name}.js`);
  const { observe, decide } = await from("release/decide");
  const { SlotKeys, parseOffer } = await from("release/trustee");
  const { openHolder } = await from("release/holder");
  const { buildShare, buildComplaint } = await from("release/share");
  const { buildSchedule } = await from("release/schedule");
  const { buildGate } = await from("release/gate");
  const { composePolicy } = await from("release/compose");
  const { momentOf } = await from("release/zone");
  const { releaseAll } = await from("release/releasing");
  const { Watch } = await from("release/watch");
  const { Wire } = await from("release/wire");
  const { Policy } = await from("seal/policy");
  const { Head } = await from("seal/wraps");
  const { Signer } = await import(`${root}/signatures/js/signer.js`);
  const { signStatement } = await import(`${root}/signatures/js/cades.js`);
  const { Range, bundlePath, leafHash, parseBundle } = await import(`${root}/signatures/js/ledger.js`);

  const follower = ({ origin, lot, size, edge, leaves }) => ({
    origin, lot, size,
    edge: edge.map(unhex),
    leaves: leaves.map(({ index, data }) => ({ index, data: unhex(data) })),
  });
  /** A browser at a platform: its address for what it fetches, its own clock, its memory. */
  const RealDate = Date;
  const memory = new Map();
  class Kept extends Watch {
    async save() {
      const { lot, policy, seal, follower } = this;
      memory.set(this.device, structuredClone({ lot, policy, seal, follower }));
    }
  }
  const browsing = async ({ origin, now }, work) => {
    const { fetch } = globalThis;
    globalThis.fetch = (path, options) => fetch(`${origin}${path}`, options);
    globalThis.Date = class extends RealDate {
      constructor(...given) {
        super(...(given.length === 0 ? [now] : given));
      }

      static now() {
        return RealDate.parse(now);
      }
    };
    try {
      return await work();
    } finally {
      globalThis.fetch = fetch;
      globalThis.Date = RealDate;
    }
  };
  const policyOf = (data, rehearsal = false) => Policy.parse(unhex(data), { rehearsal });

  return {
    async decide({ policy, rehearsal, stored, shown, head, statement, now, meant }) {
      const view = await observe(await policyOf(policy, rehearsal), follower(stored), {
        note: shown.note,
        token: unhex(shown.token),
        leaves: shown.leaves.map(unhex),
        objects: shown.objects.map(signed),
        frozen: shown.frozen,
      });
      const found = await decide(view, Head.parse(unhex(head)), signed(statement), {
        now, rehearsal: meant,
      });
      const state = view.follower;
      return {
        ...found,
        stored: state && { size: state.size, edge: state.edge.map(hex), leaves: state.leaves.length },
      };
    },
    policy: async ({ policy, rehearsal = false }) => {
      const { rules, signers, minBids } = await policyOf(policy, rehearsal);
      return { rules, signers: [...signers], minBids };
    },
    async generate({ passphrase, at, ...given }) {
      const keys = await SlotKeys.generate(given);
      return {
        file: hex(await keys.save(passphrase)),
        offer: hex(keys.offer(at)),
        keys: [...keys.public].map(([slot, key]) => [slot, hex(key)]),
      };
    },
    async open({ file, passphrase }) {
      const keys = await SlotKeys.open(unhex(file), passphrase);
      return [...keys.public].map(([slot, key]) => [slot, hex(key)]);
    },
    offer: ({ data }) => [...parseOffer(unhex(data)).keys].map(([slot, key]) => [slot, hex(key)]),
    async share({ file, passphrase, policy, head, recipient, checkpoint, at, certificate, password }) {
      const holder = await openHolder(unhex(file), passphrase);
      const parsed = { policy: await policyOf(policy), head: Head.parse(unhex(head)) };
      const index = holder.index(parsed.policy);
      const share = await holder.share(parsed.policy, parsed.head);
      const root = { size: checkpoint.size, root: unhex(checkpoint.root) };
      const data = await buildShare(share, {
        ...parsed, recipient: unhex(recipient), checkpoint: root, at,
      });
      const signer = await Signer.open(unhex(certificate), password);
      return { index, data: hex(data), signature: hex(await signStatement(data, signer)) };
    },
    // What a trustee's browser does about a lot, once; device names what remembers the ledger.
    async release({ origin, now, device, lot, file, passphrase, certificate, password }) {
      const holder = await openHolder(unhex(file), passphrase);
      const signer = await Signer.open(unhex(certificate), password);
      return browsing({ origin, now }, async () => {
        const wire = new Wire(lot, "csrf");
        const watch = Object.assign(new Kept(wire.urn, memory.get(device)), { device });
        const { items, reasons } = await releaseAll({ wire, watch, holder, signer, origin });
        return { items, reasons };
      });
    },
    async complaint({ policy, head, index, at }) {
      const parsed = { policy: await policyOf(policy), head: Head.parse(unhex(head)) };
      return hex(await buildComplaint({ ...parsed, index, at }));
    },
    async schedule({ policy, gates, ...given }) {
      const made = buildSchedule(await policyOf(policy), { ...given, gates: new Map(gates) });
      return hex(made);
    },
    gate: async ({ policy, ...given }) => hex(buildGate(await policyOf(policy), given)),
    async compose({ sealing, ...terms }) {
      const keys = sealing.keys.map(({ trustee, ...each }) => ({ trustee, signed: signed(each) }));
      return hex(await composePolicy({ ...sealing, keys }, terms));
    },
    edge({ size, hashes, leaves }) {
      const edge = new Range(size, hashes.map(unhex));
      for (const leaf of leaves) edge.append(leafHash(unhex(leaf)));
      return { root: hex(edge.root()), hashes: edge.hashes.map(hex) };
    },
    moment: ({ text, zone }) => momentOf(text, zone),
    bundlePath: ({ index, width }) => bundlePath(index, width),
    bundle: ({ data, width }) => parseBundle(unhex(data), width).map(hex),
  };
};
