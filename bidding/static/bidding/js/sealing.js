// The tasks on the page of a lot's sealing: a trustee's keys, the tenderee's policy and times, the
// word that opens a gate. Statements are made and signed here; private keys never leave the device.

import { hex } from './seal/bytes.js';
import { composePolicy } from './release/compose.js';
import {
  Mistake, Words, clear, complain, fileBytes, offerKeys, openSigner, typed,
} from './release/dialog.js';
import { buildGate } from './release/gate.js';
import { look } from './release/looking.js';
import { buildSchedule } from './release/schedule.js';
import { SlotKeys } from './release/trustee.js';
import { Watch } from './release/watch.js';
import { Wire } from './release/wire.js';
import { momentOf } from './release/zone.js';
import { Policy } from './seal/policy.js';

const PRICE = 4;
const TECHNICAL = 'bidding.freeze-scores';
const LENGTH = 8;

class Task {
  constructor(place, form) {
    this.place = place;
    this.form = form;
    this.words = new Words(place.querySelector(':scope > [data-words]'));
    this.origin = place.dataset.origin;
    const token = place.querySelector(':scope > input[name=csrfmiddlewaretoken]').value;
    this.wire = new Wire(place.dataset.lot, token);
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.busy) this.#run();
    });
  }

  async #run() {
    clear(this.form);
    this.#show('');
    this.#busy(true);
    try {
      await this.act();
    } catch (error) {
      if (error instanceof Mistake) {
        complain(this.form, error.field, this.words.said(error.code) ?? this.words.said('unknown'));
      } else {
        this.#show(this.words.of(error));
      }
    }
    this.#busy(false);
  }

  #show(text) {
    const place = this.form.querySelector('[data-refusal]');
    if (!place) return;
    place.textContent = text;
    place.hidden = !text;
  }

  #busy(is) {
    this.busy = is;
    this.form.querySelector('.actions button').disabled = is;
    const note = this.form.querySelector('[data-busy]');
    if (note) note.hidden = !is;
  }

  /** What was committed shows on the page as the server has it. */
  done() {
    location.hash = '';
    location.reload();
  }
}

class MakeKeys extends Task {
  constructor(place, section) {
    super(place, section.querySelector('[data-make]'));
    this.section = section;
  }

  async act() {
    const passphrase = typed(this.form, 'passphrase');
    if ([...passphrase].length < LENGTH) throw new Mistake('passphrase', 'short-passphrase');
    const { slots } = await this.wire.sealing();
    const keys = await SlotKeys.generate({
      origin: this.origin,
      project: this.place.dataset.projectUrn,
      lot: this.place.dataset.lotUrn,
      trustee: this.section.dataset.trustee,
      slots,
    });
    save(await keys.save(passphrase), this.section.dataset.file);
    const note = this.form.querySelector('[data-made]');
    note.textContent = note.dataset.text.replace('{name}', this.section.dataset.file);
    this.form.reset();
    this.section.querySelector('[data-publish] [name=keys]').focus();
  }
}

class PublishKeys extends Task {
  constructor(place, section) {
    super(place, section.querySelector('[data-publish]'));
    this.section = section;
    offerKeys(this.form);
  }

  async act() {
    const keys = await this.#keys();
    const signer = await openSigner(this.form);
    await this.wire.handIn('trustee-keys', keys.offer(await this.wire.officialTime()), signer);
    this.done();
  }

  async #keys() {
    const data = await fileBytes(this.form, 'keys');
    const passphrase = typed(this.form, 'passphrase');
    let keys;
    try {
      keys = await SlotKeys.open(data, passphrase);
    } catch (error) {
      const wrong = error.code === 'wrong-passphrase';
      throw new Mistake(wrong ? 'passphrase' : 'keys', wrong ? error.code : 'malformed');
    }
    if (keys.origin !== this.origin || keys.lot !== this.place.dataset.lotUrn) {
      throw new Mistake('keys', 'foreign-file');
    }
    if (keys.trustee !== this.section.dataset.trustee) {
      throw new Mistake('keys', 'other-organisation');
    }
    return keys;
  }
}

