// What stands behind the # of a mailed link: no server sees it.

/** { token, booking, … } of the address. */
export const fragment = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

/** The token of the address, which then no longer has it. */
export function takeToken() {
  const { token } = fragment();
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}
