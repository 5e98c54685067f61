// What has been booked, and what is to be done now.

import { html, nothing } from "./lit.js";
import { addressOf } from "./api.js";
import { PageElement, nameOf, notice, save } from "./element.js";
import { askFileSignedIn } from "./session.js";
import { t } from "./texts.js";
import { clock, span } from "./time.js";

const TICK_MS = 5000;

/** `booking`: a new one. `guest`, `client`: the address of who has booked without an account, or with one. Event: `again`. */
class BookDone extends PageElement {
  static properties = {
    ...PageElement.properties,
    booking: { attribute: false },
    profile: { attribute: false },
    service: { attribute: false },
    guest: { attribute: false },
    client: { attribute: false },
  };

  connectedCallback() {
    super.connectedCallback();
    this.ticking = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.ticking);
  }

  firstUpdated() {
    this.focusOn("h2");
  }

  render() {
    const { booking, guest } = this;
    const isHeld = booking.status === "held";
    return html`<section class="stack form-width">
      <h2 tabindex="-1">${t(isHeld ? "book.check_mail" : "book.booked")}</h2>
      <p><strong class="when">${span(booking.slot_start_at, booking.slot_end_at, this.profile.time_zone)}</strong></p>
      ${isHeld ? this.held() : this.booked()}
      <div class="row">
        ${isHeld ? nothing : html`<button type="button" @click=${this.onCalendar}>${t("book.calendar")}</button>`}
        ${isHeld || guest ? nothing : html`<a class="button quiet" href=${addressOf(`/manage#booking=${booking.id}`)}>${t("book.manage")}</a>`}
        <button type="button" class="quiet" @click=${() => this.dispatchEvent(new Event("again"))}>${t("book.again")}</button>
      </div>
      ${notice(this.refusal)}
    </section>`;
  }

  booked() {
    const { guest, client, profile } = this;
    return html`<p>${guest ? t("book.link_in_mail", { email: guest, name: nameOf(profile) }) : t("book.mail_follows", { email: client })}</p>`;
  }

  held() {
    const until = this.booking.hold_expires_at;
    const minutes = Math.ceil((Date.parse(until) - Date.now()) / 60_000);
    if (minutes <= 0) return html`<p>${t("book.hold_ended")}</p>`;
    return html`<p>${t("book.confirm_by_mail", { email: this.guest, name: nameOf(this.profile) })}</p>
      <p>${t("book.kept", { n: minutes, until: clock(until) })}</p>`;
  }

  async onCalendar() {
    const { booking } = this;
    await this.attempt(async () => {
      const file = this.guest ? this.calendarFile() : await askFileSignedIn(`/bookings/${booking.id}/calendar.ics`);
      save(file, `${booking.id}.ics`);
    });
  }

  /** What `GET /bookings/{id}/calendar.ics` gives to whom it knows: the same event, since the UID is the same. */
  calendarFile() {
    const { booking, profile, service } = this;
    const stamp = (instant) => instant.replaceAll(/[-:]|\.\d+/g, "");
    const text = (value) => value.replaceAll(/[\\;,]/g, (sign) => `\\${sign}`).replaceAll(/\s+/g, " ");
    const title = [service?.title, profile.display_name].filter(Boolean).map(text).join(" · ");
    return new Blob([[
      "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Booking API//Pages//EN", "BEGIN:VEVENT", `UID:${booking.id}@booking-api`,
      `DTSTAMP:${stamp(booking.created_at)}`, `DTSTART:${stamp(booking.slot_start_at)}`, `DTEND:${stamp(booking.slot_end_at)}`,
      `SUMMARY:${title || t("book.title")}`, "END:VEVENT", "END:VCALENDAR", "",
    ].join("\r\n")], { type: "text/calendar" });
  }
}
customElements.define("booking-book-done", BookDone);
