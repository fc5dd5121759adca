// Whether a text names the tenderer: its name, short names, credit code, people; the twin of
// bidding/kit/checks/identity.py.

const APART = /[^\p{L}\p{N}\p{M}]+/gu;
const HAN = /\p{Script=Han}/u;

/** Letters and figures alone, whatever their width, case and spacing. */
export const squeezed = (text) => text.normalize("NFKC").toLowerCase().replace(APART, "");

const spaced = (text) => ` ${text.normalize("NFKC").toLowerCase().replace(APART, " ").trim()} `;

/** The terms that a text holds; words in Latin letters count as whole words only. */
export function termsIn(text, terms) {
  const [tight, loose] = [squeezed(text), spaced(text)];
  return terms.filter((term) => {
    const wanted = squeezed(term);
    if (wanted === "") return false;
    return HAN.test(term) || /\d{4}/.test(wanted) ? tight.includes(wanted) : loose.includes(spaced(term));
  });
}

/** Whether a text tells this amount ("14250600.50"), in figures or in Chinese capitals. */
export function tellsAmount(text, value, capitals) {
  if (squeezed(text).includes(squeezed(capitals).replace(/整$/, ""))) return true;
  const [whole, places] = value.split(".");
  const figures = text.normalize("NFKC").replace(/(\d)[,，](?=\d{3})/g, "$1");
  const cents = places === "00" ? "(?:\\.0{1,2})?" : `\\.${places.replace(/0$/, "0?")}`;
  return new RegExp(`(?<![\\d.])${whole}${cents}(?!\\.?\\d)`).test(figures);
}
