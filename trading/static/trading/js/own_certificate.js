// In a demonstration a signing dialog offers the certificate of who is signed in: the link puts the
// file and its password where one would put one's own. Without this module it saves the file.

const FILE = 'input[type=file][accept*=".p12"]';
const PASSWORD = 'input[type=password]';

/** The nearest part of the page around the link that asks for a file and a password. */
function dialogOf(link) {
  let part = link.parentElement;
  while (part && !(part.querySelector(FILE) && part.querySelector(PASSWORD))) {
    part = part.parentElement;
  }
  return part;
}

/** Put the file and the password into the dialog's fields, as if they had been chosen and typed. */
export function fill(dialog, file, password) {
  const input = dialog.querySelector(FILE);
  const carried = new DataTransfer();
  carried.items.add(file);
  input.files = carried.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  const field = dialog.querySelector(PASSWORD);
  field.value = password;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
}

document.addEventListener('click', async (event) => {
  const link = event.target.closest?.('a[data-own-certificate]');
  const dialog = link && dialogOf(link);
  if (!dialog) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.statusText);
    const file = new File([await answer.blob()], new URL(link.href).pathname.split('/').at(-1));
    fill(dialog, file, link.dataset.ownCertificate);
  } catch {
    link.nextElementSibling.textContent = link.dataset.failed;
  }
});
