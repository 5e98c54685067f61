// Choosing whom to book with, where the address does not say.

import { html } from "./lit.js";
import { addressOf } from "./api.js";
import { t } from "./texts.js";

/** A list of links. `choose`: what is called with the specialist's id instead, on a page of somebody else's. */
export function whom(profiles, choose) {
  const address = (profile) => addressOf(`/book/${profile.id}`) + location.search;
  return html`<div class="card stack">
    <h1 tabindex="-1">${t("book.whom")}</h1>
    ${profiles.length ? html`<ul class="list">${profiles.map((profile) => html`<li>
      <a class="choice" href=${address(profile)} @click=${(event) => choose && (event.preventDefault(), choose(profile.id))}><strong>${profile.display_name}</strong>
        <span class="muted">${profile.description}</span></a></li>`)}</ul>`
    : html`<p>${t("book.nobody")} <a href=${addressOf("/desk")}>${t("book.open_desk")}</a></p>`}
  </div>`;
}
