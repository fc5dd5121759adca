// What every page runs: the clock, the file inputs, what forms keep, one sending for a double click,
// and the focus on what went wrong.

import './clock.js';
import './files.js';
import './kept.js';
import './once.js';

// The answer to a form: the way back and a reload ask for its page anew, and send nothing again.
if ('answer' in document.body.dataset) history.replaceState(history.state, '');

document.querySelector('[data-error-summary]')?.focus();
document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});
