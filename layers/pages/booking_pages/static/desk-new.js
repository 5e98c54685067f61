// Booking for somebody on the phone.

import { html, nothing } from "./lit.js";
import { newKey } from "./api.js";
import { DeskElement } from "./desk-element.js";
import "./desk-times.js";
import { field, notice, phoneField, phoneOf, skeleton, summary } from "./element.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { money, t } from "./texts.js";
import { duration, span } from "./time.js";

/** `day`: where to look for a free time. Events: `changed`, `closed`. */
class DeskNew extends DeskElement {
  static properties = { ...DeskElement.properties, day: { attribute: false }, services: { state: true }, service: { state: true }, booked: { state: true } };

  connectedCallback() {
    super.connectedCallback();
    this.read(async (signal) => {
      this.services = (await askAllSignedIn("/specialists/me/services", { signal })).filter((service) => service.is_active);
      this.service = this.services[0]?.id ?? null;
    });
  }

  render() {
    return html`<dialog class="sheet" aria-labelledby="new-title" @close=${() => this.tell("closed")}>
      <div class="stack">
        <div class="row spread"><h2 id="new-title" tabindex="-1">${t(this.booked ? "desk.is_booked" : "desk.book_for")}</h2>
          <button type="button" class="plain" @click=${this.closeDialog}>${t("action.close")}</button></div>
        ${this.booked ? this.outcome() : this.services ? this.form() : this.refusal ? notice(this.refusal, () => this.readAgain()) : this.slow ? skeleton(6) : nothing}
      </div>
    </dialog>`;
  }

  outcome() {
    const { slot_start_at: start, slot_end_at: end, client } = this.booked;
    return html`<p role="status">${span(start, end, this.zone)}, ${client?.name ?? this.asked.client.name}</p>
      <p>${t(this.asked.client.email ? "desk.mail_sent" : "desk.no_mail_sent")}</p>
      <div class="row"><button type="button" @click=${this.closeDialog}>${t("action.close")}</button>
        <button type="button" class="quiet" @click=${() => { this.booked = null; }}>${t("desk.book_another")}</button></div>`;
  }

  form() {
    const labels = { slot: t("desk.time"), client_name: t("form.name"), client_email: t("form.email"), client_phone: t("form.phone"), note: t("form.note") };
    const { problems } = this;
    return html`<form class="stack" novalidate @submit=${this.onSubmit}>
      ${summary(problems, labels)}${notice(this.refusal)}
      ${this.services.length ? html`<div class="field"><label for="service">${t("desk.service")}</label>
        <select id="service" name="service" @change=${(event) => { this.service = event.target.value || null; }}>
          ${this.services.map((service) => html`<option value=${service.id} ?selected=${service.id === this.service}>
            ${service.title}, ${duration(service.duration_minutes)}, ${money(service.price, service.currency)}</option>`)}
          <option value="">${t("desk.no_service")}</option>
        </select></div>` : nothing}
      <booking-desk-times .profile=${this.profile} .day=${this.day} .service=${this.service} .error=${problems.slot}></booking-desk-times>
      ${field({ name: "client_name", label: labels.client_name, required: true, maxlength: 100, error: problems.client_name })}
      ${phoneField({ name: "client_phone", label: labels.client_phone, error: problems.client_phone })}
      ${field({ name: "client_email", label: labels.client_email, type: "email", inputmode: "email", maxlength: 254, hint: t("desk.email_hint"), error: problems.client_email })}
      ${field({ name: "note", label: labels.note, rows: 2, error: problems.note })}
      <button aria-busy=${Boolean(this.busy)}>${t("desk.book")}</button>
    </form>`;
  }

  async onSubmit(event) {
    event.preventDefault();
    const form = event.target;
    const times = form.querySelector("booking-desk-times");
    const { chosen } = times;
    const typed = this.typedInto(form, chosen ? {} : { slot: t("desk.choose_time") });
    if (!typed) return;
    const { client_name: name, client_email: email, client_phone: phone, note } = typed;
    this.ask({
      slot_id: chosen.id, service_id: this.service, note: note || null,
      client: { name, email: email || null, phone: phoneOf(phone) ?? null },
    });
    const booked = await this.attempt(async () => {
      this.booked = await askSignedIn("POST", "/bookings", { body: this.asked, key: this.key });
    });
    if (booked) {
      this.tell("changed");
      this.focusOn("#new-title");
    } else if (times.takesBack(this.refusal, chosen)) {
      this.refusal = null;
    }
  }

  /** The same wish keeps its key, so that it is fulfilled once. */
  ask(body) {
    if (JSON.stringify(body) !== JSON.stringify(this.asked)) this.key = newKey();
    this.asked = body;
  }
}
customElements.define("booking-desk-new", DeskNew);
