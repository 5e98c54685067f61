// A week as a grid of days and hours that scrolls by itself to now.

import { html, nothing } from "./lit.js";
import { DeskElement, bookingsOfDays, isOpen, stateOf, whatOf, whoOf } from "./desk-element.js";
import { DAY_MINUTES, besideEachOther, hourOfDay, hoursOf, minutesAt, minutesOf, openedByHand, spanOnClock } from "./desk-wall-clock.js";
import { notice, skeleton } from "./element.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { locale, t } from "./texts.js";
import { clock, dayInWords, dayOf, plusDays, today, weekdayOf } from "./time.js";

const ROW_MINUTES = 5;
const SEEN_BEFORE_MINUTES = 60;
const MORNING = 8 * 60;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** `day`: one of the week. `changes`: whatever it becomes, the week is read anew. */
class DeskWeek extends DeskElement {
  static properties = { ...DeskElement.properties, day: { attribute: false }, changes: { attribute: false }, found: { state: true } };

  get first() {
    return plusDays(this.day, -weekdayOf(this.day));
  }

  get days() {
    return Array.from({ length: 7 }, (_, number) => plusDays(this.first, number));
  }

  willUpdate(changed) {
    const before = changed.get("day");
    const isOther = changed.has("day") && (!before || plusDays(before, -weekdayOf(before)) !== this.first);
    if (isOther) Object.assign(this, { found: null, isScrolled: false });
    if (isOther || changed.has("changes") || changed.has("profile")) this.open();
  }

  open() {
    const { days, zone } = this;
    return this.read(async (signal) => {
      const query = { date_from: days[0], date_to: days[6] };
      const [bookings, schedule, dates, timeOff] = await Promise.all([
        bookingsOfDays(days[0], days[6], zone, { signal }),
        askSignedIn("GET", "/specialists/me/schedule", { signal }),
        askAllSignedIn("/specialists/me/schedule/dates", { query, signal }),
        askAllSignedIn("/specialists/me/time-off", { signal }),
      ]);
      const own = new Map(dates.map(({ date, hours }) => [date, hours]));
      const opening = { ...schedule, dates: own };
      this.found = { bookings, timeOff, opening, opened: this.found?.opened ?? [] };
      const [now, from] = [Date.now(), [days[0], today(zone)].toSorted().at(-1)];
      if (from > days[6]) return;
      const slots = await askAllSignedIn("/specialists/me/slots", { query: { ...query, date_from: from, tz: zone }, signal });
      const opened = openedByHand(slots, opening, zone, now).map(({ start_at: start, end_at: end }) => ({ slot_start_at: start, slot_end_at: end }));
      this.found = { ...this.found, opened };
    });
  }

  render() {
    const { days } = this;
    return html`<div class="row spread view-head">
        <h1 tabindex="-1">${weekSpan(days[0], days[6])}</h1>
        <div class="row">
          <a class="button quiet" href="#week/${plusDays(this.first, -7)}" aria-label="${t("desk.day_before")}: ${t("desk.week_before")}">${t("desk.day_before")}</a>
          ${days.includes(today(this.zone)) ? nothing : html`<a class="button quiet" href="#week">${t("desk.this_week")}</a>`}
          <a class="button quiet" href="#week/${plusDays(this.first, 7)}" aria-label="${t("desk.day_after")}: ${t("desk.week_after")}">${t("desk.day_after")}</a>
          <a class="button" href="#week/${this.day}/new">${t("desk.book_for")}</a>
        </div>
      </div>
      ${notice(this.refusal, () => this.readAgain())}
      ${this.found ? this.grid() : this.slow ? skeleton(8) : nothing}`;
  }

  grid() {
    return html`<div class="week" role="region" tabindex="0" aria-label=${t("desk.week_grid")}>
      <div class="axis" aria-hidden="true"><div class="head"></div><div class="rows">
        ${HOURS.map((hour) => html`<span class="time" data-at="${hour * 60}-${hour * 60 + 60}">${hour ? hourOfDay(hour) : nothing}</span>`)}</div></div>
      ${this.days.map((day) => this.column(day))}
    </div>`;
  }

