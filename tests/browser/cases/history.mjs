// A page that comes late sees the newest lines of the room, and the older ones as it scrolls up: what it looks
// at stays where it is, each line is there once, and at the first of all it is told so.

import { PATIENCE_MS, SERVER, SMALL, joining } from "../harness.mjs";
import { assert } from "../acts.mjs";
import { Talker, textOf } from "../talk.mjs";

const room = "history";

/** Lines that are said before the page comes: what it is sent at once, and three pages more. */
const LINES = 100;

/** Pixels by which a line may be off its place: browsers round. */
const OFF_MAX = 1.5;

const saidIn = (talk) => talk.items.filter((item) => item.item === "line").map(textOf);
const texts = (from) => Array.from({ length: LINES - from }, (_, at) => `line ${from + at}`);

export async function history() {
  const ann = new Talker(await joining(SERVER, { room, name: "Ann" }, SMALL));
  await ann.player.playing();
  await says(ann, texts(0));
  await ann.shows("all lines", (talk, count) => talk.items.filter((item) => item.item === "line").length === count, LINES);
  const bob = new Talker(await joining(SERVER, { room, name: "Bob" }));
  await bob.player.playing();
  await bob.open();
  await bob.page.locator("#chat-lines .line", { hasText: `line ${LINES - 1}` }).waitFor();
  assert(await bob.page.locator("#chat-lines .begin").count() === 0, "it is told that nothing is before");
  let first = LINES - saidIn(await bob.talk()).length;
  assert(first > 48, `the page has everything from ${first} on at once`);
  for (let pages = 0; first > 0; pages += 1) {
    assert(pages < 4, `after ${pages} pages it has the lines from ${first} on`);
    const { before, after, next } = await scrollUp(bob);
    assert(next < first, `the oldest line is ${next} after ${first}`);
    assert(Math.abs(after - before) <= OFF_MAX, `line ${first} was at ${before} and is at ${after}`);
    first = next;
    const said = saidIn(await bob.talk());
    assert(`${said}` === `${texts(first)}`, `it has ${said}`);
    if (pages === 0) await bob.player.shot("chat-history");
  }
  await bob.page.locator("#chat-lines .begin").waitFor();
  await bob.page.evaluate(() => { document.getElementById("chat-lines").scrollTop = 0; });
  await bob.player.shot("chat-history-first");
  ann.player.assertQuiet();
  bob.player.assertQuiet();
}

/** Says as many lines as are taken at a time. */
function says(talker, lines) {
  return talker.page.evaluate(async (all) => {
    while (all.length > 0) {
      if (window.tickwire.chat(all[0])) all.shift();
      else await new Promise((done) => { setTimeout(done, 20); });
    }
  }, lines);
}

/**
 * Scrolls almost to the top and waits until older lines are there: where the line that was the oldest stood
 * before and stands after, and which is the oldest now. The page itself looks, so that nothing is between.
 */
async function scrollUp(talker) {
  const found = await talker.page.evaluate(async (patience) => {
    const list = document.getElementById("chat-lines");
    const oldest = () => list.querySelector(".line");
    const [line, offset] = [oldest(), oldest().dataset.offset];
    const topOf = () => list.querySelector(`.line[data-offset="${offset}"]`).getBoundingClientRect().top;
    list.scrollTop = 20;
    const before = topOf();
    const began = performance.now();
    while (performance.now() - began < patience) {
      await new Promise((done) => { setTimeout(done, 20); });
      if (oldest() !== line && oldest().dataset.offset !== offset) return { before, after: topOf(), next: Number(oldest().dataset.offset) };
    }
    return null;
  }, PATIENCE_MS);
  assert(found !== null, `no older lines: ${JSON.stringify(await talker.talk())}`);
  return found;
}
