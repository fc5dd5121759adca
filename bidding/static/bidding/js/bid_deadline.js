// The time that is left until the deadline, by the official clock of the page.

const bar = document.querySelector("[data-deadline]");
const clock = document.querySelector("[data-clock]");

/** Milliseconds until a moment, by the official clock that the page's head shows. */
const until = (deadline) => deadline - Date.parse(clock.dateTime);

/** "2 days 18:57:53", by the bar's own words. */
export function left(milliseconds, { day, days }) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const rest = seconds % 86_400;
  const face = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  const whole = Math.floor(seconds / 86_400);
  if (whole === 0) return face;
  return (whole === 1 ? day : days).replace("{days}", whole).replace("{clock}", face);
}

/** Count down until the deadline; over() is called once when it has passed. */
export function countDown(over) {
  if (bar === null || clock === null) return;
  const deadline = Date.parse(bar.dataset.deadline);
  const place = bar.querySelector("[data-left]");
  const show = () => {
    const rest = until(deadline);
    place.textContent = rest > 0 ? left(rest, bar.dataset) : bar.dataset.over;
    if (rest > 0) return;
    clearInterval(timer);
    over();
  };
  const timer = setInterval(show, 1000);
  show();
}
