// Adds up points while they are typed. The form says the same when it is sent.

/** The sum of decimals as people type them, in hundredths; what is no number counts nothing. */
export function sum(texts) {
  const hundredths = texts.map((text) => /^\s*(\d{1,5})(?:[.](\d{1,2}))?\s*$/.exec(text))
    .filter(Boolean)
    .map(([, whole, part = '']) => Number(whole) * 100 + Number(part.padEnd(2, '0')));
  return hundredths.reduce((all, one) => all + one, 0);
}

/** Hundredths as people read them: 4000 is 40, 250 is 2.5. */
export const shown = (hundredths) => String(hundredths / 100);

class Points {
  constructor(form) {
    this.form = form;
    form.addEventListener('input', () => this.show());
    this.show();
  }

  show() {
    for (const output of this.form.querySelectorAll('[data-sum]')) {
      const names = output.dataset.sum.split(' ');
      const fields = [...this.form.elements].filter((field) => names.some(
        (name) => field.name === name || field.name.endsWith(`-${name}`),
      ));
      const found = sum(fields.map((field) => field.value));
      output.textContent = output.dataset.words.replace('{sum}', shown(found));
      const fits = found === Number(output.dataset.whole) * 100;
      output.className = `sum status status-${fits ? 'good' : 'bad'}`;
    }
  }
}

globalThis.document?.querySelectorAll('[data-points]').forEach((form) => new Points(form));
