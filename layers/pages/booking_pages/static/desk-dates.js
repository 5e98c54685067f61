// Days that are not as every week: days off, and days with hours of their own, on a month; time off within a day.

import { html, nothing } from "./lit.js";
import { DeskElement, bookingsOfDays, consequences, doneNotice, isOpen, savedHours } from "./desk-element.js";
import { intervalsOf } from "./desk-intervals.js";
import { faultsOf, hoursOf, instantOf, minutesOf, newlyOutside, sorted, timeOfDay } from "./desk-wall-clock.js";
import { field, notice, skeleton, summary } from "./element.js";
import "./month.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { t } from "./texts.js";
import { dayInWords, plusDays, plusMonths, span, today } from "./time.js";

const LONGEST_RANGE = 62;

/** Which of the three forms an input is of. */
const formOf = (input) => ["day", "range"].find((name) => input.closest(`.${name}, .${name}-form`)) ?? "off";

/** `changes`: whatever it becomes, all is read anew. */
class DeskDates extends DeskElement {
  static properties = {
    ...DeskElement.properties,
    changes: { attribute: false },
    month: { state: true },
    found: { state: true },
    chosen: { state: true },
    intervals: { state: true },
    faults: { state: true },
    asked: { state: true },
  };

  constructor() {
    super();
    this.faults = {};
    this.unsaved = new Set();
    this.addEventListener("input", (event) => this.touch(formOf(event.composedPath()[0])));
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.found) this.open();
  }

  /** Something was typed into the form, or it is as it was. */
  touch(form, isUnsaved = true) {
    if (isUnsaved) this.unsaved.add(form);
    else this.unsaved.delete(form);
    this.isUnsaved = this.unsaved.size > 0;
  }

  willUpdate(changed) {
    this.month ??= plusMonths(today(this.zone), 0);
    if (changed.has("changes") || changed.has("profile")) this.open();
  }

  open() {
    return this.read(async (signal) => {
      const query = { date_from: today(this.zone) };
      const [schedule, dates, timeOff] = await Promise.all([
        askSignedIn("GET", "/specialists/me/schedule", { signal }),
        askAllSignedIn("/specialists/me/schedule/dates", { query, signal }),
        askAllSignedIn("/specialists/me/time-off", { signal }),
      ]);
      this.found = { hours: schedule.hours, dates: new Map(dates.map(({ date, hours }) => [date, hours])), timeOff };
    });
  }

  render() {
    return html`<div class="view-head"><h1 tabindex="-1">${t("desk.view_dates")}</h1></div>
      ${this.found ? html`<div class="two">
        <section class="stack">
          <booking-month class="desk-month" .month=${this.month} .chosen=${this.chosen} .first=${today(this.zone)} .about=${(day) => this.about(day)}
            @turn=${({ detail }) => { this.month = detail; }} @choose=${({ detail }) => this.choose(detail)}></booking-month>
          <p class="small legend"><span class="day off">1</span> ${t("desk.off")} <span class="day own">2</span> ${t("desk.own_hours")}</p>
        </section>
        <div class="stack">
          ${this.chosen ? this.oneDay() : html`<p class="muted">${t("desk.choose_day")}</p>`}
          ${this.range()}
        </div></div>
        ${this.timeOff()}`
    : this.refusal ? notice(this.refusal, () => this.readAgain()) : this.slow ? skeleton(6) : nothing}`;
  }

  about(day) {
    const hours = hoursOf(day, this.found);
    const words = hours.map(({ from, to }) => (from === "00:00" && to === "24:00" ? t("desk.all_day") : `${timeOfDay(minutesOf(from))}–${timeOfDay(minutesOf(to))}`)).join(", ") || t("desk.closed");
    if (this.found.dates.has(day)) return { state: hours.length ? "own" : "off", words: `${t(hours.length ? "desk.own_hours" : "desk.off")}, ${words}` };
    return { state: hours.length ? "open" : "shut", words };
  }

  choose(day) {
    this.touch("day", false);
    Object.assign(this, { chosen: day, intervals: hoursOf(day, this.found), faults: {}, asked: null, done: null, refusal: null });
    this.focusOn("#chosen-day");
  }

  oneDay() {
    const { chosen: day, intervals } = this;
    const name = dayInWords(day);
    const change = (changed) => {
      Object.assign(this, { intervals: changed, faults: {}, asked: null, done: null });
      this.touch("day");
    };
    return html`<form class="stack day-form" novalidate @submit=${this.onDay}>
      <h2 id="chosen-day" tabindex="-1">${name}</h2>
      <p class="small">${t(this.found.dates.has(day) ? "desk.differs" : "desk.as_every_week")}</p>
      <div class="intervals">${intervalsOf({ intervals, name, faults: this.faults, change })}</div>
      ${this.outcome("day")}
      ${this.asked ? nothing : html`<div class="row"><button aria-busy=${Boolean(this.busy)}>${t("desk.save_day")}</button>
        ${intervals.length ? html`<button type="button" class="quiet" @click=${() => this.put(day, day, [], "day")}>${t("desk.take_off")}</button>` : nothing}
        ${this.found.dates.has(day) ? html`<button type="button" class="quiet" @click=${this.forget}>${t("desk.back_to_week")}</button>` : nothing}</div>`}
    </form>`;
  }

  onDay(event) {
    event.preventDefault();
    this.faults = faultsOf(this.intervals);
    if (Object.keys(this.faults).length) this.focusOn("[aria-invalid=true]");
    else this.put(this.chosen, this.chosen, sorted(this.intervals), "day");
  }

  range() {
    const labels = { date_from: t("desk.first_day"), date_to: t("desk.last_day") };
    const problems = this.problemsIn === "range" ? this.problems : {};
    return html`<form class="stack range" novalidate @submit=${this.onRange}>
      <h2>${t("desk.holiday")}</h2>
      ${summary(problems, labels)}
      <div class="pair">
        ${field({ name: "date_from", label: labels.date_from, type: "date", min: today(this.zone), required: true, error: problems.date_from })}
        ${field({ name: "date_to", label: labels.date_to, type: "date", min: today(this.zone), required: true, error: problems.date_to })}
      </div>
      ${this.outcome("range")}
      ${this.asked?.where === "range" ? nothing : html`<button aria-busy=${Boolean(this.busy)}>${t("desk.take_days_off")}</button>`}
    </form>`;
  }

  onRange(event) {
    event.preventDefault();
    const { date_from: first, date_to: last } = event.target.elements;
    const more = {};
    if (first.value && last.value && last.value < first.value) more.date_to = t("desk.fault_reversed_days");
    else if (last.value > plusDays(first.value || last.value || today(), LONGEST_RANGE - 1)) more.date_to = t("desk.too_many_days", { n: LONGEST_RANGE });
    this.problemsIn = "range";
    const typed = this.typedInto(event.target, more);
    if (typed) this.put(typed.date_from, typed.date_to, [], "range");
  }

  /** What has become of saving, beside what was saved (`where`). */
  outcome(where) {
    if (this.asked?.where === where) {
      return consequences(this.asked.outside, this.zone, { save: () => this.save(this.asked), back: () => { this.asked = null; } });
    }
    const isHere = this.savedIn === where;
    return html`${isHere ? notice(this.refusal) : nothing}${doneNotice(isHere ? this.done : null)}`;
  }

  async put(first, last, hours, where) {
    const wanted = { first, last, hours, where };
    this.savedIn = where;
    let outside = [];
    const well = await this.attempt(async () => {
      const bookings = (await bookingsOfDays(first, last, this.zone)).filter(isOpen);
      const dates = new Map(this.found.dates);
      for (let day = first; day <= last; day = plusDays(day, 1)) dates.set(day, hours);
      outside = newlyOutside(bookings, { ...this.found, zone: this.zone }, { ...this.found, dates, zone: this.zone });
    });
    if (!well) return;
    if (!outside.length) {
      await this.save(wanted);
      return;
    }
    this.asked = { ...wanted, outside };
    this.focusOn("[role=alertdialog]");
  }

  async save({ first, last, hours, where }) {
    const body = { date_from: first, date_to: last, hours };
    let saved;
    const well = await this.attempt(async () => { saved = await askSignedIn("PUT", "/specialists/me/schedule/dates", { body }); });
    this.asked = null;
    if (!well) return;
    if (this.chosen && first <= this.chosen && this.chosen <= last) this.intervals = hours;
    this.month = plusMonths(first, 0);
    this.done = savedHours(saved.conflicts, this.zone);
    this.touch(where, false);
    await this.open();
  }

  async forget() {
    this.savedIn = "day";
    const { chosen: day } = this;
    if (!await this.attempt(() => askSignedIn("DELETE", `/specialists/me/schedule/dates/${day}`))) return;
    await this.open();
    Object.assign(this, { intervals: hoursOf(day, this.found), done: t("desk.saved") });
    this.touch("day", false);
  }

  timeOff() {
    const labels = { off_day: t("desk.day"), off_from: t("desk.off_from"), off_to: t("desk.off_to"), off_note: t("form.note") };
    const problems = this.problemsIn === "off" ? this.problems : {};
    const coming = this.found.timeOff.filter(({ end_at: end }) => Date.parse(end) > Date.now());
    return html`<section class="stack time-offs"><h2>${t("desk.time_off")}</h2>
      ${coming.length ? html`<ul class="list">${coming.map((time) => html`<li class="row spread"><span>${span(time.start_at, time.end_at, this.zone)}${time.note ? html`, ${time.note}` : nothing}</span>
        <button type="button" class="plain" aria-label=${t("desk.remove_time_off", { when: span(time.start_at, time.end_at, this.zone) })} @click=${() => this.removeTimeOff(time.id)}>${t("desk.remove")}</button></li>`)}</ul>`
    : html`<p class="muted">${t("desk.no_time_off")}</p>`}
      <form class="stack" novalidate @submit=${this.onTimeOff}>
        ${summary(problems, labels)}
        <div class="pair four">
          ${field({ name: "off_day", label: labels.off_day, type: "date", min: today(this.zone), required: true, error: problems.off_day })}
          ${field({ name: "off_from", label: labels.off_from, type: "time", required: true, error: problems.off_from })}
          ${field({ name: "off_to", label: labels.off_to, type: "time", required: true, error: problems.off_to })}
          ${field({ name: "off_note", label: labels.off_note, maxlength: 200, error: problems.off_note })}
        </div>
        ${this.outcome("off")}
        <button class="quiet" aria-busy=${Boolean(this.busy)}>${t("desk.add_time_off")}</button>
      </form></section>`;
  }

  async onTimeOff(event) {
    event.preventDefault();
    const form = event.target;
    const { off_from: from, off_to: to } = form.elements;
    this.problemsIn = this.savedIn = "off";
    const typed = this.typedInto(form, from.value && to.value && to.value !== "00:00" && to.value <= from.value ? { off_to: t("desk.fault_reversed") } : {});
    if (!typed) return;
    const end = typed.off_to === "00:00" ? "24:00" : typed.off_to;
    const body = {
      start_at: instantOf(typed.off_day, typed.off_from, this.zone), end_at: instantOf(typed.off_day, end, this.zone), note: typed.off_note || null,
    };
    const well = await this.attempt(() => askSignedIn("POST", "/specialists/me/time-off", { body }));
    const { refusal } = this;
    await this.open();
    if (well) {
      form.reset();
      this.touch("off", false);
    }
    Object.assign(this, { done: well ? t("desk.saved") : null, refusal: refusal ?? this.refusal });
  }

  async removeTimeOff(id) {
    this.savedIn = "off";
    if (!await this.attempt(() => askSignedIn("DELETE", `/specialists/me/time-off/${id}`))) return;
    this.done = t("desk.removed");
    await this.open();
  }
}
customElements.define("booking-desk-dates", DeskDates);
