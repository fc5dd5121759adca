// A blind document: its pages as images that the platform draws, or their text.

/** One file's place on the page. */
class Paper {
  constructor(root) {
    this.root = root;
    this.image = root.querySelector('[data-image]');
    this.words = root.querySelector('[data-words]');
    this.said = root.querySelector('[data-paper-said]');
    this.place = root.querySelector('[data-place]');
    this.reader = root.querySelector('[data-read]');
    this.number = 1;
    this.pages = null;
    root.querySelectorAll('[data-turn]').forEach((button) => {
      button.addEventListener('click', () => this.turn(Number(button.dataset.turn)));
    });
    this.reader.addEventListener('click', () => this.read());
  }

  /** Fetch the document, once, when somebody comes to look at it. */
  async show() {
    if (this.pages || this.asking) return;
    this.asking = true;
    try {
      const answer = await fetch(this.root.dataset.text);
      if (!answer.ok) throw new TypeError(`The document answers ${answer.status}.`);
      ({ pages: this.pages } = await answer.json());
      this.root.querySelector('[data-paper-bar]').hidden = false;
      this.#say('');
      this.#draw();
    } catch {
      this.#say(this.root.dataset.failed);
    }
    this.asking = false;
  }

  turn(by) {
    if (!this.pages) {
      this.show();
      return;
    }
    this.number = Math.min(this.pages.length, Math.max(1, this.number + by));
    this.#draw();
  }

  read() {
    const reading = this.reader.getAttribute('aria-pressed') !== 'true';
    this.reader.setAttribute('aria-pressed', String(reading));
    this.#draw();
  }

  #draw() {
    const reading = this.reader.getAttribute('aria-pressed') === 'true';
    const filled = (text) => text.replace('{page}', this.number).replace('{pages}', this.pages.length);
    this.place.textContent = filled(this.root.dataset.shown);
    const [back, on] = this.root.querySelectorAll('[data-turn]');
    back.disabled = this.number === 1;
    on.disabled = this.number === this.pages.length;
    this.words.hidden = !reading;
    this.image.hidden = reading;
    this.words.textContent = this.pages[this.number - 1].trim() || this.root.dataset.blank;
    if (!reading) this.#picture(filled(this.root.dataset.alternative));
    (reading ? this.words : this.image).scrollTop = 0;
  }

  #picture(alternative) {
    const source = this.root.dataset.page.replace(/1\.png$/, `${this.number}.png`);
    let picture = this.image.querySelector('img');
    if (!picture) {
      picture = document.createElement('img');
      picture.addEventListener('error', () => this.#say(this.root.dataset.failed));
      picture.addEventListener('load', () => this.#say(''));
      this.image.append(picture);
    }
    if (picture.getAttribute('src') !== source) picture.src = source;
    picture.alt = alternative;
  }

  #say(text) {
    this.said.textContent = text;
    this.said.hidden = !text;
  }
}

/** All documents of the page; `of(bid)` is that bid's first. */
export class Documents {
  constructor(root) {
    this.papers = new Map();
    root.querySelectorAll('.pane-document [data-bid]').forEach((section) => {
      const found = [...section.querySelectorAll('[data-file][data-text]')].map((one) => new Paper(one));
      this.papers.set(section.dataset.bid, found);
    });
  }

  show(bid) {
    this.papers.get(bid)?.forEach((paper) => paper.show());
  }

  turn(bid, by) {
    this.papers.get(bid)?.[0]?.turn(by);
  }
}
