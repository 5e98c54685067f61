// The address to pass on, and the snippet for a site of the specialist's own.

import { html, nothing } from "./lit.js";
import { addressOf } from "./api.js";
import { DeskElement } from "./desk-element.js";
import { t } from "./texts.js";

class DeskShare extends DeskElement {
  render() {
    const { id, display_name: name } = this.profile;
    const link = addressOf(`/book/${id}`);
    const snippet = `<script type="module" src="${addressOf("/widget.js")}"></script>\n<booking-widget specialist="${id}"></booking-widget>`;
    return html`<div class="view-head"><h1 tabindex="-1">${t("desk.view_share")}</h1></div>
      <div class="stack share">
        ${name ? nothing : html`<p class="notice calm">${t("desk.no_name")} <a href="#profile">${t("desk.say_name")}</a></p>`}
        <section class="stack tight"><h2>${t("desk.link")}</h2><p class="muted" id="link-hint">${t("desk.link_hint")}</p>
          ${this.text("link", link, 1)}<p><a href=${link}>${t("desk.see_page")}</a></p></section>
        <section class="stack tight"><h2>${t("desk.snippet")}</h2><p class="muted" id="snippet-hint">${t("desk.snippet_hint")}</p>
          ${this.text("snippet", snippet, 4)}<p class="small">${t("desk.snippet_origin")}</p></section>
        <p role="status">${this.done}</p>
      </div>`;
  }

  text(name, value, rows) {
    return html`<div class="copyable"><textarea id=${name} readonly rows=${rows} aria-label=${t(`desk.${name}`)} aria-describedby="${name}-hint" spellcheck="false" .value=${value}></textarea>
      <button type="button" class="quiet" aria-label=${t(`desk.copy_${name}`)} @click=${() => this.copy(name, value)}>${t("desk.copy")}</button></div>`;
  }

  /** Where the browser does not let a page copy, what is to be copied is at least selected. */
  async copy(name, value) {
    this.done = nothing;
    try {
      await navigator.clipboard.writeText(value);
      this.done = t("desk.copied");
    } catch {
      this.renderRoot.querySelector(`#${name}`).select();
      this.done = t("desk.copy_by_keys");
    }
  }
}
customElements.define("booking-desk-share", DeskShare);
