// Who is signed in on this page. Tokens stay in memory and in this tab's sessionStorage, on the API's own origin.

import { Refusal, ask, askAll, askFile } from "./api.js";

const STORED = "booking.session";
const OWN_ORIGIN = new URL(import.meta.url).origin === location.origin;
const changed = new EventTarget();
let session = OWN_ORIGIN ? JSON.parse(sessionStorage.getItem(STORED) ?? "null") : null;
let renewing = null;

/** Whether somebody is signed in, as far as this page knows. */
export const isSignedIn = () => session !== null;

/** Calls back whenever somebody signs in or out. */
export const onChange = (callback) => changed.addEventListener("change", callback);

function keep(next) {
  if (!OWN_ORIGIN) throw new Error("Tokens stay on the API's own origin");
  session = next;
  if (next) sessionStorage.setItem(STORED, JSON.stringify(next));
  else sessionStorage.removeItem(STORED);
  changed.dispatchEvent(new Event("change"));
}

/** Signs in; throws Refusal. */
export async function signIn(email, password) {
  const { access_token, refresh_token } = await ask("POST", "/auth/login", { body: { email, password } });
  keep({ access_token, refresh_token });
}

/** Forgets the tokens here and has the API forget them. */
export async function signOut() {
  const { refresh_token } = session ?? {};
  keep(null);
  if (refresh_token) await ask("POST", "/auth/logout", { body: { refresh_token } }).catch(() => {});
}

/** As `ask`, in the name of who is signed in; a token that has run out is renewed once. */
export const askSignedIn = (method, path, more) => withToken((token) => ask(method, path, { ...more, token }));

/** As `askAll`, in the name of who is signed in. */
export const askAllSignedIn = (path, more) => withToken((token) => askAll(path, { ...more, token }));

/** As `askFile`, in the name of who is signed in. */
export const askFileSignedIn = (path) => withToken((token) => askFile(path, { token }));

async function withToken(call) {
  if (!session) throw new Refusal("invalid_credentials", { status: 401 });
  try {
    return await call(session.access_token);
  } catch (error) {
    if (error.status !== 401 || !session) throw error;
  }
  await renew();
  return call(session.access_token);
}

/** All that wait for a new token wait for the same one: a refresh token is good for one use. */
async function renew() {
  const before = session;
  renewing ??= ask("POST", "/auth/refresh", { body: { refresh_token: before.refresh_token } })
    .then(({ access_token, refresh_token }) => {
      if (session !== before) throw new Refusal("invalid_credentials", { status: 401 });
      keep({ access_token, refresh_token });
    })
    .catch((error) => {
      if (error.status === 401 && session === before) keep(null);
      throw error;
    })
    .finally(() => { renewing = null; });
  return renewing;
}
