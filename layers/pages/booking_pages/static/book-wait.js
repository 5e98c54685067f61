// Getting in line for a time of a full day.

import { html } from "./lit.js";
import { PageElement, notice } from "./element.js";
import { askSignedIn } from "./session.js";
import "./sign-in.js";
import { t } from "./texts.js";
import { span } from "./time.js";

/** `slot`: what is waited for, with the service of that id, or none. `user`: who is signed in, if anybody. Event: `back`. */
class BookWait extends PageElement {
  static properties = {
    ...PageElement.properties,
    slot: { attribute: false },
    service: { attribute: false },
    profile: { attribute: false },
    user: { attribute: false },
    joined: { state: true },
  };

  willUpdate(changed) {
    if (!changed.has("slot")) return;
    Object.assign(this, { joined: false, refusal: null });
    this.focusOn("h2");
  }

  render() {
    const when = span(this.slot.start_at, this.slot.end_at, this.profile.time_zone);
    if (this.joined) return html`<div class="notice calm" role="status"><p>${t("book.in_line", { when })}</p></div>`;
    return html`<div class="notice calm stack">
      <h2 tabindex="-1">${t("book.wait_for_when", { when })}</h2>
      ${notice(this.refusal)}
      ${this.user
        ? html`<button type="button" aria-busy=${Boolean(this.slow)} @click=${this.join}>${t("book.join")}</button>`
        : html`<p>${t("book.wait_needs_account")}</p><booking-sign-in @signed-in=${this.join}></booking-sign-in>`}
      <button type="button" class="plain" @click=${() => this.dispatchEvent(new Event("back"))}>${t("action.back")}</button>
    </div>`;
  }

  async join() {
    const { slot } = this;
    const body = { slot_id: slot.id, service_id: this.service };
    const joined = await this.attempt(() => askSignedIn("POST", "/bookings/wait-list", { body }));
    if (this.slot === slot) this.joined = joined;
  }
}
customElements.define("booking-book-wait", BookWait);
