// What pages say, in the reader's language: texts.en.js and texts.ru.js have the same keys.

export const LANGUAGES = { en: "English", ru: "Русский" };
const asked = document.documentElement.lang.slice(0, 2);

export const language = asked in LANGUAGES ? asked : "en";

/** The visitor's own way to write dates and times, in the page's language: "en-US", "en-DE", "ru-RU". */
export const locale = navigator.languages.find((tag) => tag.slice(0, 2) === language)
  ?? new Intl.Locale(language, { region: new Intl.Locale(navigator.language).region }).toString();

const plurals = new Intl.PluralRules(language);
const texts = {};
let unmailed = {};

const textsOf = async (area) => (await import(`./${area}.${language}.js`)).default;

/** Adds what one area of the pages says: `await addTexts("desk")` reads desk.en.js or desk.ru.js. */
export const addTexts = async (area) => Object.assign(texts, await textsOf(area));

/** From now on nothing is said of mail, since the stack sends none. */
export async function sayNothingOfMail() {
  unmailed = await textsOf("unmailed");
}

/** Whether people are mailed, as far as the page knows. */
export const isMailed = () => !Object.keys(unmailed).length;

await addTexts("texts");
if (document.documentElement.dataset.mail === "none") await sayNothingOfMail();

/** The text of that key, with `{name}` replaced; one that depends on a number is an object of plural forms, chosen by `n`. */
export function t(key, values = {}) {
  const text = unmailed[key] ?? texts[key];
  const form = typeof text === "object" ? text[plurals.select(values.n)] ?? text.other : text;
  if (form === undefined) throw new Error(`No text for ${key}`);
  return form.replaceAll(/{(\w+)}/g, (_, name) => values[name]);
}

/** Whether there is a text of that key. */
export const known = (key) => key in texts;

/** A price as the service says it, in the visitor's way to write money. */
export function money(amount, currency) {
  const whole = Number(amount) % 1 === 0;
  return new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: whole ? 0 : 2 }).format(amount);
}
