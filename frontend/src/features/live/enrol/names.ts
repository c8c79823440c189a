/** Names as the server compares them. */

/** Composed, trimmed, inner runs of white space as one space. */
export const tidyName = (text: string): string => text.normalize("NFC").trim().replace(/\s+/gu, " ");

export const sameName = (a: string, b: string): boolean =>
  tidyName(a).toLocaleLowerCase("en") === tidyName(b).toLocaleLowerCase("en");
