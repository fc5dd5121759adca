// Seals a ballot on the member's own device: the candidate and 32 random bytes stay here, what goes
// to the platform is their digest. The code that opens the ballot is kept in this browser and shown.

const hex = (bytes) => [...bytes].map((each) => each.toString(16).padStart(2, '0')).join('');

/** SHA-256("SUNLIT-BALLOT-1|" round "|" candidate "|" salt), in hex. */
export async function commitment(round, candidate, salt) {
  const head = new TextEncoder().encode(`SUNLIT-BALLOT-1|${round}|${candidate}|`);
  const data = new Uint8Array(head.length + salt.length);
  data.set(head);
  data.set(salt, head.length);
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', data)));
}

const kept = (round) => `sunlit-ballot:${round}`;

function show(root, code) {
  const place = root.querySelector('[data-ballot-code]');
  if (!place || !code) return;
  place.querySelector('code').textContent = code;
  place.hidden = false;
}

document.querySelectorAll('[data-ballot]').forEach((root) => {
  const round = root.dataset.ballot;
  show(root, localStorage.getItem(kept(round)));
  root.querySelectorAll('[data-choice]').forEach((input) => {
    input.addEventListener('change', async () => {
      const salt = crypto.getRandomValues(new Uint8Array(32));
      const made = await commitment(round, input.value, salt);
      localStorage.setItem(kept(round), `${input.value} ${hex(salt)}`);
      root.querySelector('[name=commitment]').value = made;
      show(root, localStorage.getItem(kept(round)));
    });
  });
});

document.querySelectorAll('[data-ballot-open]').forEach((root) => {
  const field = root.querySelector('[name=code]');
  if (!field.value) field.value = localStorage.getItem(kept(root.dataset.ballotOpen)) ?? '';
});
