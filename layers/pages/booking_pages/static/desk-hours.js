// The week's hours and the rules of booking. What saving would mean for bookings is said before.

import { html, nothing } from "./lit.js";
import { DeskElement, bookingsToCome, consequences, doneNotice, savedHours } from "./desk-element.js";
import { intervalsOf } from "./desk-intervals.js";
import { WEEK, faultsOf, newlyOutside, someDay, sorted } from "./desk-wall-clock.js";
import { notice, skeleton } from "./element.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { locale, t } from "./texts.js";
import { duration, firstDayOfWeek, today } from "./time.js";

const DAY = 1440;
const RULES = {
  slot_minutes: [15, 20, 30, 45, 60, 90, 120],
  step_minutes: [5, 10, 15, 20, 30, 60],
  min_notice_minutes: [0, 60, 120, 240, 720, DAY, 2 * DAY, 7 * DAY],
  change_notice_minutes: [0, 60, 120, 240, 720, DAY, 2 * DAY, 7 * DAY],
  horizon_days: [7, 14, 30, 60, 90, 180, 365],
};

const nameOf = (weekday) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "long" }).format(Date.parse(someDay(weekday)));

class DeskHours extends DeskElement {
  static properties = {
    ...DeskElement.properties,
    stored: { state: true },
    hours: { state: true },
    rules: { state: true },
    outside: { state: true },
    faults: { state: true },
  };

  constructor() {
    super();
    this.faults = {};
  }

  connectedCallback() {
    super.connectedCallback();
    if (!this.isUnsaved) this.load();
  }

  load() {
    return this.read(async (signal) => {
      this.take(await askSignedIn("GET", "/specialists/me/schedule", { signal }));
    });
  }

  take({ hours, version, ...rest }) {
    Object.assign(this, { stored: hours, version });
    this.hours = Object.fromEntries(WEEK.map((weekday) => [weekday, hours[weekday] ?? []]));
    this.rules = Object.fromEntries(Object.keys(RULES).map((name) => [name, rest[name]]));
    this.isUnsaved = false;
  }

  render() {
    return html`<div class="view-head"><h1 tabindex="-1">${t("desk.view_hours")}</h1></div>
      ${this.hours ? this.form() : this.refusal ? notice(this.refusal, () => this.readAgain()) : this.slow ? skeleton(7) : nothing}`;
  }

  form() {
    const first = (firstDayOfWeek() + 6) % 7;
    const isEmpty = WEEK.every((weekday) => !this.hours[weekday].length);
    return html`<form class="stack" novalidate @submit=${this.onSubmit} @input=${() => { this.isUnsaved = true; }}>
      ${isEmpty ? html`<p class="notice calm">${t("desk.no_hours")} ${t("desk.no_hours_hint")}</p>` : nothing}
      <div class="week-hours">${[...WEEK.slice(first), ...WEEK.slice(0, first)].map((weekday) => this.row(weekday))}</div>
      <details><summary>${t("desk.rules")}</summary><div class="rules">${Object.keys(RULES).map((name) => this.rule(name))}</div></details>
      ${this.outside ? consequences(this.outside, this.zone, { save: () => this.save(), back: () => { this.outside = null; } }) : nothing}
      ${Object.keys(this.faults).length ? html`<div class="notice" role="alert" tabindex="-1"><p>${t("desk.faults")}</p></div>` : nothing}
      ${notice(this.refusal)}${doneNotice(this.done)}
      ${this.outside ? nothing : html`<div class="row"><button aria-busy=${Boolean(this.busy)}>${t("desk.save_hours")}</button>
        ${this.isUnsaved ? html`<span class="small">${t("desk.unsaved")}</span> <button type="button" class="plain" @click=${this.discard}>${t("desk.discard")}</button>` : nothing}</div>`}
    </form>`;
  }

  row(weekday) {
    const name = nameOf(weekday);
    const change = (intervals) => {
      this.hours = { ...this.hours, [weekday]: intervals };
      Object.assign(this, { outside: null, done: null, faults: {}, isUnsaved: true });
    };
    return html`<fieldset class="day-row"><legend>${name}</legend>
      <div class="intervals">${intervalsOf({ intervals: this.hours[weekday], name, faults: this.faults[weekday] ?? {}, change })}</div>
      <button type="button" class="plain copy" aria-label=${t("desk.copy_to_all_from", { day: name })} @click=${() => this.copy(weekday)}>${t("desk.copy_to_all")}</button>
    </fieldset>`;
  }

  discard() {
    Object.assign(this, { outside: null, done: null, faults: {}, refusal: null });
    this.load();
  }

  copy(weekday) {
    this.hours = Object.fromEntries(WEEK.map((other) => [other, this.hours[weekday]]));
    Object.assign(this, { outside: null, faults: {}, isUnsaved: true, done: t("desk.copied_hours", { day: nameOf(weekday) }) });
  }

  rule(name) {
    const value = this.rules[name];
    const choices = [...new Set([...RULES[name], value])].toSorted((one, other) => one - other);
    const inWords = (choice) => {
      if (choice === 0) return t("desk.rule_none");
      if (name === "horizon_days") return t("desk.days", { n: choice });
      return choice % DAY ? duration(choice) : t("desk.days", { n: choice / DAY });
    };
    return html`<div class="field"><label for=${name}>${t(`desk.${name}`)}</label>
      <select id=${name} name=${name} @change=${(event) => { this.rules = { ...this.rules, [name]: Number(event.target.value) }; this.done = null; }}>
        ${choices.map((choice) => html`<option value=${choice} ?selected=${choice === value}>${inWords(choice)}</option>`)}
      </select></div>`;
  }

  async onSubmit(event) {
    event.preventDefault();
    this.faults = Object.fromEntries(WEEK.map((weekday) => [weekday, faultsOf(this.hours[weekday])]).filter(([, faults]) => Object.keys(faults).length));
    if (Object.keys(this.faults).length) {
      this.focusOn("[aria-invalid=true]");
      return;
    }
    this.done = null;
    let outside = [];
    let now;
    const well = await this.attempt(async () => {
      now = await askSignedIn("GET", "/specialists/me/schedule");
      outside = await this.wouldBeOutside(now.hours);
    });
    if (!well) return;
    if (now.version !== this.version) { // the hours here may have been read days ago
      Object.assign(this, { stored: now.hours, version: now.version, done: t("desk.hours_changed_meanwhile") });
      return;
    }
    if (!outside.length) {
      await this.save();
      return;
    }
    this.outside = outside;
    this.focusOn("[role=alertdialog]");
  }

  async wouldBeOutside(stored) {
    const [bookings, dates] = await Promise.all([
      bookingsToCome(this.zone), askAllSignedIn("/specialists/me/schedule/dates", { query: { date_from: today(this.zone) } }),
    ]);
    const own = new Map(dates.map(({ date, hours }) => [date, hours]));
    const opening = { dates: own, zone: this.zone };
    return newlyOutside(bookings, { ...opening, hours: stored }, { ...opening, hours: this.hours });
  }

  async save() {
    const hours = Object.fromEntries(WEEK.map((weekday) => [weekday, sorted(this.hours[weekday])]));
    await this.attempt(async () => {
      const saved = await askSignedIn("PUT", "/specialists/me/schedule", { body: { hours, ...this.rules } });
      this.take(saved);
      this.done = savedHours(saved.conflicts, this.zone, t("desk.saved_hours"));
    });
    this.outside = null;
  }
}
customElements.define("booking-desk-hours", DeskHours);
