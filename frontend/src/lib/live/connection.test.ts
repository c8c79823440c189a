import { describe, expect, it } from "vitest";

import { type Connection, type ConnectionEvent, backoffMs, nextConnection } from "./connection";

const run = (...events: ConnectionEvent[]): Connection =>
  events.reduce<Connection>(nextConnection, { phase: "idle" });
const start: ConnectionEvent = { type: "start" };
const opened: ConnectionEvent = { type: "opened" };
const retry: ConnectionEvent = { type: "retry" };
const dropped = (cause: "lost" | "overloaded" | "unreachable" = "lost"): ConnectionEvent => ({ type: "dropped", cause, random: 0.5 });

describe("nextConnection", () => {
  it("tells a connection that was lost from one that never was", () => {
    expect(run(start, opened, dropped())).toMatchObject({ phase: "waiting", before: true, attempt: 0 });
    expect(run(start, dropped("unreachable"))).toMatchObject({ phase: "waiting", before: false });
    expect(run(start, opened, dropped(), retry)).toMatchObject({ phase: "connecting", before: true, attempt: 1 });
  });

  it("waits longer after each failure and starts over after a success", () => {
    const twice = run(start, dropped(), retry, dropped(), retry, dropped());
    const after = run(start, dropped(), retry, dropped(), retry, opened, dropped());
    expect(twice).toMatchObject({ phase: "waiting", attempt: 2, delayMs: 1600 });
    expect(after).toMatchObject({ phase: "waiting", attempt: 0, delayMs: 400 });
  });

  it("keeps the cause while trying again, so that the words do not flicker", () => {
    expect(run(start, dropped("overloaded"), retry)).toMatchObject({ phase: "connecting", cause: "overloaded" });
  });

  it("ends for good when signed out or stopped, until it is started again", () => {
    expect(run(start, { type: "signed_out" }, retry, dropped())).toEqual({ phase: "signed_out" });
    expect(run(start, opened, { type: "stop" }, dropped(), retry)).toEqual({ phase: "idle" });
    expect(run(start, { type: "stop" }, start)).toMatchObject({ phase: "connecting", attempt: 0 });
  });

  it("ignores what does not fit", () => {
    const open = run(start, opened);
    expect(nextConnection(open, retry)).toBe(open);
    expect(nextConnection(open, opened)).toBe(open);
    expect(nextConnection({ phase: "idle" }, dropped())).toEqual({ phase: "idle" });
  });
});

describe("backoffMs", () => {
  it("doubles, spreads by a quarter and stays under its cap", () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0.5))).toEqual([400, 800, 1600, 3200]);
    expect(backoffMs(30, 0)).toBe(7500);
    expect(backoffMs(30, 0.999)).toBeLessThanOrEqual(12_500);
  });
});
