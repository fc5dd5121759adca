// What a document's page runs.

import { Viewer } from './viewer.js';

const root = document.querySelector('[data-viewer]');
if (root) new Viewer(root).open();
