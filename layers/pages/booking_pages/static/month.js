// A month to choose a day from, by the WAI-ARIA pattern of a date grid: one day takes the focus, keys move it.

import { html, nothing } from "./lit.js";
import { PageElement } from "./element.js";
import { dayInWords, monthInWords, monthShort, plusDays, plusMonths, today, weekdayOf, weekdays } from "./time.js";

const WEEKS = 6;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/**
 * `month`: its first day. `chosen`: a day. `about(day)`: { state: "free" | "full" | "none" | …, words } or undefined
 * while that is not known; the state is a class, the words are read with the day. Days before `first` cannot be chosen.
 * Events: `choose` with a day, `turn` with the first day of another month.
 */
class Month extends PageElement {
  static properties = {
    ...PageElement.properties,
    month: { attribute: false },
    chosen: { attribute: false },
    about: { attribute: false },
    first: { attribute: false },
    focused: { state: true },
  };

  constructor() {
    super();
    this.about = () => undefined;
    this.first = today();
  }

  /** Whether the day is one of this month. */
  has(day) {
    return day !== undefined && plusMonths(day, 0) === this.month;
  }

  /** The day that takes the focus. */
  get current() {
    return [this.focused, this.chosen, today(), this.month].find((day) => this.has(day));
  }

  render() {
    const before = plusMonths(this.month, -1);
    const after = plusMonths(this.month, 1);
    return html`<div class="month-head">
        <h2 id="month-name" aria-live="polite">${monthInWords(this.month)}</h2>
        <div class="row">
          <button type="button" class="quiet" aria-label=${monthInWords(before)} ?disabled=${before < this.first.slice(0, 7)}
            @click=${() => this.turn(before)}>${monthShort(before)}</button>
          <button type="button" class="quiet" aria-label=${monthInWords(after)} @click=${() => this.turn(after)}>${monthShort(after)}</button>
        </div>
      </div>
      <table role="grid" class="days" aria-labelledby="month-name" @keydown=${this.onKey}>
        <thead><tr>${weekdays().map(({ short, long }) => html`<th scope="col" abbr=${long}>${short}</th>`)}</tr></thead>
        <tbody>${this.weeks().map((week) => html`<tr>${week.map((day) => this.cell(day))}</tr>`)}</tbody>
      </table>`;
  }

  weeks() {
    const first = plusDays(this.month, -weekdayOf(this.month));
    return Array.from({ length: WEEKS }, (_, week) => Array.from({ length: 7 }, (_, number) => plusDays(first, 7 * week + number)));
  }

  cell(day) {
    if (!this.has(day)) return html`<td></td>`;
    const { state = "unknown", words = "" } = day < this.first ? { state: "none" } : this.about(day) ?? {};
    return html`<td aria-selected=${day === this.chosen}>
      <button type="button" class="day ${state}" data-day=${day} tabindex=${day === this.current ? 0 : -1}
        aria-label=${[dayInWords(day), words].filter(Boolean).join(", ")}
        aria-current=${day === today() ? "date" : nothing}
        aria-disabled=${state === "none" || state === "unknown"} @click=${() => this.choose(day)}>${Number(day.slice(8))}</button>
    </td>`;
  }

  choose(day) {
    this.focused = day;
    if (day < this.first || (this.about(day)?.state ?? "none") === "none") return;
    this.dispatchEvent(new CustomEvent("choose", { detail: day }));
  }

  turn(month) {
    this.dispatchEvent(new CustomEvent("turn", { detail: month }));
  }

  onKey(event) {
    const day = event.target.dataset.day;
    const to = day && this.keyLeadsTo(event.key, day);
    if (!to) return;
    event.preventDefault();
    this.focusDay(to < this.first ? this.first : to);
  }

  keyLeadsTo(key, day) {
    if (key in STEPS) return plusDays(day, STEPS[key]);
    if (key === "Home") return plusDays(day, -weekdayOf(day));
    if (key === "End") return plusDays(day, 6 - weekdayOf(day));
    if (key === "PageUp") return sameDay(day, plusMonths(day, -1));
    if (key === "PageDown") return sameDay(day, plusMonths(day, 1));
    return undefined;
  }

  async focusDay(day) {
    this.focused = day;
    if (!this.has(day)) {
      this.month = plusMonths(day, 0);
      this.turn(this.month);
    }
    await this.focusOn(`[data-day="${day}"]`);
  }
}
customElements.define("booking-month", Month);

/** The same day of the month that begins with `first`, or its last. */
function sameDay(day, first) {
  const last = plusDays(plusMonths(first, 1), -1);
  const wanted = first.slice(0, 8) + day.slice(8);
  return wanted < last ? wanted : last;
}
