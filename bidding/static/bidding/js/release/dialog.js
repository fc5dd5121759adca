// What the forms around keys have in common: fields with their mistakes beside them, files that
// are opened on this device, and words for what went wrong.

import { Signer } from '../../../signatures/js/signer.js';

/** Something that the person can put right at a field. */
export class Mistake extends Error {
  constructor(field, code) {
    super(code);
    Object.assign(this, { field, code });
  }
}

/** The words that the page carries for codes, within `root`. */
export class Words {
  constructor(root) {
    this.root = root;
  }

  /** The sentence for an error: the page's own for its code, else what the platform said. */
  of(error) {
    if (error.said) return error.message;
    // What is malformed by now came from the platform: files were read before.
    const code = error.code === 'malformed' ? 'bad-answer' : error.code;
    return this.said(code) ?? this.said('unknown');
  }

  said(code) {
    return this.root.querySelector(`[data-said="${CSS.escape(code ?? '')}"]`)?.textContent ?? null;
  }

  slot(number) {
    return this.root.querySelector(`[data-slot="${number}"]`)?.textContent ?? String(number);
  }
}

/** Say nothing at any field of the form any more. */
export function clear(form) {
  for (const place of form.querySelectorAll('[data-mistake]')) {
    place.hidden = true;
    place.textContent = '';
    place.closest('.field')?.classList.remove('field-bad');
  }
}

/** Say at a field what is wrong, and go there. */
export function complain(form, name, text) {
  const place = form.querySelector(`[data-mistake="${CSS.escape(name)}"]`);
  place.textContent = text;
  place.hidden = false;
  place.closest('.field')?.classList.add('field-bad');
  form.elements[name]?.focus?.();
}

/** The bytes of a chosen file; Mistake where none was chosen. */
export async function fileBytes(form, name) {
  const file = form.elements[name].files[0];
  if (!file) throw new Mistake(name, 'choose-file');
  return new Uint8Array(await file.arrayBuffer());
}

/** The text of a field; Mistake where nothing stands there. */
export function typed(form, name) {
  const { value } = form.elements[name];
  if (!value) throw new Mistake(name, 'fill-in');
  return value;
}

/** The signer in the form's certificate file; Mistake at the field that is wrong. */
export async function openSigner(form) {
  const data = await fileBytes(form, 'file');
  const password = typed(form, 'password');
  try {
    return await Signer.open(data, password);
  } catch (error) {
    const wrong = error.code === 'wrong-password';
    throw new Mistake(wrong ? 'password' : 'file', wrong ? 'wrong-password' : 'unusable');
  }
}

/** In a demonstration: put an invented person's key file and passphrase into the dialog. */
export function offerKeys(root) {
  root.addEventListener('click', async (event) => {
    const link = event.target.closest('a[data-own-keys]');
    const dialog = link?.closest('fieldset');
    if (!dialog) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { cache: 'no-store' });
      if (!answer.ok) throw new Error(answer.statusText);
      const carried = new DataTransfer();
      carried.items.add(new File([await answer.blob()], 'keys.json', { type: 'application/json' }));
      const input = dialog.querySelector('input[type=file]');
      input.files = carried.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      dialog.querySelector('input[type=password]').value = link.dataset.ownKeys;
    } catch {
      link.nextElementSibling.textContent = link.dataset.failed;
    }
  });
}
