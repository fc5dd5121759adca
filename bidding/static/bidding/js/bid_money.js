// Amounts as people type and read them: figures, thousands parted by commas, Chinese capitals.
// The capitals are those of trading/interfaces/money.py.

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万"];
const MOST_FIGURES = 15;

/**
 * The amount that somebody typed as price.json writes it, {value: "14250600.00"}, or what is wrong
 * with it, {problem: "empty" | "wrong" | "places" | "zero" | "large"}. Full-width figures, blanks,
 * a yuan sign and commas between thousands are understood.
 */
export function readPrice(typed) {
  const text = typed.normalize("NFKC").replace(/^[¥元\s]+|[元\s]+$/gu, "").replace(/[\s、,,]/gu, "");
  if (text === "") return { problem: "empty" };
  const found = /^(\d+)(?:\.(\d*))?$/.exec(text);
  if (found === null) return { problem: "wrong" };
  const whole = found[1].replace(/^0+(?=\d)/, "");
  const places = (found[2] ?? "").replace(/0+$/, "");
  if (places.length > 2) return { problem: "places" };
  if (whole.length > MOST_FIGURES) return { problem: "large" };
  if (whole === "0" && places === "") return { problem: "zero" };
  return { value: `${whole}.${places.padEnd(2, "0")}` };
}

/** "14250600.00" as 14,250,600.00. */
export const grouped = (value) => value.replace(/\B(?=(\d{3})+(?!\d)(?=.*\.))/g, ",");

/** "12030.50" as 壹万贰仟零叁拾元伍角整. */
export function capitals(value) {
  const [whole, places] = value.split(".");
  const yuan = BigInt(whole);
  const [jiao, fen] = [...places].map(Number);
  let text = yuan > 0n ? `${spell(yuan)}元` : "";
  if (jiao) text += `${DIGITS[jiao]}角`;
  else if (yuan > 0n && fen) text += "零";
  if (fen) return `${text}${DIGITS[fen]}分`;
  return text === "" ? "零元整" : `${text}整`;
}

function spell(number) {
  const groups = [];
  for (let rest = number; rest > 0n; rest /= 10_000n) groups.push(Number(rest % 10_000n));
  let text = "";
  let gap = false;
  for (let place = groups.length - 1; place >= 0; place -= 1) {
    const group = groups[place];
    if (group === 0) {
      gap = text !== "";
      // 万亿 without a figure of 亿 keeps its 亿.
      if (place === 2 && text.endsWith("万")) text += "亿";
      continue;
    }
    if (text !== "" && (gap || group < 1000)) text += "零";
    text += spellGroup(group) + GROUPS[place];
    gap = false;
  }
  return text;
}

function spellGroup(number) {
  let text = "";
  let gap = false;
  for (let place = 3; place >= 0; place -= 1) {
    const digit = Math.floor(number / 10 ** place) % 10;
    if (digit) {
      text += (gap && text !== "" ? "零" : "") + DIGITS[digit] + PLACES[place];
      gap = false;
    } else {
      gap = true;
    }
  }
  return text;
}
