// What every page runs: the clock, the file inputs, and the focus on what went wrong.

import './clock.js';
import './files.js';

document.querySelector('[data-error-summary]')?.focus();
document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});
