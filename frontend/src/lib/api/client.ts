/** The only place that knows how the REST interface is called. */

import { Refused, SignedOut } from "@/lib/live/refusal";

import type { components } from "./schema";

type Schemas = components["schemas"];

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type ServerState = Schemas["ServerState"];
export type Person = Schemas["Person"];

/** After this long a server that took the request and says nothing counts as not answering. */
const ANSWER_WITHIN_MS = 8000;

async function call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
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
  const error = (data as Partial<Schemas["ErrorEnvelope"]> | null)?.error;
  throw new ApiError(
    response.status,
    error?.code ?? "internal",
    error?.message ?? `The server answered with status ${response.status}.`,
  );
}

export const getSession = (): Promise<ServerState> => call("GET", "/v1/session");
export const claim = (token: string): Promise<ServerState> => call("POST", "/v1/setup", { token });
export const signOut = (): Promise<void> => call("DELETE", "/v1/session");
export const getPeople = (): Promise<Schemas["People"]> => call("GET", "/v1/people");

/** A ticket for one socket, in the terms of the live client. */
export async function takeTicket(): Promise<string> {
  try {
    return (await call<Schemas["Ticket"]>("POST", "/v1/tickets")).ticket;
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
