// What was typed into a form and not sent yet survives a reload, the way back and a session's end:
// it is kept in this tab, under the form's own name, until the form is gone. Nothing is kept of
// files, passwords and hidden fields.

const PREFIX = 'sunlit kept ';
const KINDS = 'textarea, input[type=text], input[type=radio], input[type=checkbox]';

const fieldsOf = (form) => [...form.querySelectorAll(KINDS)].filter((field) => field.name);

/** What a form holds now, as text. */
export function taken(form) {
  return fieldsOf(form)
    .filter((field) => !['radio', 'checkbox'].includes(field.type) || field.checked)
    .map((field) => [field.name, field.value]);
}

/** Put back what was kept, but nowhere over what the page itself brought along. */
export function restore(form, kept) {
  const fields = fieldsOf(form);
  for (const [name, value] of kept) {
    const same = fields.filter((field) => field.name === name);
    const marks = same.filter((field) => ['radio', 'checkbox'].includes(field.type));
    if (marks.length > 0) {
      const wanted = marks.find((field) => field.value === value);
      if (wanted && !marks.some((field) => field.defaultChecked)) wanted.checked = true;
    } else if (same.length > 0 && same[0].value === same[0].defaultValue) {
      same[0].value = value;
    }
  }
}

function keep(form) {
  const key = PREFIX + form.dataset.kept;
  // After a refusal the server brings back what was typed, which is newer than what was kept.
  if (!form.querySelector('.mistake:not([hidden])')) {
    restore(form, JSON.parse(sessionStorage.getItem(key) ?? '[]'));
  }
  form.addEventListener('input', () => {
    sessionStorage.setItem(key, JSON.stringify(taken(form)));
  });
  form.addEventListener('reset', () => sessionStorage.removeItem(key));
}

if (typeof document !== 'undefined') {
  try {
    const forms = [...document.querySelectorAll('form[data-kept]')];
    const standing = new Set(forms.map((form) => PREFIX + form.dataset.kept));
    // A form that was taken stands here no more; what was kept for it has served.
    for (const key of Object.keys(sessionStorage)) {
      const [kind, lot] = key.split(':');
      const replaced = [...standing].some((each) => each.startsWith(`${kind}:${lot}`));
      if (key.startsWith(PREFIX) && !standing.has(key) && replaced) sessionStorage.removeItem(key);
    }
    forms.forEach(keep);
  } catch {
    // Where the browser keeps nothing, the forms still work.
  }
}
