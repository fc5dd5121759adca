// What forms keep, for test_kept.py: a form is a list of plain fields.
const form = (fields) => ({ querySelectorAll: () => fields });

export default async (root) => {
  const { brought, restore, taken } = await import(`${root}/trading/js/kept.js`);
  return {
    taken: (fields) => taken(form(fields)),
    brought: (fields) => brought(form(fields)),
    homeless: ({ fields, kept }) => restore(form(fields), kept),
    restore: ({ fields, kept, was }) => {
      restore(form(fields), kept, was);
      return fields.map(({ name, value, checked }) => [name, value, checked ?? null]);
    },
  };
};
