// What every browser test needs: a Chromium, pages that play, waiting for conditions, screenshots.
//
// Never sleeps to wait for something: conditions have deadlines. The server and the network in front
// of it belong to whoever started this program; they are asked for things over stdin and stdout.

import { createInterface } from "node:readline";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Where the server answers: directly, and through the relay. */
export const SERVER = process.env.TICKWIRE_SERVER;
export const RELAY = process.env.TICKWIRE_RELAY;

export const CHROMIUM = process.env.TICKWIRE_CHROMIUM ?? "/usr/bin/chromium";
const SHOTS = process.env.TICKWIRE_SHOTS ?? "target/browser";

/** The transports of a page, by their names in links. */
export const TRANSPORTS = ["webtransport", "webrtc", "websocket"];

/** For players who only watch: a small page is drawn for less. */
export const SMALL = { viewport: { width: 480, height: 320 } };

/** What nothing may take longer than on a busy machine. */
export const PATIENCE_MS = 30_000;

/** How often a page is asked whether a condition holds. */
const ASK_EVERY_MS = 20;

export const FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
  "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--mute-audio"];

let running = null;

// --- Asking whoever runs the server --------------------------------------------------------------

const answers = [];
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => answers.shift()?.(line));

/** Asks for something, such as `relay block`; resolves to the answer once it is done. */
export function ask(words) {
  const answer = new Promise((done) => { answers.push(done); });
  process.stdout.write(`ask: ${words}\n`);
  return answer.then((line) => {
    if (line.startsWith("no")) throw new Error(`${words}: ${line}`);
    return line;
  });
}

// --- Pages ---------------------------------------------------------------------------------------

function browser() {
  running ??= chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    // Playwright's own default, which would take WebTransport away.
    ignoreDefaultArgs: ["--disable-quic"],
  });
  return running;
}

/** One page and what it said. */
export class Player {
  constructor(page, name) {
    this.page = page;
    this.context = page.context();
    this.name = name;
    this.errors = [];
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
    page.on("pageerror", (error) => this.errors.push(`uncaught: ${error.message}`));
  }

  /** What the page says about itself now. */
  state() {
    return this.page.evaluate(() => window.tickwire?.state);
  }

  /** Waits until `test` of the state and `extra` holds; tells the state when it does not. */
  async until(what, test, extra = null, patience = PATIENCE_MS) {
    const started = performance.now();
    let state = null;
    while (performance.now() - started < patience) {
      // A page on its way to another address does not answer.
      state = await this.state().catch(() => null);
      if (state && test(state, extra)) return performance.now() - started;
      await new Promise((done) => { setTimeout(done, ASK_EVERY_MS); });
    }
    throw new Error(`${this.name}: no ${what} within ${patience} ms: ${JSON.stringify(state)}`);
  }

  /** Waits until it is in the room and sees its own fighter. */
  playing() {
    return this.until("game", (state) => state.phase === "playing" && state.own !== null);
  }

  command(name, argument) {
    return this.page.evaluate(([what, value]) => window.tickwire[what](value), [name, argument]);
  }

  /** Keeps a screenshot of the page. */
  async shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  assertQuiet() {
    if (this.errors.length > 0) throw new Error(`${this.name}: console errors: ${this.errors}`);
  }
}

/** The link that joins at once. */
export function link(base, { room, name, transport }) {
  const query = { room, name, join: "1" };
  if (transport) query.transport = transport;
  return `${base}/?${new URLSearchParams(query)}`;
}

/** Opens a page that shares nothing with the others; `device` may be that of a phone. */
export async function open(address, name, device = { viewport: { width: 800, height: 500 } }) {
  const context = await (await browser()).newContext(device);
  const page = await context.newPage();
  const player = new Player(page, name);
  await page.goto(address, { waitUntil: "commit" });
  return player;
}

/** Opens a page that joins at once. */
export function joining(base, choice, device) {
  return open(link(base, choice), choice.name, device);
}

/** Opens another page in the browser of one that was closed: what it kept is there. */
export async function reopen(player, choice) {
  const page = await player.context.newPage();
  const again = new Player(page, player.name);
  await page.goto(link(SERVER, choice), { waitUntil: "commit" });
  return again;
}

/** Closes everything. */
export async function close() {
  await (await running)?.close();
  lines.close();
}
