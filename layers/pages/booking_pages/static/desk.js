import { html } from "./lit.js";
import { PageElement } from "./element.js";

class Desk extends PageElement {
  render() {
    return html`<h1>desk</h1>`;
  }
}
customElements.define("booking-desk", Desk);
