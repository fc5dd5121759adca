// What forms keep, for test_kept.py: a form is a list of plain fields.
const form = (fields) => ({ querySelectorAll: () => fields });

export default async (root) => {
  const { restore, taken } = await import(`${root}/trading/js/kept.js`);
  return {
    taken: (fields) => taken(form(fields)),
    restore: ({ fields, kept }) => {
      restore(form(fields), kept);
      return fields.map(({ name, value, checked }) => [name, value, checked ?? null]);
    },
  };
};
