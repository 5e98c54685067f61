import { html } from "./lit.js";
import { PageElement } from "./element.js";

class VerifyEmail extends PageElement {
  render() {
    return html`<h1>verify-email</h1>`;
  }
}
customElements.define("booking-verify-email", VerifyEmail);
