/** Names as the server compares them. */

/** Composed, trimmed, inner runs of white space as one space. */
export const tidyName = (text: string): string => text.normalize("NFC").trim().replace(/\s+/gu, " ");

const fold = (text: string): string => tidyName(text).toLocaleLowerCase("en");

export const sameName = (a: string, b: string): boolean => fold(a) === fold(b);

/** For suggestions: without accents too, so that "zoe" finds "Zoë". */
export function nameContains(name: string, part: string): boolean {
  const plain = (text: string) => fold(text).normalize("NFD").replace(/\p{M}/gu, "");
  return fold(name).includes(fold(part)) || plain(name).includes(plain(part));
}
