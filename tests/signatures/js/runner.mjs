// Signing in the page, for tests/signatures/js: bytes travel as hex.
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

export default async (root) => {
  const { Signer } = await import(`${root}/signatures/js/signer.js`);
  const { checkSignature, signStatement } = await import(`${root}/signatures/js/cades.js`);
  const { Certificate } = await import(`${root}/signatures/js/certificate.js`);
  const { findRoom, signPdf } = await import(`${root}/signatures/js/pdf.js`);
  const { SigningApi, signSession } = await import(`${root}/signatures/js/signing_session.js`);
  const { openPkcs12 } = await import(`${root}/signatures/js/pkcs12.js`);
  return {
    open: async ({ file, password }) => {
      const signer = await Signer.open(unhex(file), password);
      return {
        certificate: hex(signer.certificate.der),
        chain: signer.chain.map((each) => hex(each.der)),
        name: signer.certificate.name,
        issuer: signer.certificate.issuerName,
        from: signer.certificate.notBefore.toISOString(),
        until: signer.certificate.notAfter.toISOString(),
        digest: hex(await signer.certificate.digest()),
      };
    },
    bags: async ({ file, password }) => {
      const { keys, certificates } = await openPkcs12(unhex(file), password);
      return { keys: keys.map(hex), certificates: certificates.map(hex) };
    },
    sign: async ({ file, password, data }) => {
      const signer = await Signer.open(unhex(file), password);
      return hex(await signStatement(unhex(data), signer));
    },
    check: async ({ data, signature }) =>
      hex((await checkSignature(unhex(data), unhex(signature))).der),
    room: ({ data }) => findRoom(unhex(data)),
    signPdf: async ({ file, password, data }) =>
      hex(await signPdf(unhex(data), await Signer.open(unhex(file), password))),
    // A platform that answers each call with the next of the answers it was given.
    session: async ({ file, password, answers }) => {
      const signer = await Signer.open(unhex(file), password);
      const calls = [];
      const api = new SigningApi("token", async (path, { method = "GET", headers = {}, body }) => {
        calls.push([method, path, headers["X-CSRFToken"] ?? "", Object.keys(JSON.parse(body ?? "{}"))]);
        const { status = 200, json, bytes } = answers.shift();
        const type = bytes === undefined ? "application/json" : "application/pdf";
        return new Response(bytes === undefined ? JSON.stringify(json) : unhex(bytes), {
          status,
          headers: { "Content-Type": type },
        });
      });
      try {
        return { result: await signSession(api, "D", "F", signer), calls };
      } catch (error) {
        return { refused: error.code, said: error.message, calls };
      }
    },
    kind: ({ certificate }) => new Certificate(unhex(certificate)).keyKind().kind,
  };
};
