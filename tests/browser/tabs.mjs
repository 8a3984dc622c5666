// A Chromium whose tabs can really be hidden and frozen, as a browser does with pages nobody looks at.
//
// Never plays: pages are opened here and steered as all others. The usual pages of these tests claim
// to be looked at whatever happens, since their driver emulates focus; freezing one does nothing.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM, FLAGS, Player } from "./harness.mjs";

/** One window of tabs. */
export class Tabs {
  /** Starts a browser of its own. */
  static async open({ width, height }) {
    const tabs = new Tabs();
    tabs.profile = mkdtempSync(join(tmpdir(), "tickwire-tabs-"));
    tabs.child = spawn(CHROMIUM, [...FLAGS, "--headless=new", `--window-size=${width},${height}`,
      "--remote-debugging-port=0", `--user-data-dir=${tabs.profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"] });
    // Without these it keeps its page as its driver found it, and so says whether it is looked at.
    tabs.browser = await chromium.connectOverCDP(await address(tabs.child), { noDefaults: true });
    [tabs.context] = tabs.browser.contexts();
    [tabs.cover] = tabs.context.pages();
    return tabs;
  }

  /** A tab in front of the others. */
  async add(link, name) {
    const page = await this.context.newPage();
    const player = new Player(page, name);
    await page.goto(link, { waitUntil: "commit" });
    player.devtools = await this.context.newCDPSession(page);
    // When it was last looked at again, on its own clock.
    await page.evaluate(() => {
      document.addEventListener("visibilitychange", () => {
        if (!document.hidden) window.shownAt = performance.now();
      });
    });
    return player;
  }

  /** Another tab covers this one. */
  async hide(player) {
    await this.cover.bringToFront();
    await player.page.waitForFunction(() => document.hidden, null, { polling: 50 });
  }

  /** A browser stops what has been hidden for long: no timer fires, no packet is read. */
  async freeze(player) {
    await player.page.evaluate(() => {
      window.wasFrozen = false;
      document.addEventListener("freeze", () => { window.wasFrozen = true; }, { once: true });
    });
    await player.devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  }

  /** Its player comes back. */
  async show(player) {
    await player.devtools.send("Page.setWebLifecycleState", { state: "active" });
    await player.page.bringToFront();
    await player.page.waitForFunction(() => !document.hidden, null, { polling: 20 });
  }

  async close() {
    await this.browser.close();
    const ended = new Promise((done) => { this.child.once("exit", done); });
    this.child.kill();
    await ended;
    // Its helper processes write for a moment longer. A profile that cannot be removed says nothing about
    // the game.
    try {
      rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch (problem) {
      console.log(`left behind: ${problem.message}`);
    }
  }
}

/** Where the browser listens, which it says itself. */
function address(child) {
  return new Promise((found, failed) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const match = /DevTools listening on (\S+)/.exec(said);
      if (match) found(match[1]);
    });
    child.once("exit", () => failed(new Error(`the browser ended: ${said}`)));
  });
}
