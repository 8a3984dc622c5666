// A player at the chat beside the picture: opens it, writes, and sees what it shows.
//
// Never says anything behind the page's back: keys and clicks do.

import { PATIENCE_MS } from "./harness.mjs";

/** The words of a line. */
export const textOf = (item) => item.parts.map((part) => part.text).join("");

export class Talker {
  constructor(player) {
    this.player = player;
    this.page = player.page;
  }

  /** What the chat shows now. */
  talk() {
    return this.page.evaluate(() => window.tickwire.talk);
  }

  /** Waits until `test` of what is shown and `extra` holds. */
  async shows(what, test, extra = null) {
    const started = performance.now();
    let talk = null;
    while (performance.now() - started < PATIENCE_MS) {
      talk = await this.talk().catch(() => null);
      if (talk && test(talk, extra)) return talk;
      await new Promise((done) => { setTimeout(done, 30); });
    }
    throw new Error(`${this.player.name}: no ${what}: ${JSON.stringify(talk)}`);
  }

  /** Opens it by the key of the game. */
  async open() {
    await this.page.locator("#arena").focus();
    await this.page.keyboard.press("Enter");
    await this.page.locator("#chat-text:focus").waitFor();
  }

  /** Writes, as if pasted. */
  write(text) {
    return this.page.locator("#chat-text").fill(text);
  }

  /** Writes and sends. */
  async say(text) {
    await this.write(text);
    await this.page.locator("#chat-text").press("Enter");
  }

  /** Sends what is written, at once: keys wait for the next picture. */
  send() {
    return this.page.evaluate(() => document.getElementById("chat-form").requestSubmit());
  }

  /** The page notes what it tells outside of itself, in `window.told`. */
  listen() {
    return this.page.evaluate(() => {
      window.told = [];
      const Real = window.Notification;
      window.Notification = class extends Real {
        constructor(title, options) {
          super(title, options);
          window.told.push({ title, body: options.body });
        }
      };
    });
  }
}
