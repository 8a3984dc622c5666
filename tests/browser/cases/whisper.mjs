// Two guests whisper: each sees the other write, lines are delivered and read, and what was whispered to one
// who is gone waits: on return it is there, counted and told. A tab that is covered by another reads nothing.

import { PATIENCE_MS, SERVER, SMALL, joining, link, reopen } from "../harness.mjs";
import { assert } from "../acts.mjs";
import { Tabs } from "../tabs.mjs";
import { Talker, textOf } from "../talk.mjs";

const room = "whisper";

/** An own line of this text, with how far it got. */
const own = (talk, text) => talk.items.find((item) => item.item === "line" && textOf(item) === text);
const got = (talk, [text, state]) => own(talk, text)?.state === state;

export async function whisper() {
  const ann = new Talker(await joining(SERVER, { room, name: "Ann" }));
  const bob = new Talker(await joining(SERVER, { room, name: "Bob" }, SMALL));
  await Promise.all([ann.player.playing(), bob.player.playing()]);
  await ann.shows("Bob in the room", (talk) => talk.people.some((one) => one.name === "Bob"));
  await writesWithReceipts(ann, bob);
  await waits(ann, bob);
  await covered(ann);
  ann.player.assertQuiet();
}

async function writesWithReceipts(ann, bob) {
  await ann.open();
  await ann.say("/w Bob are you there?");
  await ann.shows("a delivered line", got, ["are you there?", "delivered"]);
  // Bob is told, and has not read it before he looks.
  await bob.page.locator(".toast").waitFor();
  assert(await bob.page.locator("#chat-badge").textContent() === "1", "no badge for one whisper");
  assert(!own(await ann.talk(), "are you there?").state.includes("read"), "it was read before Bob looked");
  await bob.page.locator(".toast .face").click();
  await ann.shows("a line that was read", got, ["are you there?", "read"]);
  await bob.say("two of them, hurry");
  await ann.say("on my way");
  await bob.shows("a line that came", own, "on my way");
  await reacts(bob, "on my way");
  await ann.page.locator("#chat-lines .sign").waitFor();
  await isSeenTyping(bob, ann);
  // The picture in docs/pictures.
  await ann.player.shot("whisper-typing");
  await bob.say("yes, at the pillar");
  await ann.shows("the answer", own, "yes, at the pillar");
  await ann.page.locator("#chat-typing.on").waitFor({ state: "detached" });
  await bob.shows("an answer that was read", got, ["yes, at the pillar", "read"]);
}

async function reacts(talker, text) {
  const line = talker.page.locator("#chat-lines .line", { hasText: text });
  await line.hover();
  await line.locator(".more").click();
  await line.getByRole("button", { name: "React with 👍" }).click();
}

/** Writes until the other one sees it: that somebody writes is said on the lane that may lose it. */
async function isSeenTyping(writer, watcher) {
  const started = performance.now();
  for (let turn = 0; performance.now() - started < PATIENCE_MS; turn += 1) {
    await writer.write("yes, at".slice(0, 3 + (turn % 4)));
    const seen = watcher.page.locator("#chat-typing", { hasText: "Bob is typing" });
    if (await seen.waitFor({ timeout: 700 }).then(() => true, () => false)) return;
  }
  throw new Error(`${watcher.player.name} never saw ${writer.player.name} write`);
}

/** Bob's page closes; what Ann says then is there when he comes back. */
async function waits(ann, bob) {
  await bob.player.page.close({ runBeforeUnload: false });
  await ann.shows("Bob offline", (talk) => talk.places.some((one) => one.title === "Bob" && one.status === "offline"));
  await ann.say("this waits for you");
  await ann.shows("a stored line", got, ["this waits for you", "sent"]);
  const back = new Talker(await reopen(bob.player, { room, name: "Bob" }));
  await back.player.playing();
  const toast = back.page.locator(".toast");
  await toast.waitFor();
  assert((await toast.textContent()).includes("Ann"), "it does not say who wrote");
  const place = (await back.talk()).places.find((one) => one.title === "Ann");
  assert(place.unread === 1, `${place.unread} unread lines of Ann`);
  await back.player.shot("whisper-waiting");
  await toast.locator(".face").click();
  await back.shows("the line that waited", own, "this waits for you");
  const texts = (await back.talk()).items.filter((item) => item.item === "line").map(textOf);
  const all = "are you there?|two of them, hurry|on my way|yes, at the pillar|this waits for you";
  assert(texts.join("|") === all, `Bob has ${texts}`);
  await ann.shows("a line that was read", got, ["this waits for you", "read"]);
  back.player.assertQuiet();
}

/**
 * Cid's tab is covered by another while Ann's whispers are open in it: its browser wakes it once a second, and
 * yet what comes at once counts as unread, and is told outside of the page.
 */
async function covered(ann) {
  const tabs = await Tabs.open({ width: 800, height: 500 });
  try {
    const cid = new Talker(await tabs.add(link(SERVER, { room, name: "Cid" }), "Cid"));
    await cid.player.playing();
    await tabs.context.grantPermissions(["notifications"], { origin: new URL(SERVER).origin });
    await ann.say("/w Cid hello");
    await cid.page.locator(".toast .face").click();
    await ann.shows("a line that was read", got, ["hello", "read"]);
    await cid.listen();
    for (const text of ["look here", "and here"]) await toldWhileCovered(tabs, ann, cid, text);
    cid.player.assertQuiet();
  } finally {
    await tabs.close();
  }
}

/** Said as soon as the tab is covered: its browser has not woken the page again since. */
async function toldWhileCovered(tabs, ann, cid, text) {
  await ann.write(text);
  const gone = cid.page.evaluate(() => new Promise((done) => {
    document.addEventListener("visibilitychange", done, { once: true });
  }));
  await Promise.all([tabs.hide(cid.player), gone.then(() => ann.send())]);
  await cid.page.waitForFunction((body) => window.told.at(-1)?.body === body, text, { polling: 50 });
  const told = await cid.page.evaluate(() => window.told.at(-1));
  assert(told.title === "Ann whispers", `it tells ${JSON.stringify(told)}`);
  assert(await cid.page.title() === "(1) Tickwire arena", `the title is ${await cid.page.title()}`);
  await ann.shows("a delivered line", got, [text, "delivered"]);
  await tabs.show(cid.player);
  await ann.shows("a line that was read", got, [text, "read"]);
}
