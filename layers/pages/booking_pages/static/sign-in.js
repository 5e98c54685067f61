// The form to sign in with, and the way back for who has forgotten the password.

import { html, nothing } from "./lit.js";
import { ask } from "./api.js";
import { PageElement, field, notice, problemsOf, summary } from "./element.js";
import { signIn } from "./session.js";
import { t } from "./texts.js";

/** Event: `signed-in`. */
class SignIn extends PageElement {
  static properties = { ...PageElement.properties, sentTo: { state: true } };

  render() {
    const labels = { email: t("form.email"), password: t("form.password") };
    return html`<form class="stack" novalidate @submit=${this.onSubmit}>
      ${summary(this.problems, labels)}
      ${notice(this.refusal)}
      ${this.sentTo ? html`<div class="notice calm" role="status"><p>${t("account.link_sent", { email: this.sentTo })}</p></div>` : nothing}
      ${field({ name: "email", label: labels.email, type: "email", autocomplete: "username", inputmode: "email", required: true, error: this.problems.email })}
      ${field({ name: "password", label: labels.password, type: "password", autocomplete: "current-password", required: true, error: this.problems.password })}
      <div class="row"><button aria-busy=${Boolean(this.slow)}>${t("action.sign_in")}</button>
        <button type="button" class="plain" @click=${this.onForgotten}>${t("account.forgotten")}</button></div>
    </form>`;
  }

  async onSubmit(event) {
    event.preventDefault();
    const typed = this.typedInto(event.target);
    if (typed && await this.attempt(() => signIn(typed.email, typed.password))) this.dispatchEvent(new Event("signed-in"));
  }

  /** Says the same whether there is an account or not. */
  async onForgotten() {
    const { email } = this.renderRoot.querySelector("form").elements;
    this.problems = problemsOf([email]);
    if (!email.validity.valid) {
      this.focusOn(".notice");
      return;
    }
    const wanted = email.value;
    if (await this.attempt(() => ask("POST", "/auth/password/forgot", { body: { email: wanted } }))) this.sentTo = wanted;
  }
}
customElements.define("booking-sign-in", SignIn);
