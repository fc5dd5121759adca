// The opening hall's page.

import { RoomPage } from './room_page.js';

new RoomPage(document.querySelector('[data-hall]'), { numbers: ['objection'] }).start();
