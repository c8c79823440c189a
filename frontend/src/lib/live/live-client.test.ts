import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LiveClient, type LiveSocket } from "./live-client";
import { Refused, SignedOut } from "./refusal";

/** A socket that does what the test tells it to. */
class FakeSocket {
  readonly listeners = new Map<string, (...args: unknown[]) => void>();
  connected = false;
  sent: unknown[][] = [];
  waited: number[] = [];
  answer: (event: string) => Promise<unknown> = () => Promise.resolve({});

  constructor(readonly auth: Record<string, string>) {}

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.listeners.set(event, listener);
    return this;
  }
  connect(): this {
    this.connected = true;
    return this;
  }
  disconnect(): this {
    this.connected = false;
    return this;
  }
  removeAllListeners(): this {
    this.listeners.clear();
    return this;
  }
  timeout(ms: number) {
    this.waited.push(ms);
    return {
      emitWithAck: (event: string, ...args: unknown[]) => {
        this.sent.push([event, ...args]);
        return this.answer(event);
      },
    };
  }
  happen(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.(...args);
  }
}

let sockets: FakeSocket[];
const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
};

function client(ticket: () => Promise<string | null>): LiveClient {
  return new LiveClient({
    ticket,
    random: () => 0.5,
    open: (auth) => {
      const socket = new FakeSocket(auth);
      sockets.push(socket);
      return socket as unknown as LiveSocket;
    },
  });
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  sockets = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("LiveClient", () => {
  it("takes a fresh ticket for each connection and waits between them", async () => {
    let number = 0;
    const live = client(() => Promise.resolve(`ticket-${++number}`));
    live.start();
    await settle();
    expect(last().auth).toEqual({ ticket: "ticket-1" });
    last().happen("connect");
    expect(live.connection.get().phase).toBe("open");

    last().happen("disconnect", "transport close");
    expect(live.connection.get()).toMatchObject({ phase: "waiting", before: true });
    await vi.advanceTimersByTimeAsync(399);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets).toHaveLength(2);
    expect(last().auth).toEqual({ ticket: "ticket-2" });
    expect(sockets[0]?.connected).toBe(false);
  });

  it("sends no ticket where none is asked for", async () => {
    const live = client(() => Promise.resolve(null));
    live.start();
    await settle();
    expect(last().auth).toEqual({});
  });

  it("stops asking when the session has ended", async () => {
    const live = client(() => Promise.reject(new SignedOut()));
    live.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(live.connection.get()).toEqual({ phase: "signed_out" });
    expect(sockets).toHaveLength(0);
  });

  it("says why the door was closed", async () => {
    const refused = client(() => Promise.reject(new Refused("overloaded")));
    refused.start();
    await settle();
    expect(refused.connection.get()).toMatchObject({ phase: "waiting", cause: "overloaded" });

    const live = client(() => Promise.resolve("t"));
    live.start();
    await settle();
    last().happen("connect_error", Object.assign(new Error("All places are taken"), { data: { code: "overloaded" } }));
    expect(live.connection.get()).toMatchObject({ phase: "waiting", cause: "overloaded" });
  });

  it("leaves no timer and no socket behind when it is stopped while connecting", async () => {
    let give: (ticket: string) => void = () => undefined;
    const live = client(() => new Promise((resolve) => (give = resolve)));
    live.start();
    live.stop();
    give("late");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(live.connection.get()).toEqual({ phase: "idle" });
  });

  it("drops an attempt nobody answers when asked to try now", async () => {
    const tickets: ((ticket: string) => void)[] = [];
    const live = client(() => new Promise((resolve) => tickets.push(resolve)));
    live.start();
    await settle();
    live.retryNow();
    await settle();
    expect(tickets).toHaveLength(2);
    tickets[0]?.("late");
    await settle();
    expect(sockets).toHaveLength(0);
    tickets[1]?.("second");
    await settle();
    expect(sockets.map((socket) => socket.auth)).toEqual([{ ticket: "second" }]);
    last().happen("connect");
    live.retryNow();
    expect(live.connection.get()).toEqual({ phase: "open" });
  });

  it("tells an answer that is late from a connection that is lost", async () => {
    const live = client(() => Promise.resolve("t"));
    live.start();
    await settle();
    last().happen("connect");
    last().answer = () => Promise.reject(new Error("timed out"));
    expect(await live.finish({})).toMatchObject({ ok: false, error: { code: "no_answer" } });
    expect(await live.cancel()).toBe(false);
    last().answer = () => new Promise((_, reject) => setTimeout(() => reject(new Error("disconnected")), 1));
    const asked = live.finish({});
    last().happen("disconnect", "transport close");
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toMatchObject({ ok: false, error: { code: "connection_lost" } });
  });

  it("waits longer for the answer to a save", async () => {
    const live = client(() => Promise.resolve("t"));
    live.start();
    await settle();
    last().happen("connect");
    await live.finish({});
    await live.cancel();
    expect(last().waited[0]).toBeGreaterThanOrEqual(15_000);
    expect(last().waited[1]).toBeLessThan(8000);
  });

  it("answers a frame with what the server said, or with the loss of the connection", async () => {
    const live = client(() => Promise.resolve("t"));
    const jpeg = new Blob(["x"]);
    expect(await live.sendFrame(jpeg, 1, 5)).toMatchObject({ kind: "error", error: { code: "connection_lost" } });
    live.start();
    await settle();
    last().happen("connect");
    last().answer = () => Promise.resolve({ seq: 1, error: { code: "overloaded", message: "Busy." } });
    expect(await live.sendFrame(jpeg, 1, 5)).toEqual({ kind: "error", error: { code: "overloaded", message: "Busy." } });
    last().answer = () => Promise.resolve({ seq: 2, superseded: true, skipped: 1 });
    expect(await live.sendFrame(jpeg, 2, 5)).toEqual({ kind: "superseded" });
    last().answer = () => Promise.reject(new Error("timed out"));
    expect(await live.sendFrame(jpeg, 3, 5)).toMatchObject({ kind: "error", error: { code: "no_answer" } });
    last().answer = () => Promise.resolve("nonsense");
    expect(await live.sendFrame(jpeg, 4, 5)).toMatchObject({ kind: "error", error: { code: "internal" } });
    expect(last().sent[0]).toEqual(["frame", jpeg, { seq: 1, captured_ms: 5 }]);
  });
});
