// A double click sends a form once. (Sent twice all the same it acts once: its key says so to the
// platform. But then the second answer is shown, and the first one is lost.)

const PAUSE_MS = 5_000;

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post') return;
  if ('underWay' in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.underWay = '';
  // A line that brings nothing, or an answer that is a file, leaves the page as it stands.
  setTimeout(() => delete form.dataset.underWay, PAUSE_MS);
});

window.addEventListener('pageshow', () => {
  document.querySelectorAll('form[data-under-way]').forEach((form) => delete form.dataset.underWay);
});
