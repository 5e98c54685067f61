// What the parts of the desk share: dialogs that are open while they are there, forms, and what bookings are called.

import { html, nothing } from "./lit.js";
import { PageElement } from "./element.js";
import { t } from "./texts.js";
import { clock, dayOf, plusDays, span } from "./time.js";
import { askAllSignedIn } from "./session.js";

const MOST_SHOWN = 10;
const opened = new WeakSet();

/** `profile`: the specialist's. `isUnsaved`: whether something typed here is not saved, and has to be kept. A dialog that is rendered is open; closing it tells `@close`. */
export class DeskElement extends PageElement {
  static properties = { ...PageElement.properties, profile: { attribute: false }, done: { state: true }, isUnsaved: { state: true } };

  get zone() {
    return this.profile.time_zone;
  }

  updated() {
    for (const dialog of this.renderRoot.querySelectorAll("dialog")) {
      if (opened.has(dialog)) continue;
      opened.add(dialog);
      dialog.showModal();
    }
  }

  closeDialog() {
    this.renderRoot.querySelector("dialog").close();
  }

  typedInto(form, more) {
    this.done = null;
    return super.typedInto(form, more);
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

/** What has been done, for the eye and for the ear: it is always there, so that what comes into it is heard. */
export const doneNotice = (content) => html`<div role="status">${content ? html`<div class="notice calm">${content}</div>` : nothing}</div>`;

/** The specialist's bookings that start from one day to another of the zone, by start; the API counts days in UTC. */
export async function bookingsOfDays(first, last, zone, { status, signal } = {}) {
  const query = { status, date_from: plusDays(first, -1), date_to: plusDays(last, 1) };
  const found = await askAllSignedIn("/bookings/specialists/me", { query, signal });
  return found.filter(({ slot_start_at: start }) => first <= dayOf(start, zone) && dayOf(start, zone) <= last);
}

/** All that are still to come, confirmed or held. */
export async function bookingsToCome(zone) {
  const query = { date_from: dayOf(Date.now() - 86_400_000, "UTC") };
  const found = await askAllSignedIn("/bookings/specialists/me", { query });
  return found.filter((booking) => isOpen(booking) && Date.parse(booking.slot_end_at) > Date.now());
}

export const isOpen = ({ status }) => status === "confirmed" || status === "held";

/** Whose booking it is. */
export const whoOf = ({ client }) => client.name || client.email || t("desk.somebody");

/** The service, as booked. */
export const whatOf = ({ service }) => service?.title ?? t("desk.no_service");

/** What has become of a booking, in a word or two; "" of one that is just booked. */
export function stateOf(booking, zone) {
  if (booking.attendance) return t(`desk.${booking.attendance}`);
  if (booking.status === "held") return t("desk.held_until", { until: clock(booking.hold_expires_at, zone) });
  if (booking.status === "cancelled") return t("desk.cancelled");
  if (booking.status === "expired" && booking.hold_expires_at) return t("desk.lapsed");
  return "";
}

/** What new hours would mean for bookings, before they are saved, with the choice. */
export const consequences = (bookings, zone, { save, back }) => html`<div class="notice calm" role="alertdialog" tabindex="-1" aria-labelledby="consequences">
  ${outside(bookings, zone)}
  <div class="row"><button type="button" @click=${save}>${t("desk.save_anyway")}</button>
    <button type="button" class="quiet" @click=${back}>${t("desk.keep_editing")}</button></div>
</div>`;

/** That hours are saved, and what the API says of bookings then. */
export const savedHours = (conflicts, zone, sentence = t("desk.saved")) => html`<p>${sentence}</p>${conflicts.length ? outside(conflicts, zone) : nothing}`;

function outside(bookings, zone) {
  const shown = bookings.slice(0, MOST_SHOWN);
  return html`<p id="consequences">${t("desk.outside", { n: bookings.length })}</p>
    <ul>${shown.map((booking) => html`<li>${span(booking.slot_start_at, booking.slot_end_at, zone)}${booking.status ? html`, ${whoOf(booking)}` : nothing}</li>`)}
      ${bookings.length > shown.length ? html`<li>${t("desk.and_more", { n: bookings.length - shown.length })}</li>` : nothing}</ul>`;
}
