// One page of a document: drawn when it comes near the window, forgotten when it is far away.

import { TextLayer } from '../../../vendor/pdfjs/build/pdf.mjs';
import { joined, parts, places } from './search.js';

/** Larger canvases are refused by some browsers, and cost memory on all. */
const MOST_PIXELS = 16_777_216;

export class Leaf {
  /** `proxy` is pdf.js's page, or null until it is needed; `size` its width and height at 100 %. */
  constructor(pdf, number, size, label) {
    this.pdf = pdf;
    this.number = number;
    this.size = size;
    this.scale = 1;
    this.shown = 0;
    this.element = document.createElement('section');
    this.element.className = 'leaf';
    this.element.setAttribute('aria-label', label);
    this.element.dataset.paper = '';
  }

  async proxy() {
    this.page ??= await this.pdf.getPage(this.number);
    return this.page;
  }

  /** Give the page its place at this scale, whether it is drawn or not. */
  place(scale) {
    this.scale = scale;
    this.element.style.width = `${Math.floor(this.size.width * scale)}px`;
    this.element.style.height = `${Math.floor(this.size.height * scale)}px`;
    this.element.style.setProperty('--total-scale-factor', String(scale));
  }

  async show() {
    if (this.shown === this.scale) return;
    const scale = this.scale;
    this.shown = scale;
    this.drawing?.cancel();
    const page = await this.proxy();
    const viewport = page.getViewport({ scale });
    this.size = { width: viewport.width / scale, height: viewport.height / scale };
    this.place(scale);
    const wanted = window.devicePixelRatio || 1;
    const most = Math.sqrt(MOST_PIXELS / (viewport.width * viewport.height));
    const ratio = Math.min(wanted, most);
    const canvas = document.createElement('canvas');
    canvas.setAttribute('aria-hidden', 'true');
    canvas.width = Math.floor(viewport.width * ratio);
    canvas.height = Math.floor(viewport.height * ratio);
    this.drawing = page.render({
      canvas, viewport, transform: ratio === 1 ? null : [ratio, 0, 0, ratio, 0, 0],
    });
    try {
      await this.drawing.promise;
    } catch (error) {
      if (error.name === 'RenderingCancelledException') return;
      throw error;
    }
    if (this.shown !== scale) return;
    const words = document.createElement('div');
    words.className = 'textLayer';
    this.element.replaceChildren(canvas, words);
    this.layer = new TextLayer({
      textContentSource: await page.getTextContent(), container: words, viewport,
    });
    await this.layer.render();
    this.element.dispatchEvent(new CustomEvent('drawn', { bubbles: true, detail: this }));
  }

  /** Let go of the picture; its place stays. */
  hide() {
    if (!this.shown) return;
    this.shown = 0;
    this.drawing?.cancel();
    this.layer = null;
    this.element.replaceChildren();
  }

  /** The page's text with the places of `words` in it. */
  async find(words) {
    this.text ??= (async () => {
      const page = await this.proxy();
      const { items } = await page.getTextContent();
      return { ...joined(items), lengths: items.map(({ str }) => str.length) };
    })();
    const { text } = await this.text;
    return places(text, words);
  }

  /** A place as ranges over the words that are shown now; none while the page is not drawn. */
  async ranges(place) {
    if (!this.layer) return [];
    const { starts, lengths } = await this.text;
    return parts(starts, lengths, place).flatMap(([piece, start, end]) => {
      const node = this.layer?.textDivs[piece]?.firstChild;
      if (!node || node.length < end) return [];
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, end);
      return [range];
    });
  }
}
