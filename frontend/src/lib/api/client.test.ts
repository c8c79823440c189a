import { afterEach, describe, expect, it, vi } from "vitest";

import { takeTicket } from "./client";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("call", () => {
  it("gives up on a server that takes the request and says nothing", async () => {
    const timeout = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(timeout.signal);
    vi.stubGlobal(
      "fetch",
      (_: string, { signal }: RequestInit) =>
        new Promise((__, reject) => signal?.addEventListener("abort", () => reject(new DOMException("late", "TimeoutError")))),
    );
    const ticket = takeTicket();
    timeout.abort();
    await expect(ticket).rejects.toMatchObject({ code: "unreachable" });
  });
});
