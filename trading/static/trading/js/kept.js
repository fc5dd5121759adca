// What was typed into a form and not taken yet survives a reload, the way back, a session's end and
// a form gone stale: it is kept in this tab, under the form's name and the person's, until a page
// says that something was done. Nothing is kept of files, passwords and hidden fields.
//
// A form takes part by data-kept: its name, or nothing where its address says enough. A page that
// brings back what was sent to it says so by data-brought.

const PREFIX = 'sunlit kept ';
const KINDS = 'textarea, select, input[type=text], input[type=number], input[type=date],'
  + ' input[type=datetime-local], input[type=radio], input[type=checkbox]';
const MARKS = ['radio', 'checkbox'];

const isMark = (field) => MARKS.includes(field.type);
const fieldsOf = (form) => [...form.querySelectorAll(KINDS)].filter((field) => field.name);
const firstOf = (field) => (field.type === 'select-one'
  ? ([...field.options].find((each) => each.defaultSelected) ?? field.options[0])?.value
  : field.defaultValue);

/** What a form holds now, as text. */
export function taken(form) {
  return fieldsOf(form)
    .filter((field) => !isMark(field) || field.checked)
    .map((field) => [field.name, field.value]);
}

/** What the page itself brought along, in the same way. */
export function brought(form) {
  return fieldsOf(form)
    .filter((field) => !isMark(field) || field.defaultChecked)
    .map((field) => [field.name, isMark(field) ? field.value : firstOf(field)]);
}

/**
 * Put back what was kept, but nowhere over what the page itself brought along; was says what the
 * page had brought when it was typed, over which it was meant. Gives the names that found no field.
 */
export function restore(form, kept, was = []) {
  const fields = fieldsOf(form);
  const known = (name) => was.filter(([each]) => each === name).map(([, value]) => value);
  const homeless = [];
  for (const [name, value] of kept) {
    const same = fields.filter((field) => field.name === name);
    if (same.length === 0) {
      homeless.push(name);
    } else if (isMark(same[0])) {
      const made = same.filter((field) => field.defaultChecked).map((field) => field.value);
      const wanted = same.find((field) => field.value === value);
      if (wanted && made.every((each) => known(name).includes(each))) wanted.checked = true;
    } else {
      const [field] = same;
      const first = firstOf(field);
      const meant = first === '' || was.length === 0 || known(name).includes(first);
      if (meant && field.value === first) field.value = value;
    }
  }
  return homeless;
}

const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? 'null');
const write = (key, kept) => sessionStorage.setItem(key, JSON.stringify(kept));
const nameOf = (form) => `${PREFIX}${document.body.dataset.person ?? ''} `
  + (form.dataset.kept || `${location.pathname} ${form.id}`);

function keep(form) {
  const key = nameOf(form);
  const before = read(key);
  const came = 'brought' in form.dataset || form.querySelector('.mistake:not([hidden])') !== null;
  const was = (came && before?.was) || brought(form);
  const put = (more) => write(key, { was, typed: taken(form), ...more });
  if (before !== null && (!came || before.lines)) {
    const homeless = restore(form, before.typed, before.was);
    if (addLine(form, homeless, before, key)) return;
    form.dispatchEvent(new Event('input', { bubbles: true }));
  }
  if (came || before !== null) put();
  form.addEventListener('input', () => put());
  form.addEventListener('submit', () => put({ sent: true }));
  form.addEventListener('reset', () => sessionStorage.removeItem(key));
}

/** A table had more lines: the server adds them one by one, as long as that helps. */
function addLine(form, homeless, before, key) {
  const button = form.querySelector('button[name=do][value=add]');
  const lines = homeless.filter((name) => /-\d+-/.test(name)).length;
  if (button === null || lines === 0 || lines >= (before.lines ?? Infinity)) return false;
  write(key, { ...before, lines });
  form.requestSubmit(button);
  return true;
}

/** A page that says that something was done: what was sent for it has served. */
function forgetTaken() {
  if (document.querySelector('.notice[role=status]') === null) return;
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX) && read(key)?.sent) sessionStorage.removeItem(key);
  }
}

if (typeof document !== 'undefined') {
  try {
    forgetTaken();
    document.querySelectorAll('form[data-kept]').forEach(keep);
  } catch {
    // Where the browser keeps nothing, the forms still work.
  }
}
