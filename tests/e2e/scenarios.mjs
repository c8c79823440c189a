// What a person does with the page, and what the page must show. Run by test_page.py.
import assert from "node:assert/strict";

import { addPerson, askTest, main, noRawScore, openBrowser, shoot, startCamera } from "./harness.mjs";

/** Open the page through an owner link and start the camera. */
async function enter(options, extra = {}) {
  const opened = await openBrowser({ ...options, ...extra });
  opened.page.setDefaultTimeout(20_000);
  await opened.page.goto(options.link);
  await startCamera(opened.page);
  return opened;
}

/** Press a face as a hand does: where it is now. Playwright's own click waits until it stops moving. */
async function pressFace(page, press) {
  const box = await page.locator(".face-area").first().boundingBox();
  await press(box.x + box.width / 2, box.y + box.height / 2);
}

const label = (page, text) => page.locator(".face-label", { hasText: text });

/** Leave the browser only after checking that nothing forbidden has happened in it. */
async function leave({ browser, page, faults }, { allowed = [] } = {}) {
  await noRawScore(page);
  await browser.close();
  assert.deepEqual(
    faults.filter((fault) => !allowed.some((pattern) => pattern.test(fault))),
    [],
  );
}

/** Who looks into the camera must see the picture, and read the line on it and the headline beside it. */
async function pictureInView(page) {
  const hidden = await page.evaluate(() =>
    [".stage", ".stage-hint", ".enrol h2"].filter((selector) => {
      const element = document.querySelector(selector);
      if (!element) return false;
      const { top, bottom } = element.getBoundingClientRect();
      const stage = document.querySelector(".stage").getBoundingClientRect();
      const covered = selector === ".enrol h2" && innerWidth <= 760 && top < stage.bottom;
      return top < -1 || bottom > innerHeight + 1 || covered;
    }),
  );
  assert.deepEqual(hidden, [], "out of sight");
}

