// What stands behind the # of a mailed link: no server sees it.

/** { token, booking, … } of the address. */
export const fragment = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

/** The token of the address, which then no longer has it; this entry of the history has, for a reload. */
export function takeToken() {
  const token = fragment().token ?? history.state?.token;
  if (token) history.replaceState({ token }, "", location.pathname + location.search);
  return token;
}
