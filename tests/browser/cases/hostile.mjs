// Hostile words in chat are words: shown as they are, in their place, on a desk and on a phone. What may not
// be said at all is refused by name, and stays written.

import { SERVER, joining } from "../harness.mjs";
import { assert } from "../acts.mjs";
import { Talker, textOf } from "../talk.mjs";

const room = "<b onmouseover=hacked()>pit</b>";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const LINES = [
  "<img src=x onerror='window.hacked = 1'><script>window.hacked = 2</script>",
  "\" onclick=\"window.hacked = 3\" x=\" &lt;b&gt; {{7*7}} ${jndi:ldap://a.b/c} '; DROP TABLE lines; --",
  "שלום <b>עולם</b> ברוכים הבאים, 42!",
  "see https://example.com/a?b=1#c or javascript:alert(1) or https://user@evil.example/",
  "👩‍👩‍👧‍👦 𝕏 e\u0301".repeat(3),
  "x".repeat(512),
  "hello @Bob, look",
];

/** What may stand within a line's words. */
const ALLOWED = ["A", "MARK", "BDI"];

export async function hostile() {
  const ann = new Talker(await joining(SERVER, { room, name: "Ann" }));
  const bob = new Talker(await joining(SERVER, { room, name: "Bob" }, PHONE));
  await Promise.all([ann.player.playing(), bob.player.playing()]);
  await bob.page.locator("#chat-open").tap();
  await ann.open();
  for (const line of LINES) await ann.say(line);
  for (const who of [ann, bob]) {
    await who.shows("all lines", hasAll, LINES);
    await areWords(who);
  }
  assert(await bob.page.locator("#chat-lines .mentioned mark").textContent() === "@Bob", "Bob is not mentioned");
  await links(bob);
  await bob.player.shot("chat-phone");
  await reacts(ann, bob);
  await ann.player.shot("chat");
  await refused(ann);
  await people(bob);
  ann.player.assertQuiet();
  bob.player.assertQuiet();
}

const hasAll = (talk, lines) => {
  const said = talk.items.filter((item) => item.item === "line").map(textOf);
  // Letters are put together on their way.
  return `${said}` === `${lines.map((line) => line.normalize("NFC"))}`;
};

async function areWords(who) {
  await who.page.locator("#chat-lines .text").nth(LINES.length - 1).waitFor();
  const seen = await who.page.evaluate((allowed) => {
    const texts = [...document.querySelectorAll("#chat-lines .text")];
    const list = document.getElementById("chat-lines");
    return {
      texts: texts.map((text) => text.textContent),
      strangers: [...document.querySelectorAll("#chat-lines .text *")].filter((one) => !allowed.includes(one.tagName)).length,
      direction: getComputedStyle(texts[2]).direction,
      isolated: texts.every((text) => getComputedStyle(text).unicodeBidi === "isolate"),
      wide: list.scrollWidth - list.clientWidth,
      page: document.documentElement.scrollWidth - window.innerWidth,
      hacked: window.hacked ?? null,
      title: document.getElementById("chat-title").textContent,
    };
  }, ALLOWED);
  assert(`${seen.texts}` === `${LINES.map((line) => line.normalize("NFC"))}`, `shown: ${JSON.stringify(seen.texts)}`);
  assert(seen.hacked === null && seen.strangers === 0, `words became more than words: ${JSON.stringify(seen)}`);
  assert(seen.direction === "rtl" && seen.isolated, `directions: ${JSON.stringify(seen)}`);
  assert(seen.wide <= 0 && seen.page <= 0, `too wide: ${JSON.stringify(seen)}`);
  assert(seen.title === room, `the title is ${seen.title}`);
}

async function links(who) {
  const all = await who.page.locator("#chat-lines .text a").evaluateAll((found) => found.map((link) => [link.href, link.rel, link.target, link.referrerPolicy]));
  const wanted = ["https://example.com/a?b=1#c", "noopener noreferrer nofollow ugc", "_blank", "no-referrer"];
  assert(JSON.stringify(all) === JSON.stringify([wanted]), `links: ${JSON.stringify(all)}`);
}

/** Bob taps a sign, Ann sees it, and it goes again. */
async function reacts(ann, bob) {
  const line = bob.page.locator("#chat-lines .line", { hasText: "@Bob" });
  await line.locator(".more").tap();
  await line.getByRole("button", { name: "React with 🎉" }).tap();
  const signs = (talk, count) => talk.items.at(-1).reactions.length === count;
  await ann.shows("a sign", signs, 1);
  await ann.page.locator("#chat-lines .sign .count", { hasText: "1" }).waitFor();
  await bob.page.locator("#chat-lines .sign[aria-pressed=true]").tap();
  await ann.shows("no sign any more", signs, 0);
}

async function refused(who) {
  for (const [text, words] of [["a\u202eb", "U+202E"], ["/mute", "/mute NAME 10m WHY"], ["/nonsense", "no command /nonsense"]]) {
    await who.say(text);
    await who.page.locator("#chat-fault", { hasText: words }).waitFor();
    assert(await who.page.locator("#chat-text").inputValue() === text, "what was refused is gone");
  }
  await who.write("");
}

/** The list of people: one is blocked, their lines go, and come again. */
async function people(bob) {
  await bob.page.locator("#chat-who").tap();
  await bob.page.locator("#chat-people .face", { hasText: "Ann" }).tap();
  await bob.player.shot("chat-phone-people");
  await bob.page.getByRole("button", { name: "Block" }).tap();
  await bob.shows("no line of Ann", (talk) => !talk.items.some((item) => item.item === "line"));
  await bob.page.locator("#chat-people .face", { hasText: "Ann" }).tap();
  await bob.page.getByRole("button", { name: "Unblock" }).tap();
  await bob.shows("all lines again", hasAllLines, LINES.length);
}

const hasAllLines = (talk, count) => talk.items.filter((item) => item.item === "line").length === count;
