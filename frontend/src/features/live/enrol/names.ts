/** Names as the server compares them, and what tells people of one name apart. */

import type { Person } from "@/lib/api/client";

/** Composed, trimmed, inner runs of white space as one space. */
export const tidyName = (text: string): string => text.normalize("NFC").trim().replace(/\s+/gu, " ");

const fold = (text: string): string => tidyName(text).toLocaleLowerCase("en");

export const sameName = (a: string, b: string): boolean => fold(a) === fold(b);

/** For suggestions: without accents too, so that "zoe" finds "Zoë". */
export function nameContains(name: string, part: string): boolean {
  const plain = (text: string) => fold(text).normalize("NFD").replace(/\p{M}/gu, "");
  return fold(name).includes(fold(part)) || plain(name).includes(plain(part));
}

export const counted = (pictures: number): string => (pictures === 1 ? "1 picture" : `${pictures} pictures`);

/** "5 pictures, added 20 Nov 2026, 12:34" */
export function tellApart({ samples, created_at }: Pick<Person, "samples" | "created_at">): string {
  const added = new Date(created_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  return `${counted(samples)}, added ${added}`;
}
