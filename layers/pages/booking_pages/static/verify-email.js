// Says that an address is one's own, by the link from a mail and a press of a button.

import { html, nothing } from "./lit.js";
import { addressOf, ask } from "./api.js";
import { PageElement, notice } from "./element.js";
import { takeToken } from "./fragment.js";
import { t } from "./texts.js";

class VerifyEmail extends PageElement {
  static properties = { ...PageElement.properties, done: { state: true } };

  constructor() {
    super();
    this.token = takeToken();
  }

  render() {
    return html`<div class="card stack form-card">
      <h1 tabindex="-1">${t(this.done ? "account.verified" : "account.verify")}</h1>
      ${this.done ? html`<a class="button" href=${addressOf("/manage")}>${t("account.to_bookings")}</a>` : this.question()}
    </div>`;
  }

  question() {
    if (!this.token) return html`<p>${t("account.no_token")}</p>`;
    return html`<p>${t("account.verify_why")}</p>
      ${this.refusal ? notice(this.refusal) : nothing}
      <div><button type="button" aria-busy=${Boolean(this.slow)} @click=${this.onVerify}>${t("account.verify_now")}</button></div>`;
  }

  async onVerify() {
    this.done = await this.attempt(() => ask("POST", "/auth/email/verify", { body: { token: this.token } }));
    this.focusOn("h1, .notice");
  }
}
customElements.define("booking-verify-email", VerifyEmail);
