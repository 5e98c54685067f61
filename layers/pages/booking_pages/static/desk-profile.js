// What clients read about the specialist, the time zone of the hours, and the specialist's own mail.

import { html, nothing } from "./lit.js";
import { DeskElement, bookingsToCome, consequences, doneNotice, savedHours } from "./desk-element.js";
import { newlyOutside } from "./desk-wall-clock.js";
import { field, notice, summary } from "./element.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { LANGUAGES, isMailed, t } from "./texts.js";
import { cityOf, today } from "./time.js";

/** Event: `saved` with the profile. */
class DeskProfile extends DeskElement {
  static properties = { ...DeskElement.properties, user: { state: true }, asked: { state: true }, sent: { state: true } };

  connectedCallback() {
    super.connectedCallback();
    this.read(async (signal) => { this.user = await askSignedIn("GET", "/users/me", { signal }); });
  }

  render() {
    const { profile, problems } = this;
    const labels = { display_name: t("desk.your_name"), description: t("desk.description"), time_zone: t("desk.time_zone") };
    const zones = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), profile.time_zone])].toSorted();
    const select = (name, label, choices) => html`<div class="field"><label for=${name}>${label}</label>
      <select id=${name} name=${name}>${choices.map(([value, words]) => html`<option value=${value} ?selected=${value === profile[name]}>${words}</option>`)}</select></div>`;
    return html`<div class="view-head"><h1 tabindex="-1">${t("desk.view_profile")}</h1></div>
      ${this.user && !this.user.email_verified && isMailed() ? this.unverified() : nothing}
      <form class="stack form-width" novalidate @submit=${this.onSubmit} @input=${() => Object.assign(this, { done: null, asked: null, isUnsaved: true })}>
        ${summary(problems, labels)}
        ${field({ name: "display_name", label: labels.display_name, hint: t("desk.your_name_hint"), maxlength: 120, required: true, value: profile.display_name ?? "", autocomplete: "organization", error: problems.display_name })}
        ${field({ name: "description", label: labels.description, hint: t("desk.description_hint"), rows: 3, maxlength: 500, value: profile.description ?? "", error: problems.description })}
        ${select("time_zone", labels.time_zone, zones.map((zone) => [zone, zone === "UTC" ? zone : `${cityOf(zone)} (${zone})`]))}
        ${select("booking_mail", t("desk.booking_mail"), ["each", "daily", "none"].map((choice) => [choice, t(`desk.mail_${choice}`)]))}
        ${select("locale", t("desk.locale"), Object.entries(LANGUAGES))}
        ${notice(this.refusal)}${doneNotice(this.done)}
        ${this.asked ? consequences(this.asked.outside, this.asked.changes.time_zone, { save: () => this.save(this.asked.changes), back: () => { this.asked = null; } })
    : html`<button aria-busy=${Boolean(this.busy)}>${t("desk.save_profile")}</button>`}
      </form>`;
  }

  unverified() {
    const send = async () => { this.sent = await this.attempt(() => askSignedIn("POST", "/auth/email/verification")); };
    return html`<div class="notice calm"><p>${t("desk.unverified", { email: this.user.email })}</p>
      ${this.sent ? html`<p role="status">${t("desk.verification_sent")}</p>` : html`<button type="button" class="quiet" @click=${send}>${t("desk.send_verification")}</button>`}</div>`;
  }

  async onSubmit(event) {
    event.preventDefault();
    const typed = this.typedInto(event.target);
    if (!typed) return;
    const changes = { ...typed, description: typed.description || null };
    let outside = [];
    const well = await this.attempt(async () => { outside = await this.wouldBeOutside(changes.time_zone); });
    if (!well) return;
    if (!outside.length) {
      await this.save(changes);
      return;
    }
    this.asked = { changes, outside };
    this.focusOn("[role=alertdialog]");
  }

  async wouldBeOutside(zone) {
    if (zone === this.zone) return [];
    const [bookings, schedule, dates] = await Promise.all([
      bookingsToCome(this.zone), askSignedIn("GET", "/specialists/me/schedule"),
      askAllSignedIn("/specialists/me/schedule/dates", { query: { date_from: today("UTC") } }),
    ]);
    const opening = { hours: schedule.hours, dates: new Map(dates.map(({ date, hours }) => [date, hours])) };
    return newlyOutside(bookings, { ...opening, zone: this.zone }, { ...opening, zone });
  }

  async save(changes) {
    await this.attempt(async () => {
      const { conflicts, ...profile } = await askSignedIn("PATCH", "/specialists/me", { body: changes });
      Object.assign(this, { done: savedHours(conflicts, profile.time_zone), isUnsaved: false });
      this.tell("saved", profile);
    });
    this.asked = null;
  }
}
customElements.define("booking-desk-profile", DeskProfile);
