// A day as a list by hour, with the next booking marked.

import { html, nothing, repeat } from "./lit.js";
import { DeskElement, bookingsOfDays, isOpen, stateOf, whatOf, whoOf } from "./desk-element.js";
import { hourOfDay, hoursOf, minutesOf } from "./desk-wall-clock.js";
import { notice, skeleton } from "./element.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { t } from "./texts.js";
import { clock, dayInWords, duration, hourOf, plusDays, today } from "./time.js";

const MINUTE_MS = 60_000;

/** `day`: which one. `changes`: whatever it becomes, the day is read anew. */
class DeskDay extends DeskElement {
  static properties = { ...DeskElement.properties, day: { attribute: false }, changes: { attribute: false }, found: { state: true }, now: { state: true } };

  constructor() {
    super();
    this.now = Date.now();
  }

  connectedCallback() {
    super.connectedCallback();
    this.ticking = setInterval(() => { this.now = Date.now(); }, MINUTE_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.ticking);
  }

  willUpdate(changed) {
    if (changed.has("day")) this.found = null;
    if (["day", "changes", "profile"].some((name) => changed.has(name))) this.open();
  }

  open() {
    const { day, zone } = this;
    return this.read(async (signal) => {
      const query = { date_from: day, date_to: day };
      const [bookings, schedule, dates, services] = await Promise.all([
        bookingsOfDays(day, day, zone, { signal }),
        askSignedIn("GET", "/specialists/me/schedule", { signal }),
        askAllSignedIn("/specialists/me/schedule/dates", { query, signal }),
        askAllSignedIn("/specialists/me/services", { signal }),
      ]);
      const own = new Map(dates.map(({ date, hours }) => [date, hours]));
      this.now = Date.now();
      this.found = {
        bookings, hours: hoursOf(day, { hours: schedule.hours, dates: own }), isOff: own.has(day),
        lacksHours: Object.values(schedule.hours).every((intervals) => !intervals.length),
        lacksServices: !services.some((service) => service.is_active),
      };
    });
  }

  render() {
    const isToday = this.day === today(this.zone);
    return html`<div class="row spread view-head">
        <div><h1 tabindex="-1">${dayInWords(this.day)}</h1><p class="muted" role="status">${this.found ? this.inAWord(isToday) : nothing}</p></div>
        <div class="row">
          <a class="button quiet" href="#day/${plusDays(this.day, -1)}" aria-label="${t("desk.day_before")}: ${dayInWords(plusDays(this.day, -1))}">${t("desk.day_before")}</a>
          ${isToday ? nothing : html`<a class="button quiet" href="#day">${t("desk.today")}</a>`}
          <a class="button quiet" href="#day/${plusDays(this.day, 1)}" aria-label="${t("desk.day_after")}: ${dayInWords(plusDays(this.day, 1))}">${t("desk.day_after")}</a>
          <a class="button" href="#day/${this.day}/new">${t("desk.book_for")}</a>
        </div>
      </div>
      ${notice(this.refusal, () => this.readAgain())}
      ${this.found ? html`${this.whatIsMissing()}${this.list()}` : this.slow ? skeleton(8) : nothing}`;
  }

  inAWord(isToday) {
    const open = this.found.bookings.filter((booking) => isOpen(booking) || booking.attendance || booking.status === "expired" && !booking.hold_expires_at);
    const count = t("desk.bookings", { n: open.length });
    const next = this.next();
    if (!isToday || !next) return count;
    const minutes = Math.ceil((Date.parse(next.slot_start_at) - this.now) / MINUTE_MS);
    return t("desk.count_and_next", { count, when: duration(minutes) });
  }

  next() {
    return this.found.bookings.find((booking) => isOpen(booking) && Date.parse(booking.slot_start_at) > this.now);
  }

  whatIsMissing() {
    const { lacksHours, lacksServices } = this.found;
    if (!lacksHours && !lacksServices) return nothing;
    return html`<div class="notice calm first-steps"><ol>
      ${lacksHours ? html`<li>${t("desk.no_hours")} <a href="#hours">${t("desk.type_hours")}</a></li>` : nothing}
      ${lacksServices ? html`<li>${t("desk.no_services")} <a href="#services">${t("desk.add_service")}</a></li>` : nothing}
      <li>${t("desk.then_share")} <a href="#share">${t("desk.get_link")}</a></li>
    </ol></div>`;
  }

  list() {
    const { bookings, hours } = this.found;
    if (!bookings.length && !hours.length) {
      return html`<p class="empty">${t(this.found.isOff ? "desk.day_off" : "desk.day_closed")} <a href="#dates">${t("desk.open_this_day")}</a></p>`;
    }
    const first = Math.min(...hours.map(({ from }) => Math.floor(minutesOf(from) / 60)), ...bookings.map(({ slot_start_at: at }) => hourOf(at, this.zone)));
    const last = Math.max(...hours.map(({ to }) => Math.ceil(minutesOf(to) / 60) - 1), ...bookings.map(({ slot_start_at: at }) => hourOf(at, this.zone)));
    const isOpenAt = (hour) => hours.some(({ from, to }) => minutesOf(from) < (hour + 1) * 60 && hour * 60 < minutesOf(to));
    return html`<ol class="by-hour">${Array.from({ length: last - first + 1 }, (_, number) => first + number).map((hour) => {
      const here = bookings.filter(({ slot_start_at: at }) => hourOf(at, this.zone) === hour);
      return html`<li class=${isOpenAt(hour) || here.length ? "" : "closed"}>
        <span class="hour time">${hourOfDay(hour)}</span>
        ${here.length ? html`<ul>${repeat(here, ({ id }) => id, (booking) => this.entry(booking))}</ul>` : nothing}
      </li>`;
    })}</ol>`;
  }

  entry(booking) {
    const { slot_start_at: start, slot_end_at: end } = booking;
    const isNow = isOpen(booking) && Date.parse(start) <= this.now && this.now < Date.parse(end);
    const mark = isNow ? t("desk.now") : booking === this.next() && this.day === today(this.zone) ? t("desk.next") : "";
    const isOver = !isOpen(booking) || Date.parse(end) <= this.now;
    return html`<li><a class="entry ${isOver ? "over" : ""} ${booking.status} ${mark ? "marked" : ""}" href="#day/${this.day}/${booking.id}">
      <span class="time">${clock(start, this.zone)}–${clock(end, this.zone)}</span>
      <span class="who"><strong>${whoOf(booking)}</strong> <span class="muted">${whatOf(booking)}</span>
        ${booking.note ? html`<span class="small note">${booking.note}</span>` : nothing}</span>
      <span class="state">${mark ? html`<span class="mark">${mark}</span>` : nothing} ${stateOf(booking, this.zone)}</span>
    </a></li>`;
  }
}
customElements.define("booking-desk-day", DeskDay);
