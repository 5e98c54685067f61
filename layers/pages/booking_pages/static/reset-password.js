import { html } from "./lit.js";
import { PageElement } from "./element.js";

class ResetPassword extends PageElement {
  render() {
    return html`<h1>reset-password</h1>`;
  }
}
customElements.define("booking-reset-password", ResetPassword);
