// Checks of files before sealing, for tests/bidding/seal_js/test_checks.py: files travel as hex.
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));

export default async (root) => {
  const check = (name) => import(`${root}/bidding/js/check/${name}.js`);
  const { judge } = await check("judge");
  const { readFile, sameBytes } = await check("read");
  const { withoutMetadata } = await check("pictures");
  const { fieldsOf, textOf } = await check("markup");
  const { squeezed, tellsAmount, termsIn } = await check("identity");
  const { kindOf } = await check("kinds");
  const read = async ({ name, data, slot }) => ({
    id: name, name, slot, ...(await readFile(new Blob([unhex(data)]), name, { deep: true })),
  });
  return {
    look: async ({ files, own, sheet, blind }) =>
      judge(await Promise.all(files.map(read)), { own, sheet, blind }),
    judge: ({ files, own = [], sheet = {}, blind = 3 }) => judge(files, { own, sheet, blind }),
    same: ({ one, other }) => sameBytes(new Blob([unhex(one)]), new Blob([unhex(other)])),
    clean: async ({ data }) => {
      const cleaned = await withoutMetadata(new Blob([unhex(data)]));
      return Buffer.from(await cleaned.arrayBuffer()).toString("hex");
    },
    fields: ({ xml }) => fieldsOf(xml),
    text: ({ xml }) => textOf(xml),
    squeezed: ({ text }) => squeezed(text),
    terms: ({ text, terms }) => termsIn(text, terms),
    amount: ({ text, value, capitals }) => tellsAmount(text, value, capitals),
    kind: ({ data }) => kindOf(unhex(data)),
  };
};
