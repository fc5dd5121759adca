// Signs the statement that stands in the page.

import { SigningDesk } from './signing_desk.js';

class Written extends SigningDesk {
  async statement() {
    return this.form.querySelector('[data-statement]').value;
  }
}

document.querySelectorAll('[data-sign]').forEach((root) => new Written(root));