class SignPolicy extends Task {
  async act() {
    const sealing = await this.wire.sealing();
    const { trustees, slots } = sealing;
    const k = whole(this.form, 'k', 2, trustees.length, 'bad-k');
    const minBids = whole(this.form, 'least', 1, 100_000, 'bad-least');
    const signer = await openSigner(this.form);
    const { role } = this.form.dataset;
    const signers = {};
    for (const each of this.form.querySelectorAll('[data-signatory]')) {
      (signers[each.dataset.role] ??= []).push(each.dataset.signatory);
    }
    const waits = { act: TECHNICAL, signedBy: ['tenderee', 'supervisor'] };
    const data = await composePolicy(sealing, {
      at: await this.wire.officialTime(),
      k, minBids, slots, trustees, signers,
      scheduleSignedBy: [role],
      after: this.form.elements.price.value === 'after' ? { [PRICE]: waits } : {},
    });
    await this.wire.handIn('policy', data, signer);
    this.done();
  }
}

class SignSchedule extends Task {
  async act() {
    const deadline = this.#moment('deadline');
    const opening = this.#moment('opening');
    if (opening < deadline) throw new Mistake('opening', 'opening-first');
    if (this.form.dataset.seq !== '1') this.#later({ deadline, opening });
    const signer = await openSigner(this.form);
    const { policy: signed } = await this.wire.sealing();
    const policy = await Policy.parse(signed.data, { origin: this.origin, rehearsal: false });
    const timed = policy.rules.filter(({ after }) => after === null).map(({ slot }) => slot);
    const data = buildSchedule(policy, {
      at: await this.wire.officialTime(),
      seq: Number(this.form.dataset.seq),
      deadline,
      gates: new Map(timed.map((slot) => [slot, opening])),
    });
    await this.wire.handIn('schedule', data, signer);
    this.done();
  }

  /** The moment of a field; the one that stands already to its last digit. */
  #moment(name) {
    const field = this.form.elements[name];
    if (field.value === field.dataset.known) return field.dataset.exact;
    const found = momentOf(field.value, this.place.dataset.zone);
    if (found === null) throw new Mistake(name, 'bad-time');
    return found;
  }

  #later(times) {
    const fields = Object.entries(times);
    for (const [name, at] of fields) {
      const { exact, least = exact } = this.form.elements[name].dataset;
      if (at < least) throw new Mistake(name, 'earlier');
    }
    // Owed times are filled in: they are later than what stands already.
    if ('owed' in this.form.dataset) return;
    if (fields.every(([name, at]) => at === this.form.elements[name].dataset.exact)) {
      throw new Mistake('deadline', 'same-times');
    }
  }
}

class SignGate extends Task {
  constructor(place, section) {
    super(place, section.querySelector('[data-gate-form]'));
    this.section = section;
  }

  async act() {
    const signer = await openSigner(this.form);
    const slot = Number(this.section.dataset.slot);
    const { wire, origin } = this;
    await navigator.locks.request(`sunlit-watch ${wire.urn}`, async () => {
      const found = await look(wire, await Watch.open(wire.urn), { origin });
      const { view, policy, sealing } = found;
      if (view?.tender == null || view.freeze === null) throw found.reasons[0] ?? { code: 'no-freeze' };
      const wrong = view.reasons.find(({ code }) => ['wrong-set', 'two-freezes'].includes(code));
      if (wrong) throw wrong;
      const bids = [...this.section.querySelectorAll('[data-bid]')].map(({ dataset }) => dataset.bid);
      const wanted = {
        at: await wire.officialTime(),
        slot, bids,
        freeze: view.freeze.root,
        result: view.tender.resultOf(policy.rule(slot).after),
      };
      // One that others have signed is signed as it is, if it says the same but for its time.
      const same = ({ data }) => {
        const { at, ...rest } = JSON.parse(new TextDecoder().decode(data));
        return hex(data) === hex(buildGate(policy, { ...wanted, at })) && rest.slot === slot;
      };
      const proposed = sealing.gates.find((each) => !each.open && same(each));
      await wire.handIn('gates', proposed?.data ?? buildGate(policy, wanted), signer);
    });
    this.done();
  }
}

function whole(form, name, least, most, code) {
  const text = form.elements[name].value.trim();
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < least || value > most) throw new Mistake(name, code);
  return value;
}

function save(data, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([data], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const place of document.querySelectorAll('[data-sealing]')) {
  for (const section of place.querySelectorAll('[data-keys]')) {
    new MakeKeys(place, section);
    new PublishKeys(place, section);
  }
  place.querySelectorAll('[data-policy-form]').forEach((form) => new SignPolicy(place, form));
  place.querySelectorAll('[data-schedule-form]').forEach((form) => new SignSchedule(place, form));
  place.querySelectorAll('[data-gate]').forEach((section) => new SignGate(place, section));
}