  column(day) {
    const { timeOff, opening } = this.found;
    const isToday = day === today(this.zone);
    const off = timeOff.filter(({ start_at: start, end_at: end }) => dayOf(start, this.zone) <= day && day <= dayOf(Date.parse(end) - 1, this.zone));
    return html`<section class=${isToday ? "today" : ""} aria-labelledby="head-${day}">
      <h2 class="head" id="head-${day}"><a href="#day/${day}" aria-label=${dayInWords(day)} aria-current=${isToday ? "date" : nothing}>${shortDay(day)}</a></h2>
      <div class="rows">
        ${hoursOf(day, opening).map(({ from, to }) => html`<div class="open" data-at="${minutesOf(from)}-${minutesOf(to)}"></div>`)}
        ${HOURS.slice(1).map((hour) => html`<div class="line" data-at="${hour * 60}-${hour * 60 + 60}"></div>`)}
        ${off.map((time) => html`<div class="time-off" data-at=${this.partOn(day, time).join("-")}><span class="small">${time.note || t("desk.time_off")}</span></div>`)}
        <ul>${this.entries(day)}</ul>
        ${isToday ? html`<div class="now-line" data-at="${minutesAt(Date.now(), this.zone)}-${minutesAt(Date.now(), this.zone) + ROW_MINUTES}"></div>` : nothing}
      </div>
    </section>`;
  }

  partOn(day, { start_at: start, end_at: end }) {
    return [dayOf(start, this.zone) < day ? 0 : minutesAt(start, this.zone), dayOf(end, this.zone) > day ? DAY_MINUTES : minutesAt(end, this.zone)];
  }

  /** Bookings and free slots opened by hand, by their start; what overlaps, as in an hour that clocks repeat, stands side by side. */
  entries(day) {
    const { bookings, opened } = this.found;
    const shown = [...bookings.filter(takesTime), ...opened]
      .filter(({ slot_start_at: start }) => dayOf(start, this.zone) === day)
      .map((entry) => ({ entry, span: spanOnClock(entry, this.zone) }))
      .toSorted((one, other) => one.span[0] - other.span[0]);
    const places = besideEachOther(shown.map(({ span }) => span));
    return shown.map(({ entry }, number) => {
      const { from, to, lane, of } = places[number];
      return html`<li data-at="${from}-${Math.min(to, DAY_MINUTES)}" data-lane="${lane}-${of}">${entry.id ? this.booked(entry, day) : this.free(entry, day)}</li>`;
    });
  }

  booked(booking, day) {
    const isOver = !isOpen(booking) || Date.parse(booking.slot_end_at) <= Date.now();
    return html`<a class="entry ${isOver ? "over" : ""} ${booking.status}" href="#week/${day}/${booking.id}">
      <span class="first-line"><span class="time">${clock(booking.slot_start_at, this.zone)}</span> <strong>${whoOf(booking)}</strong></span>
      <span class="muted">${whatOf(booking)}</span> <span class="small">${stateOf(booking, this.zone)}</span></a>`;
  }

  free({ slot_start_at: start, slot_end_at: end }, day) {
    return html`<a class="entry free" href="#week/${day}/new"><span class="first-line"><span class="time">${clock(start, this.zone)}–${clock(end, this.zone)}</span> ${t("desk.free")}</span></a>`;
  }

  updated() {
    super.updated();
    for (const element of this.renderRoot.querySelectorAll("[data-at]")) {
      const [from, to] = element.dataset.at.split("-").map((minutes) => Math.round(minutes / ROW_MINUTES) + 1);
      element.style.gridRow = `${from} / ${Math.max(to, from + 1)}`;
    }
    for (const element of this.renderRoot.querySelectorAll("[data-lane]")) {
      const [lane, of] = element.dataset.lane.split("-").map(Number);
      Object.assign(element.style, { width: `${100 / of}%`, marginInlineStart: `${(100 * lane) / of}%` });
    }
    if (this.found && !this.isScrolled) this.scrollToNow();
  }

  /** To now in this week, else to its first booking or the morning; the day comes beside the hours. */
  scrollToNow() {
    this.isScrolled = true;
    const week = this.renderRoot.querySelector(".week");
    const isThis = this.days.includes(today(this.zone));
    const [earliest] = this.found.bookings.map((booking) => spanOnClock(booking, this.zone)[0]).toSorted((one, other) => one - other);
    const minutes = isThis ? minutesAt(Date.now(), this.zone) : earliest ?? MORNING;
    const rows = week.querySelector(".rows");
    week.scrollTop = (rows.offsetHeight * Math.max(0, minutes - SEEN_BEFORE_MINUTES)) / DAY_MINUTES;
    const column = week.querySelector(`[id="head-${isThis ? today(this.zone) : this.day}"]`).parentElement;
    week.scrollLeft = column.offsetLeft - week.firstElementChild.offsetWidth;
  }
}
customElements.define("booking-desk-week", DeskWeek);

/** "2 – 8 March 2026". */
function weekSpan(first, last) {
  const format = new Intl.DateTimeFormat(locale, { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
  return format.formatRange(Date.parse(first), Date.parse(last));
}

/** "Tue 3". */
const shortDay = (day) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "short", day: "numeric" }).format(Date.parse(day));

/** Whether a booking stands, or stood, and not only was to. */
const takesTime = ({ status, hold_expires_at: held }) => status !== "cancelled" && !(status === "expired" && held);
