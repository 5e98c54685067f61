// A new password, by the link from a mail.

import { html } from "./lit.js";
import { addressOf, ask } from "./api.js";
import { PageElement, field, notice, summary } from "./element.js";
import { takeToken } from "./fragment.js";
import { t } from "./texts.js";

class ResetPassword extends PageElement {
  static properties = { ...PageElement.properties, done: { state: true } };

  constructor() {
    super();
    this.token = takeToken();
  }

  render() {
    const labels = { password: t("account.new_password") };
    if (this.done) {
      return html`<div class="card stack form-card"><h1 tabindex="-1">${t("account.password_set")}</h1>
        <p>${t("account.signed_out_everywhere")}</p>
        <div class="row"><a class="button" href=${addressOf("/manage")}>${t("account.to_bookings")}</a>
          <a class="button quiet" href=${addressOf("/desk")}>${t("account.to_desk")}</a></div></div>`;
    }
    return html`<div class="card stack form-card"><h1 tabindex="-1">${t("account.choose_password")}</h1>
      ${this.token ? html`<form class="stack" novalidate @submit=${this.onSubmit}>
        ${summary(this.problems, labels)}
        ${notice(this.refusal)}
        ${field({ name: "password", label: labels.password, type: "password", autocomplete: "new-password", minlength: 8, maxlength: 128, required: true, hint: t("account.password_hint"), error: this.problems.password })}
        <button aria-busy=${Boolean(this.slow)}>${t("account.set_password")}</button>
      </form>` : html`<p>${t("account.no_token")}</p>`}</div>`;
  }

  async onSubmit(event) {
    event.preventDefault();
    const typed = this.typedInto(event.target);
    if (!typed) return;
    const body = { token: this.token, password: typed.password };
    this.done = await this.attempt(() => ask("POST", "/auth/password/reset", { body }));
    this.focusOn("h1, .notice");
  }
}
customElements.define("booking-reset-password", ResetPassword);
