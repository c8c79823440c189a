/** The set-up token of `#setup=TOKEN`: read once and taken out of the address and the history at once. */

export function setupToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("setup");
  return token === null || token === "" ? null : token;
}

export function takeSetupToken(): string | null {
  const token = setupToken(window.location.hash);
  if (token !== null) window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return token;
}
