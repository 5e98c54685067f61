// A day and a time of one specialist's, as the API offers them: a month beside the times of its chosen day.

import { html, nothing } from "./lit.js";
import { ask, askAll } from "./api.js";
import { PageElement, notice, skeleton } from "./element.js";
import "./month.js";
import { t } from "./texts.js";
import { agree, cityOf, clock, dayInWords, here, hourOf, monthInWords, plusMonths, today } from "./time.js";

const MONTHS_LOOKED_AHEAD = 3;
const NOON = 12;
const EVENING = 17;

/**
 * `specialist`: a profile. `service`: a service's id, or null. `day`: the chosen one; without it, the first with a free
 * time is. `canWait`: whether times of a full day can be waited for.
 * Events: `day` ({ day, byVisitor }), `pick` and `wait` (a slot).
 */
class Picker extends PageElement {
  static properties = {
    ...PageElement.properties,
    specialist: { attribute: false },
    service: { attribute: false },
    day: { attribute: false },
    canWait: { attribute: false },
    message: { attribute: false },
    month: { state: true },
    days: { state: true },
    slots: { state: true },
    showsTimes: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, { days: new Map(), slots: null, showsTimes: false, canWait: false });
  }

  willUpdate(changed) {
    if (changed.has("specialist") || changed.has("service")) {
      Object.assign(this, { days: new Map(), slots: null });
      this.month = plusMonths(this.day ?? today(), 0);
      this.showsTimes = Boolean(this.day);
      this.open();
    } else if (changed.has("day") && this.day && this.day !== this.wanted) {
      this.month = plusMonths(this.day, 0);
      this.showsTimes = true;
      this.open();
    }
  }

  /** Reads month and day anew, since what is offered has changed. */
  refresh() {
    this.days = new Map();
    return this.open();
  }

  open() {
    return this.read(async (signal) => {
      await this.readMonth(signal);
      for (let number = 1; !this.day && !this.firstFree() && number <= MONTHS_LOOKED_AHEAD; number += 1) {
        this.month = plusMonths(this.month, 1);
        await this.readMonth(signal);
      }
      this.wanted = this.day ?? this.firstFree();
      this.day = this.wanted;
      if (this.day) await this.readDay(this.day, signal);
    });
  }

  /** What is known of the month's days. */
  get daysOfMonth() {
    return [...this.days].filter(([day]) => plusMonths(day, 0) === this.month);
  }

  firstFree() {
    return this.daysOfMonth.find(([, { free }]) => free)?.[0];
  }

  async readMonth(signal) {
    const { month } = this;
    const from = month < today() ? today() : month;
    if (this.days.has(from)) return;
    const days = Math.round((Date.parse(plusMonths(month, 1)) - Date.parse(from)) / 86_400_000);
    const query = { service_id: this.service, date_from: from, days, tz: here };
    const found = await ask("GET", `/specialists/${this.specialist.id}/availability`, { query, signal });
    this.days = new Map([...this.days, ...found.map((day) => [day.date, { free: day.free_slots, total: day.total_slots }])]);
  }

  async readDay(day, signal) {
    this.wanted = day;
    const query = { service_id: this.service, date: day, tz: here };
    const slots = await askAll(`/specialists/${this.specialist.id}/slots`, { query, signal });
    const now = new Date().toISOString();
    this.slots = slots.filter((slot) => slot.start_at > now);
    this.shown = day;
    const free = this.slots.filter((slot) => !slot.is_booked).length;
    this.days = new Map([...this.days, [day, { free, total: this.slots.length }]]);
    this.dispatchEvent(new CustomEvent("day", { detail: { day, slots: this.slots, byVisitor: this.byVisitor } }));
    this.byVisitor = false;
  }

  render() {
    return html`<div class="picker" data-shows=${this.showsTimes ? "times" : "month"}>
      <section class="picker-month stack">
        <booking-month .month=${this.month} .chosen=${this.day} .about=${(day) => this.about(day)}
          @choose=${this.onChoose} @turn=${this.onTurn}></booking-month>
        <p class="small">${this.monthInWords()}</p>
        <p class="small">${this.zoneInWords()}</p>
      </section>
      <section class="picker-times stack" aria-busy=${Boolean(this.slow)}>
        ${this.message ? html`<div class="notice calm" role="status"><p>${this.message}</p></div>` : nothing}
        ${this.refusal ? notice(this.refusal, () => this.readAgain()) : this.times()}
      </section>
    </div>`;
  }

  about(day) {
    const found = this.days.get(day);
    if (!found) return undefined;
    if (found.free) return { state: "free", words: t("book.free", { n: found.free }) };
    return found.total ? { state: "full", words: t("book.full") } : { state: "none", words: t("book.none") };
  }

  monthInWords() {
    if (!this.daysOfMonth.length || this.daysOfMonth.some(([, { free }]) => free)) return nothing;
    return t("book.month_none", { month: monthInWords(this.month) });
  }

  zoneInWords() {
    const zone = this.specialist.time_zone;
    const mine = t("book.zone", { city: cityOf(here) });
    return agree(Date.now(), zone) ? mine : `${mine} ${t("book.zone_there", { city: cityOf(zone) })}`;
  }

  times() {
    if (!this.day) return this.slow || !this.days.size ? skeleton(5) : html`<p>${t("book.nothing")}</p>`;
    if (this.shown !== this.day || !this.slots) return this.slow ? skeleton(5) : nothing;
    const free = this.slots.filter((slot) => !slot.is_booked);
    return html`<div class="row spread">
        <h2 tabindex="-1" class="times-title">${dayInWords(this.day)}</h2>
        <button type="button" class="plain only-narrow" @click=${this.toMonth}>${t("book.other_day")}</button>
      </div>
      ${free.length ? this.parts(free) : this.full()}`;
  }

  parts(free) {
    const part = (slot) => (hourOf(slot.start_at) < NOON ? "morning" : hourOf(slot.start_at) < EVENING ? "afternoon" : "evening");
    return ["morning", "afternoon", "evening"].map((name) => [name, free.filter((slot) => part(slot) === name)])
      .filter(([, slots]) => slots.length)
      .map(([name, slots]) => html`<div class="stack tight">
        <h3 class="small" id="part-${name}">${t(`book.${name}`)}</h3>
        <ul class="times" aria-labelledby="part-${name}">${slots.map((slot) => html`<li>
          <button type="button" class="quiet time" @click=${() => this.tell("pick", slot)}>${clock(slot.start_at)}</button></li>`)}</ul>
      </div>`);
  }

  full() {
    if (!this.slots.length) return html`<p>${t("book.day_none")}</p>`;
    if (!this.canWait) return html`<p>${t("book.day_full")}</p>`;
    return html`<p>${t("book.day_full")} ${t("book.wait_offer")}</p>
      <ul class="times">${this.slots.map((slot) => html`<li>
        <button type="button" class="quiet time" @click=${() => this.tell("wait", slot)}>${t("book.wait_for", { time: clock(slot.start_at) })}</button>
      </li>`)}</ul>`;
  }

  tell(name, slot) {
    this.dispatchEvent(new CustomEvent(name, { detail: slot }));
  }

  onChoose({ detail: day }) {
    Object.assign(this, { day, wanted: day, shown: null, slots: null, showsTimes: true, message: null, byVisitor: true });
    this.read((signal) => this.readDay(day, signal)).then(() => this.focusOn(".times-title"));
  }

  onTurn({ detail: month }) {
    this.month = month;
    this.read(async (signal) => {
      await this.readMonth(signal);
      if (this.day && this.shown !== this.day) await this.readDay(this.day, signal);
    });
  }

  toMonth() {
    this.showsTimes = false;
    this.focusOn(`[data-day="${this.day}"]`);
  }
}
customElements.define("booking-picker", Picker);

/** The slot among these that starts at that instant and is free. */
export const freeAt = (slots, start) => slots.find((slot) => !slot.is_booked && slot.start_at === start);

