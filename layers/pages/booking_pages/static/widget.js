// <booking-widget specialist="spc_…">: the booking card on a page of somebody else's. It is isolated in a shadow tree, takes
// its font from around it, and is styled by --booking-accent, --booking-font, --booking-radius. Everybody books as a guest.

import "./book.js";
import { LitElement, html } from "./lit.js";
import { sayNothingOfMail } from "./texts.js";

if (new URL(import.meta.url).searchParams.get("mail") === "none") await sayNothingOfMail();

const styles = new CSSStyleSheet();
const loaded = fetch(new URL("./pages.css", import.meta.url)).then(async (answer) => styles.replace(await answer.text()));

class Widget extends LitElement {
  static properties = { specialist: {} };

  createRenderRoot() {
    const root = super.createRenderRoot();
    root.adoptedStyleSheets = [styles];
    return root;
  }

  async scheduleUpdate() {
    await loaded;
    super.scheduleUpdate();
  }

  render() {
    return html`<booking-book embedded .specialist=${this.specialist}></booking-book>`;
  }
}
customElements.define("booking-widget", Widget);
