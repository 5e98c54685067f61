// A day and one of its free times, as radio buttons of a form (`slot`), on the specialist's clock.

import { html, nothing, repeat } from "./lit.js";
import { ask } from "./api.js";
import { DeskElement } from "./desk-element.js";
import { goneInWords, notice, skeleton } from "./element.js";
import { askAllSignedIn } from "./session.js";
import { t } from "./texts.js";
import { clock, dayInWords, plusDays, today } from "./time.js";

const DAYS_LOOKED_AHEAD = 31;

/** `day`: where to look first; the first day with a free time from there is shown. `service`: a service's id, or null. */
class DeskTimes extends DeskElement {
  static properties = {
    ...DeskElement.properties,
    day: { attribute: false },
    service: { attribute: false },
    error: { attribute: false },
    slots: { state: true },
    message: { state: true },
  };

  willUpdate(changed) {
    if (changed.has("service") || changed.has("day") && changed.get("day") === undefined) this.lookFrom(this.day);
  }

  /** The chosen slot, if any. */
  get chosen() {
    const id = this.renderRoot.querySelector("input[name=slot]:checked")?.value;
    return this.slots?.find((slot) => slot.id === id);
  }

  /** Whether the time that was chosen has gone, as the refusal says; then it is said, and what is free now is shown. */
  takesBack(refusal, chosen) {
    this.message = goneInWords(refusal, clock(chosen.start_at, this.zone));
    if (this.message) this.show(this.day);
    return Boolean(this.message);
  }

  lookFrom(day) {
    const { zone, service, profile } = this;
    const from = day < today(zone) ? today(zone) : day;
    return this.read(async (signal) => {
      const query = { service_id: service, date_from: from, days: DAYS_LOOKED_AHEAD, tz: zone };
      const days = await ask("GET", `/specialists/${profile.id}/availability`, { query, signal });
      await this.readDay(days.find(({ free_slots: free }) => free)?.date ?? from, signal);
    });
  }

  show(day) {
    return this.read((signal) => this.readDay(day, signal));
  }

  async readDay(day, signal) {
    const query = { service_id: this.service, date: day, tz: this.zone, is_booked: "false" };
    const slots = await askAllSignedIn("/specialists/me/slots", { query, signal });
    this.day = day;
    this.slots = slots.filter(({ start_at: start }) => Date.parse(start) > Date.now());
  }

  render() {
    const go = (day) => { this.message = null; if (day >= today(this.zone)) this.show(day); };
    return html`<fieldset class="stack" id="slot" tabindex="-1" aria-describedby=${this.error ? "slot-error" : nothing}>
      <legend>${t("desk.time")}</legend>
      <div class="row times-head">
        <button type="button" class="quiet" aria-label="${t("desk.day_before")}: ${dayInWords(plusDays(this.day, -1))}" ?disabled=${this.day <= today(this.zone)} @click=${() => go(plusDays(this.day, -1))}>${t("desk.day_before")}</button>
        <input type="date" aria-label=${t("desk.day")} .value=${this.day} min=${today(this.zone)} @change=${(event) => event.target.value && go(event.target.value)}>
        <button type="button" class="quiet" aria-label="${t("desk.day_after")}: ${dayInWords(plusDays(this.day, 1))}" @click=${() => go(plusDays(this.day, 1))}>${t("desk.day_after")}</button>
      </div>
      <p aria-live="polite" class="muted">${dayInWords(this.day)}</p>
      <p class="small">${t("desk.times_hint")}</p>
      ${this.message ? html`<div class="notice calm" role="status"><p>${this.message}</p></div>` : nothing}
      ${this.error ? html`<p class="error" id="slot-error">${this.error}</p>` : nothing}
      ${this.refusal ? notice(this.refusal, () => this.readAgain()) : this.choices()}
    </fieldset>`;
  }

  choices() {
    if (!this.slots || this.slow) return this.slow ? skeleton(3) : nothing;
    if (!this.slots.length) {
      return html`<p>${t("desk.nothing_free")} <button type="button" class="plain" @click=${() => this.lookFrom(plusDays(this.day, 1))}>${t("desk.next_free")}</button></p>`;
    }
    return html`<div class="time-choices">${repeat(this.slots, ({ id }) => id, (slot) => html`<label class="time-choice time">
      <input type="radio" name="slot" value=${slot.id} required><span>${clock(slot.start_at, this.zone)}</span></label>`)}</div>`;
  }
}
customElements.define("booking-desk-times", DeskTimes);
