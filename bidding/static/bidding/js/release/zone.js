/** Moments that people type in the platform's zone. */

/** A text "2026-11-20T14:30" in a zone as a statement's moment; null where it is none. */
export function momentOf(text, zone) {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null;
  const wanted = Date.parse(`${text}:00Z`);
  if (Number.isNaN(wanted) || new Date(wanted).toISOString().slice(0, 16) !== text) return null;
  // The zone's clock at a moment tells how far it is from UTC then; twice, for a change between.
  let moment = wanted;
  for (let turn = 0; turn < 2; turn += 1) moment = wanted - (clockOf(moment, zone) - moment);
  return clockOf(moment, zone) === wanted ? new Date(moment).toISOString().replace('Z', '000Z') : null;
}

/** What a clock in the zone shows at a moment, read as if it were UTC. */
function clockOf(moment, zone) {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit',
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).format(moment);
  return Date.parse(`${parts.replace(' ', 'T')}Z`);
}
