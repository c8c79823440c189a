// What every browser scenario shares: Chromium with a file as its camera, and a watch on what must never happen.
import { createRequire } from "node:module";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const QUIET = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
];

/** A similarity as the API sends it: people must never see one. */
const RAW_SCORE = /\b0\.[789]\d/;

/**
 * Start Chromium on a page of the server.
 * camera: a y4m file, "none" for a computer without one, or "denied" for a person who says no.
 */
export async function openBrowser({ camera, base, viewport = { width: 1280, height: 800 }, colorScheme = "light", ...context }) {
  const args = [...QUIET];
  // A name that is not loopback, for plain http: browsers give it no camera.
  args.push("--host-resolver-rules=MAP facegate.test 127.0.0.1");
  if (camera === "denied") args.push("--use-fake-device-for-media-stream", "--deny-permission-prompts");
  else if (camera !== "none") {
    args.push("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
    args.push(`--use-file-for-fake-video-capture=${camera}`);
  }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args,
  });
  const pages = await browser.newContext({ viewport, colorScheme, ...context });
  const page = await pages.newPage();
  const faults = [];
  const origin = new URL(base).origin;
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith(origin.replace("http", "ws"))) faults.push(`foreign request: ${url}`);
  });
  return { browser, page, faults, context: pages };
}

export async function shoot(page, folder, name) {
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** Fail when the visible or spoken text holds a raw score. */
export async function noRawScore(page) {
  const text = await page.evaluate(() => {
    const attributes = [...document.querySelectorAll("[aria-label], [title], [alt]")].flatMap((element) =>
      ["aria-label", "title", "alt"].map((name) => element.getAttribute(name) ?? ""),
    );
    return [document.body.textContent ?? "", ...attributes].join("\n");
  });
  const found = text.match(RAW_SCORE);
  if (found) throw new Error(`the page shows a raw score: ${found[0]} in ${text.slice(Math.max(0, found.index - 40), found.index + 40)}`);
}

/** Start the camera where the page asks first. */
export async function startCamera(page) {
  const start = page.getByRole("button", { name: "Start camera" });
  const video = page.locator("video");
  await start.or(video).first().waitFor();
  if (await start.isVisible()) await start.click();
}

/** Fill the form of "Add a person" and press Start. */
export async function addPerson(page, name, { first = true } = {}) {
  await page.getByRole("button", { name: first ? "Add the first person" : "Add person", exact: true }).click();
  await page.getByRole("combobox", { name: "Name" }).fill(name);
  await page.getByText("agree").first().click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
}

const lines = readline.createInterface({ input: process.stdin });
const waiting = [];
lines.on("line", (line) => waiting.shift()?.(line));

/** Ask the test that runs this scenario to do something to the server, and wait until it is done. */
export function askTest(request) {
  const answer = new Promise((resolve) => waiting.push(resolve));
  process.stdout.write(`${JSON.stringify({ ask: request })}\n`);
  return answer;
}

/** Run the scenario named on the command line; its fault or success is the process's. */
export async function main(scenarios) {
  const options = JSON.parse(process.argv[3] ?? "{}");
  const scenario = scenarios[process.argv[2]];
  if (!scenario) throw new Error(`no scenario ${process.argv[2]}; there are ${Object.keys(scenarios).join(", ")}`);
  try {
    const result = (await scenario(options)) ?? {};
    process.stdout.write(`${JSON.stringify({ done: true, ...result })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ done: false, error: String(error?.stack ?? error) })}\n`);
    process.exitCode = 1;
  } finally {
    lines.close();
  }
  // A browser left open by a failed scenario would keep this process alive; it ends with it.
  if (process.exitCode) process.stdout.write("", () => process.exit());
}
