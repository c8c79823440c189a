/** The only place that knows how the REST interface is called. */

import { Refused, SignedOut } from "@/lib/live/refusal";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Session {
  readonly claimed: boolean;
  readonly live_access: "session" | "open";
  readonly session: { readonly role: string; readonly permissions: readonly string[]; readonly expires_at: string } | null;
  readonly version: string;
  readonly consent: { readonly version: string; readonly text: string };
  readonly engine: { readonly preset: string; readonly recipe_id: string };
}

export interface PersonSummary {
  readonly id: string;
  readonly name: string;
  readonly samples: number;
  readonly created_at: string;
  readonly has_consent: boolean;
}

async function call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : { "X-Facegate": "1" }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "unreachable", "The server does not answer.");
  }
  if (response.status === 204) return undefined as T;
  const data: unknown = await response.json().catch(() => null);
  if (response.ok) return data as T;
  const error = (data as { error?: { code?: string; message?: string } } | null)?.error;
  throw new ApiError(
    response.status,
    error?.code ?? "internal",
    error?.message ?? `The server answered with status ${response.status}.`,
  );
}

export const getSession = (): Promise<Session> => call("GET", "/v1/session");
export const claim = (token: string): Promise<Session> => call("POST", "/v1/setup", { token });
export const signOut = (): Promise<void> => call("DELETE", "/v1/session");
export const getPeople = (): Promise<{ people: PersonSummary[]; total: number }> => call("GET", "/v1/people");

/** A ticket for one socket, in the terms of the live client. */
export async function takeTicket(): Promise<string> {
  try {
    return (await call<{ ticket: string }>("POST", "/v1/tickets")).ticket;
  } catch (error) {
    if (error instanceof ApiError) {
      if (error.status === 401) throw new SignedOut();
      if (error.status === 403) throw new Refused("forbidden");
      if (error.code === "overloaded") throw new Refused("overloaded");
      if (error.code === "not_ready") throw new Refused("not_ready");
    }
    throw error;
  }
}
