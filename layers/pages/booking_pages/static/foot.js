// The line under every page: where else to go, and the other language.

import { html } from "./lit.js";
import { addressOf } from "./api.js";
import { PageElement } from "./element.js";
import { LANGUAGES, language, t } from "./texts.js";

class Foot extends PageElement {
  connectedCallback() {
    super.connectedCallback();
    this.other = Object.keys(LANGUAGES).find((known) => known !== language);
  }

  render() {
    return html`<nav class="foot" aria-label=${t("page.language")}>
      <a href=${addressOf("/manage")}>${t("page.my_bookings")}</a>
      <a href=${addressOf("/desk")}>${t("page.for_specialists")}</a>
      <a href="?lang=${this.other}" lang=${this.other} hreflang=${this.other} @click=${this.onLanguage}>${LANGUAGES[this.other]}</a>
    </nav>`;
  }

  /** The same place in the other language: what was chosen stays in the address. */
  onLanguage(event) {
    event.preventDefault();
    const address = new URL(location.href);
    address.searchParams.set("lang", this.other);
    history.replaceState(history.state, "", address);
    location.reload();
  }
}
customElements.define("booking-foot", Foot);
