// The official clock: ticks from the server's time, never from this device's.
// The page carries the time at which it was made; each minute, and when the page is looked at
// again, the server is asked, because a device that slept would otherwise fall behind.

const RESYNC_MS = 60_000;
const faces = [...document.querySelectorAll('[data-clock]')];

let official = 0; // server's time in ms at the moment `read` of the monotonic clock
let read = 0;

function set(iso, delay = 0) {
  official = Date.parse(iso) + delay;
  read = performance.now();
}

function now() {
  return official + performance.now() - read;
}

async function ask(address) {
  const sent = performance.now();
  try {
    const response = await fetch(address, { cache: 'no-store', credentials: 'omit' });
    if (!response.ok) return;
    const { now: iso } = await response.json();
    set(iso, (performance.now() - sent) / 2);
  } catch {
    // Offline: the clock goes on from the last known time.
  }
}

function start() {
  const { zone, address } = faces[0].dataset;
  set(faces[0].dateTime);
  // Swedish dates are ISO dates: 2026-11-20 14:32:07.
  const full = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit',
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  });
  const tick = () => {
    const at = now();
    const text = full.format(at);
    for (const face of faces) {
      face.textContent = face.dataset.clock === 'time' ? text.slice(11) : text;
      face.dateTime = new Date(at).toISOString();
    }
    setTimeout(tick, 1000 - (at % 1000));
  };
  tick();
  ask(address);
  setInterval(() => { if (!document.hidden) ask(address); }, RESYNC_MS);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(address); });
}

if (faces.length > 0) start();