/** What has the focus, in words. */
const focused = (page) => page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent?.trim()}`);

/** Nothing may reach past the right edge. */
async function fitsWidth(page) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= room, `the page is ${wide} px wide on a screen of ${room} px`);
}

await main({
  /** Owner link, first person, recognised; then every view of the page in both themes. */
  async enrol(options) {
    const opened = await enter(options);
    const { page } = opened;
    const shot = (name) => shoot(page, options.pictures, name);
    await page.getByText("Nobody here yet").waitFor();
    assert.ok(!page.url().includes("setup"), "the token is still in the address");
    const history = await page.evaluate(() => window.history.length);
    await label(page, "Unknown").waitFor();
    await shot("1-nobody-yet");

    await addPerson(page, "Ana Silva");
    await page.locator(".slots li[data-state=taken]").nth(1).waitFor();
    await shot("2-pictures");
    const started = Date.now();
    await page.getByRole("heading", { name: "Ana Silva is saved" }).waitFor();
    await page.getByText("Recognised").waitFor();
    const provedMs = Date.now() - started;
    await label(page, "Ana Silva").waitFor();
    await shot("3-saved");
    await page.getByRole("button", { name: "Done" }).click();
    await page.waitForTimeout(2500);
    await shot("4-recognised");
    assert.match(await page.locator(".stage > [aria-live=polite]").textContent(), /^Ana Silva/);

    await pressFace(page, (x, y) => page.mouse.click(x, y));
    const card = page.getByRole("dialog", { name: "Ana Silva" });
    await card.getByText("strangers look this alike").waitFor();
    await shot("5-details");
    await noRawScore(page);
    await page.keyboard.press("Escape");
    assert.equal(await card.count(), 0);

    await page.locator(".chip").click();
    await page.getByText("From camera to name").waitFor();
    const answersPerSecond = Number((await page.locator(".chip .figures").textContent()).match(/^(\d+)/)[1]);
    await shot("6-where-time-goes");
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "Use dark colours" }).click();
    await page.waitForTimeout(300);
    await shot("7-dark");
    await page.getByRole("button", { name: "Add person" }).click();
    await page.getByRole("combobox", { name: "Name" }).fill("ana silva");
    await page.getByText("Ana Silva exists already").waitFor();
    await shot("8-namesake");
    await page.getByRole("combobox", { name: "Name" }).fill("sil");
    await page.getByRole("option", { name: "Ana Silva" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal(await page.getByRole("combobox", { name: "Name" }).inputValue(), "Ana Silva");
    assert.ok(await page.getByRole("radio", { name: "Add pictures to Ana Silva" }).isChecked());
    await page.getByText("agrees").first().click();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const save = page.getByRole("button", { name: "Save now (basic)" });
    await save.click();
    await page.getByText("Recognised").waitFor();
    await page.getByRole("button", { name: "Done" }).click();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    assert.equal(await page.evaluate(() => window.history.length), history);
    await shot("9-signed-out");
    await leave(opened);
    return { answersPerSecond, provedMs };
  },

  /** The same face under a second name: the page asks before it saves. */
  async lookalike(options) {
    const opened = await enter(options);
    const { page } = opened;
    await addPerson(page, "Ana Silva");
    await page.getByRole("button", { name: "Add another" }).click();
    await page.getByRole("combobox", { name: "Name" }).fill("Somebody Else");
    await page.getByText("agrees").first().click();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("heading", { name: "Same person as Ana Silva?" }).waitFor();
    await shoot(page, options.pictures, "question");
    await page.getByRole("button", { name: "Same person: add to Ana Silva" }).click();
    await page.getByRole("heading", { name: "Ana Silva is saved" }).waitFor();
    await page.getByText("Recognised").waitFor();
    const people = await page.evaluate(async () => (await fetch("/v1/people")).json());
    assert.deepEqual(people.people.map(({ name }) => name), ["Ana Silva"]);
    // The camera is a loop, and a picture the person has already is not stored again.
    assert.ok(people.people[0].samples > 5, `${people.people[0].samples} pictures`);
    await leave(opened);
  },

  /** A saved person's face has a name; another face before the same server has none. */
  async stranger(options) {
    const first = await enter(options);
    await addPerson(first.page, "Ana Silva");
    await first.page.getByText("Recognised").waitFor();
    const state = await first.context.storageState();
    await leave(first);

    const second = await openBrowser({ ...options, camera: options.stranger, storageState: state });
    await second.page.goto(options.base);
    await startCamera(second.page);
    await label(second.page, "Unknown").waitFor();
    for (let i = 0; i < 20; i += 1) {
      assert.equal(await label(second.page, "Ana").count(), 0, "a stranger was named");
      await second.page.waitForTimeout(100);
    }
    await second.page.getByRole("button", { name: "Who is this?" }).click();
    await second.page.getByRole("combobox", { name: "Name" }).waitFor();
    await shoot(second.page, options.pictures, "unknown");
    await leave(second);
  },

  /** Without a mouse: from the start to the name. */
  async keyboard(options) {
    const opened = await enter(options, { reducedMotion: "reduce" });
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    const reach = async (role, name) => {
      for (let i = 0; i < 30; i += 1) {
        await page.keyboard.press("Tab");
        const there = await page.evaluate(() => {
          const element = document.activeElement;
          return `${element?.getAttribute("role") ?? element?.tagName} ${element?.getAttribute("aria-label") ?? element?.textContent}`;
        });
        if (there.startsWith(role) && there.includes(name)) return;
      }
      throw new Error(`Tab does not reach ${role} ${name}`);
    };
    await reach("BUTTON", "Unknown: details");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Unknown" }).waitFor();
    await shoot(page, options.pictures, "card");
    await page.keyboard.press("Escape");
    await reach("BUTTON", "Add the first person");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Ana Silva");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await shoot(page, options.pictures, "form");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Ana Silva is saved" }).waitFor();
    await page.getByText("Recognised").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H2");
    const longest = await page.evaluate(() =>
      Math.max(...document.getAnimations().map((a) => Number(a.effect?.getTiming().duration ?? 0)), 0),
    );
    assert.ok(longest <= 200, `an animation of ${longest} ms runs although less motion was asked for`);
    await leave(opened);
  },

  /** A proxy that lets no WebSocket through: long polling carries the pictures. */
  async polling(options) {
    const opened = await openBrowser(options);
    const { page } = opened;
    page.setDefaultTimeout(20_000);
    await page.addInitScript(() => {
      window.WebSocket = class extends EventTarget {
        constructor() {
          super();
          setTimeout(() => {
            this.onerror?.(new Event("error"));
            this.onclose?.(new CloseEvent("close", { code: 1006 }));
          }, 50);
        }
        close() {}
      };
    });
    await page.goto(options.link);
    await startCamera(page);
    await label(page, "Unknown").waitFor();
    await leave(opened);
  },

  /** The server dies without a word: the picture freezes, grey and without boxes; then everything heals by itself. */
  async lost(options) {
    const opened = await enter(options);
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    await askTest("kill");
    await page.getByRole("heading", { name: "Reconnecting…" }).waitFor();
    await page.waitForTimeout(400);
    await shoot(page, options.pictures, "reconnecting");
    const frozen = await page.evaluate(() => {
      const video = document.querySelector("video");
      return { paused: video.paused, filter: getComputedStyle(video).filter, faces: document.querySelectorAll(".face").length };
    });
    assert.equal(frozen.paused, true);
    assert.match(frozen.filter, /grayscale\(1\)/);
    assert.equal(frozen.faces, 0);
    await askTest("start");
    const started = Date.now();
    await label(page, "Unknown").waitFor({ timeout: 30_000 });
    const healedMs = Date.now() - started;
    assert.equal(await page.evaluate(() => document.querySelector("video").paused), false);
    // A browser reports refused connections on the console; that is the state under test.
    await leave(opened, { allowed: [/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /WebSocket connection to/, /ERR_EMPTY_RESPONSE/] });
    return { healedMs };
  },

  /** A small phone held upright. */
  async phone(options) {
    const opened = await enter(options, {
      viewport: { width: 360, height: 640 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    });
    const { page } = opened;
    const shot = (name) => shoot(page, options.pictures, name);
    await label(page, "Unknown").waitFor();
    await fitsWidth(page);
    await shot("1-nobody-yet");
    await page.getByRole("button", { name: "Add the first person" }).tap();
    await shot("2-form");
    await page.getByRole("combobox", { name: "Name" }).fill("Maximiliane Konstantinopoulou-Featherstonehaugh");
    await page.getByText("agrees").first().tap();
    await page.getByRole("button", { name: "Start", exact: true }).tap();
    await page.locator(".slots li[data-state=taken]").nth(2).waitFor();
    await fitsWidth(page);
    await pictureInView(page);
    await shot("3-pictures");
    await page.getByText("Recognised").waitFor();
    await fitsWidth(page);
    await pictureInView(page);
    await shot("4-saved");
    await page.getByRole("button", { name: "Done" }).tap();
    await pressFace(page, (x, y) => page.touchscreen.tap(x, y));
    await page.getByRole("dialog").waitFor();
    await fitsWidth(page);
    await shot("5-details");
    const inside = await page.evaluate(() => {
      const stage = document.querySelector(".stage").getBoundingClientRect();
      return [...document.querySelectorAll(".face-label")].every((element) => {
        const box = element.getBoundingClientRect();
        return box.left >= stage.left && box.right <= stage.right && box.top >= stage.top && box.bottom <= stage.bottom;
      });
    });
    assert.ok(inside, "a name lies outside the picture");
    await leave(opened);
  },

  /** A desktop at 200 % zoom is a page of half the size. */
  async zoom(options) {
    const opened = await enter(options, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, colorScheme: "dark" });
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    await fitsWidth(page);
    await addPerson(page, "عبد الرحمن الصحراوي");
    await page.locator(".slots li[data-state=taken]").nth(2).waitFor();
    await pictureInView(page);
    await shoot(page, options.pictures, "pictures");
    await page.getByText("Recognised").waitFor();
    await label(page, "عبد الرحمن").waitFor();
    await pictureInView(page);
    await page.waitForTimeout(300);
    await fitsWidth(page);
    await shoot(page, options.pictures, "zoom");
    await leave(opened);
  },

  /** Signing out anywhere ends the live picture everywhere, within two seconds. */
  async revoked(options) {
    const opened = await enter(options);
    const { page, context } = opened;
    await label(page, "Unknown").waitFor();
    const other = await context.newPage();
    await other.goto(options.base);
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByRole("heading", { name: "You are signed out" }).waitFor();
    const started = Date.now();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    const endedMs = Date.now() - started;
    assert.equal(await page.locator("video").count(), 0);
    await leave(opened, { allowed: [/401/] });
    return { endedMs };
  },

  /** A server with one place: the second viewer waits, and comes in when the first leaves. */
  async overloaded(options) {
    const opened = await enter(options);
    await label(opened.page, "Unknown").waitFor();
    const second = await opened.context.newPage();
    await second.goto(options.base);
    await startCamera(second);
    await second.getByRole("heading", { name: "Busy right now" }).waitFor();
    await shoot(second, options.pictures, "busy");
    await opened.page.close();
    // It may come in by itself before the button is pressed.
    await second.getByRole("button", { name: "Try now" }).click({ timeout: 1000 }).catch(() => undefined);
    await label(second, "Unknown").waitFor();
    await leave({ ...opened, page: second });
  },

  /** The picture of the documentation: a face that anybody may print. */
  async portrait(options) {
    const opened = await enter(options, { viewport: { width: 1280, height: 760 } });
    const { page } = opened;
    await addPerson(page, options.name);
    await page.getByText("Recognised").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.mouse.move(1270, 750);
    await label(page, options.name).waitFor();
    await page.waitForTimeout(2500);
    await shoot(page, options.pictures, "live");
    await leave(opened);
  },

  /** A link works once. */
  async link(options) {
    const first = await openBrowser({ ...options, camera: "none" });
    await first.page.goto(options.base);
    await first.page.getByRole("heading", { name: "Open the owner's link" }).waitFor();
    await shoot(first.page, options.pictures, "1-unclaimed");
    // In the tab that is open already, only the fragment changes.
    await first.page.goto(options.link);
    await first.page.getByRole("link", { name: "Live" }).waitFor();
    await leave(first);
    const second = await openBrowser({ ...options, camera: "none" });
    await second.page.goto(options.link);
    await second.page.getByRole("heading", { name: "This link does not work any more" }).waitFor();
    await shoot(second.page, options.pictures, "2-used");
    await leave(second, { allowed: [/410/, /401/] });
  },

  /** The server stands still with its sockets open: what it said before is not true any more. */
  async silent(options) {
    const opened = await enter(options);
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    await askTest("freeze");
    await page.waitForTimeout(1000);
    assert.equal(await page.locator(".rows li").count(), 0, "somebody stands in view although nobody looks");
    assert.equal(await page.locator(".face").count(), 0);
    await page.getByRole("heading", { name: "The server does not answer" }).waitFor({ timeout: 4000 });
    await shoot(page, options.pictures, "silent");
    await page.waitForTimeout(2000);
    assert.equal(await page.locator(".stage > [aria-live=polite]").textContent(), "");
    await askTest("thaw");
    await label(page, "Unknown").waitFor();
    await page.getByRole("heading", { name: "The server does not answer" }).waitFor({ state: "detached" });
    await leave(opened);
  },

  /** One request for a ticket that nobody answers. */
  async unanswered(options) {
    const opened = await openBrowser(options);
    const { page } = opened;
    page.setDefaultTimeout(20_000);
    let asked = 0;
    await page.route("**/v1/tickets", (route) => ((asked += 1) === 1 ? undefined : route.continue()));
    await page.goto(options.link);
    await startCamera(page);
    await label(page, "Unknown").waitFor();
    assert.ok(asked >= 2);
    await leave(opened, { allowed: [/ERR_/] });
  },

  /** Pictures of a try that was given up do not count, and the keyboard never loses its place. */
  async afresh(options) {
    const opened = await enter(options);
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    const taken = page.locator(".slots li[data-state=taken]");
    const begin = async (name) => {
      await page.getByRole("button", { name: /^Add/ }).click();
      await page.getByRole("combobox", { name: "Name" }).fill(name);
      await page.getByText("agree").first().click();
      await page.getByRole("button", { name: "Start", exact: true }).click();
    };
    await begin("Beth");
    await taken.nth(1).waitFor();
    assert.equal(await focused(page), "H2 Beth");
    assert.equal(await page.getByRole("button", { name: "Who is this?" }).count(), 0);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Add the first person" }).waitFor();
    assert.equal(await focused(page), "BUTTON Add the first person");

    await begin("Beth");
    await taken.first().waitFor();
    assert.equal(await taken.count(), 1, "pictures of the first try count for the second");
    assert.equal(await page.locator(".slots canvas").count(), 1);
    await page.locator(".stage").hover();
    await page.getByRole("button", { name: "Stop camera" }).click();
    await page.getByText("The camera is off.").waitFor();
    assert.match(await focused(page), /^SECTION/);
    await shoot(page, options.pictures, "camera-off");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "BUTTON Start camera");
    await page.keyboard.press("Enter");
    await page.locator("video").waitFor();
    assert.match(await focused(page), /^SECTION/);
    await page.getByText("Recognised").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    assert.equal(await focused(page), "BUTTON Add person");
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
    await leave(opened);
  },

  /** The answer to a save comes eight seconds late, and is believed. */
  async late_save(options) {
    const opened = await enter(options);
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    await addPerson(page, "Ana");
    await page.locator(".slots li[data-state=taken]").nth(1).waitFor();
    await askTest("freeze");
    await page.getByRole("button", { name: "Save now (basic)" }).click();
    await page.waitForTimeout(8000);
    await page.getByText("Saving…").waitFor();
    await askTest("thaw");
    await page.getByRole("heading", { name: "Ana is saved" }).waitFor();
    await leave(opened);
  },

  /** One face under two names: neither can be shown, and the page says so. */
  async twins(options) {
    const opened = await enter(options);
    const { page } = opened;
    await addPerson(page, "Ana");
    await page.getByRole("button", { name: "Add another" }).click();
    await page.getByRole("combobox", { name: "Name" }).fill("ana");
    await page.getByText(/1 picture|pictures, added/).first().waitFor();
    await page.getByRole("radio", { name: "A new person of the same name" }).check({ force: true });
    await shoot(page, options.pictures, "namesake");
    await page.getByText("agrees").first().click();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("button", { name: /Same person: add to Ana \(5 pictures, added / }).waitFor();
    await shoot(page, options.pictures, "question");
    await page.getByRole("button", { name: "Someone else" }).click();
    await page.getByText("This looks like Ana as well, so no name may be shown.").or(page.getByText("Recognised")).waitFor();
    await shoot(page, options.pictures, "late");
    await leave(opened);
  },

  /** A face too small in a small picture is named once larger ones are sent. */
  async distant(options) {
    const opened = await openBrowser(options);
    const { page } = opened;
    page.setDefaultTimeout(20_000);
    await page.addInitScript(() => {
      const draw = CanvasRenderingContext2D.prototype.drawImage;
      CanvasRenderingContext2D.prototype.drawImage = function (...given) {
        if (given[0] instanceof HTMLVideoElement && given.length === 5 && given[3] > 16) window.sentWidth = given[3];
        return draw.apply(this, given);
      };
    });
    await page.goto(options.link);
    await startCamera(page);
    await page.waitForFunction(() => window.sentWidth === 640);
    await page.waitForFunction(() => window.sentWidth === 1280);
    await label(page, "Unknown").waitFor();
    await shoot(page, options.pictures, "distant");
    await leave(opened);
  },

  /** No camera, or a camera that cannot be had. */
  async camera(options) {
    const opened = await openBrowser({ ...options, camera: options.camera });
    const { page } = opened;
    if (options.stub) {
      await page.addInitScript((name) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("stub", name));
      }, options.stub);
    }
    if (options.blocked) {
      await page.addInitScript(() => {
        Object.defineProperty(document, "featurePolicy", { value: { allowsFeature: () => false } });
      });
    }
    await page.goto(options.link);
    const start = page.getByRole("button", { name: "Start camera" });
    const headline = page.getByRole("heading", { name: options.headline });
    await start.or(headline).first().waitFor();
    if (await start.isVisible()) await start.click();
    await headline.waitFor();
    await shoot(page, options.pictures, options.name);
    if (options.retry) {
      // Try again restarts without a reload and ends in the same words.
      await page.evaluate(() => (window.sameDocument = true));
      await page.getByRole("button", { name: options.retry }).click();
      await page.getByRole("heading", { name: options.headline }).waitFor();
      assert.equal(await page.evaluate(() => window.sameDocument), true);
    }
    await leave(opened);
  },

  /** A covered lens. */
  async black(options) {
    const opened = await enter(options);
    await opened.page.getByRole("heading", { name: "The picture is black" }).waitFor();
    await shoot(opened.page, options.pictures, "black");
    await leave(opened);
  },

  /** The camera's light goes out with the button and with the page. */
  async release(options) {
    const opened = await enter(options);
    const { page } = opened;
    await label(page, "Unknown").waitFor();
    const track = await page.evaluateHandle(() => document.querySelector("video").srcObject.getVideoTracks()[0]);
    await page.locator(".stage").hover();
    await page.getByRole("button", { name: "Stop camera" }).click();
    await page.getByRole("button", { name: "Start camera" }).waitFor();
    assert.equal(await track.evaluate((t) => t.readyState), "ended");
    await startCamera(page);
    await label(page, "Unknown").waitFor();
    const second = await page.evaluateHandle(() => document.querySelector("video").srcObject.getVideoTracks()[0]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    assert.equal(await second.evaluate((t) => t.readyState), "ended");
    await leave(opened);
  },
});
