// The way in: sign in, or open a desk of one's own.

import { html } from "./lit.js";
import { ask } from "./api.js";
import { DeskElement } from "./desk-element.js";
import { field, notice, summary } from "./element.js";
import { askSignedIn, signIn } from "./session.js";
import "./sign-in.js";
import { language, t } from "./texts.js";
import { here } from "./time.js";

/** Event: `signed-in`. */
class DeskAccount extends DeskElement {
  static properties = { ...DeskElement.properties, isNew: { state: true } };

  render() {
    return html`<div class="card form-width stack">
      <h1 tabindex="-1">${t(this.isNew ? "desk.open_desk" : "desk.sign_in")}</h1>
      ${this.isNew ? this.form() : html`<booking-sign-in @signed-in=${() => this.tell("signed-in")}></booking-sign-in>`}
      <p class="small row">${t(this.isNew ? "desk.have_desk" : "desk.no_desk_yet")}
        <button type="button" class="plain" @click=${this.turn}>${t(this.isNew ? "action.sign_in" : "desk.open_desk")}</button></p>
    </div>`;
  }

  form() {
    const labels = { display_name: t("desk.your_name"), email: t("form.email"), password: t("form.password") };
    return html`<form class="stack" novalidate @submit=${this.onSubmit}>
      ${summary(this.problems, labels)}${notice(this.refusal)}
      ${field({ name: "display_name", label: labels.display_name, hint: t("desk.your_name_hint"), autocomplete: "organization", required: true, maxlength: 120, error: this.problems.display_name })}
      ${field({ name: "email", label: labels.email, type: "email", inputmode: "email", autocomplete: "username", required: true, maxlength: 254, error: this.problems.email })}
      ${field({ name: "password", label: labels.password, type: "password", hint: t("desk.password_hint"), autocomplete: "new-password", required: true, minlength: 8, maxlength: 128, error: this.problems.password })}
      <button aria-busy=${Boolean(this.busy)}>${t("desk.open_desk")}</button>
    </form>`;
  }

  turn() {
    Object.assign(this, { isNew: !this.isNew, problems: {}, refusal: null });
    this.focusOn("h1");
  }

  async onSubmit(event) {
    event.preventDefault();
    const typed = this.typedInto(event.target);
    if (!typed) return;
    const body = { ...typed, role: "specialist", locale: language };
    const isUnanswered = this.refusal?.status === 0;
    const registered = await this.attempt(async () => {
      await ask("POST", "/auth/register", { body }).catch((error) => {
        if (!isUnanswered || error.reason !== "email_taken") throw error;
      });
      await signIn(typed.email, typed.password);
      await askSignedIn("PATCH", "/specialists/me", { body: { time_zone: here } });
    });
    if (registered) this.tell("signed-in");
  }
}
customElements.define("booking-desk-account", DeskAccount);
