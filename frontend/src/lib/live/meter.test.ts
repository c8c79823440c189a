import { describe, expect, it } from "vitest";

import { Meter } from "./meter";

function filled(every: number, delay: number, timings: Record<string, number>): Meter {
  const meter = new Meter();
  for (let at = 0; at <= 2000; at += every) meter.answered(at - delay, at - delay + 5, at, timings);
  return meter;
}

describe("Meter", () => {
  it("counts answers of the last two seconds and their delay", () => {
    const pace = filled(50, 80, { total: 40 }).pace(2000, 30);
    expect(pace).toMatchObject({ answersPerSecond: 20, delayMs: 80, slowness: null });
  });

  it("blames the network when most of the delay is on the way", () => {
    expect(filled(200, 600, { total: 60 }).pace(2000, 30)?.slowness).toBe("network");
  });

  it("blames the server when pictures wait there or it says so", () => {
    expect(filled(200, 600, { total: 500, queue: 300 }).pace(2000, 30)?.slowness).toBe("server");
    const meter = filled(50, 80, { total: 40 });
    meter.busy(1900);
    expect(meter.pace(2000, 30)?.slowness).toBe("server");
    expect(meter.pace(3950, 30)?.slowness ?? null).toBeNull();
  });

  it("blames a camera that gives few pictures", () => {
    expect(filled(200, 90, { total: 30 }).pace(2000, 5)?.slowness).toBe("camera");
  });

  it("counts the pictures that the camera showed beside those that were answered", () => {
    const meter = filled(250, 240, { total: 230 });
    for (let at = 0; at <= 2000; at += 66) meter.shown(at);
    expect(meter.pace(2000, 15)).toMatchObject({ answersPerSecond: 4, picturesPerSecond: 15, slowness: "server" });
  });

  it("knows nothing before the first answer and after two seconds without one", () => {
    expect(new Meter().pace(0, 30)).toBeNull();
    expect(filled(50, 80, { total: 40 }).pace(4100, 30)).toBeNull();
  });
});
