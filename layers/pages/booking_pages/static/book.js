import { html } from "./lit.js";
import { PageElement } from "./element.js";

class Book extends PageElement {
  render() {
    return html`<h1>book</h1>`;
  }
}
customElements.define("booking-book", Book);
