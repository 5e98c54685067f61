import { html } from "./lit.js";
import { PageElement } from "./element.js";

class Manage extends PageElement {
  render() {
    return html`<h1>manage</h1>`;
  }
}
customElements.define("booking-manage", Manage);
