// Ann blocks Bob and loads her page again: none of Bob's lines is seen for a moment, /blocked names him, and
// his name ends it when he is gone.

import { SERVER, SMALL, joining, reopen } from "../harness.mjs";
import { assert } from "../acts.mjs";
import { Talker, textOf } from "../talk.mjs";

const room = "blocked";
const HIS = ["can you hear me?", "and now?", "hello again"];

const lineOf = (talk, text) => talk.items.find((item) => item.item === "line" && textOf(item) === text);
const noteOf = (talk, words) => talk.items.find((item) => item.item === "note" && item.words.includes(words));
const hasNone = (talk, texts) => texts.every((text) => !lineOf(talk, text));
const personOf = (talk, name) => talk.people.find((one) => one.name === name);

export async function blocked() {
  const ann = new Talker(await joining(SERVER, { room, name: "Ann" }));
  const bob = new Talker(await joining(SERVER, { room, name: "Bob" }, SMALL));
  await Promise.all([ann.player.playing(), bob.player.playing()]);
  await Promise.all([ann.open(), bob.open()]);
  await bob.say(HIS[0]);
  await ann.shows("Bob's line", lineOf, HIS[0]);
  await ann.say("/block Bob");
  await ann.shows("no line of Bob", hasNone, HIS);
  await bob.say(HIS[1]);
  await bob.shows("a stored line", lineOf, HIS[1]);
  await watches(ann.page);
  await ann.page.reload({ waitUntil: "commit" });
  await staysBlocked(ann, "back");
  await bob.say(HIS[2]);
  await bob.shows("a stored line", lineOf, HIS[2]);
  // A page that was closed, too.
  await ann.page.close({ runBeforeUnload: false });
  const again = new Talker(await reopen(ann.player, { room, name: "Ann" }));
  await staysBlocked(again, "back again");
  await again.player.shot("blocked");
  await ends(again, bob);
  again.player.assertQuiet();
}

/** The page notes whatever of Bob's it draws, from its next loading on. */
function watches(page) {
  return page.context().addInitScript((texts) => {
    window.drawn = [];
    const look = () => {
      const drawn = document.body?.textContent ?? "";
      window.drawn.push(...texts.filter((text) => drawn.includes(text)));
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  }, HIS);
}

/** Once her own newest line is there, so is everything that was said before. */
async function staysBlocked(ann, words) {
  await ann.player.playing();
  await ann.open();
  await ann.say(words);
  const talk = await ann.shows("her own line", lineOf, words);
  assert(hasNone(talk, HIS), `Bob is heard: ${JSON.stringify(talk.items)}`);
  assert(personOf(talk, "Bob").blocked, `Bob is not shown as blocked: ${JSON.stringify(talk.people)}`);
  await ann.say("/blocked");
  await ann.shows("Bob's name", noteOf, "Bob");
  const drawn = await ann.page.evaluate(() => window.drawn);
  assert(drawn.length === 0, `it was drawn: ${drawn}`);
}

/** Bob goes, and his name means him. */
async function ends(ann, bob) {
  await bob.page.close({ runBeforeUnload: false });
  await ann.say("/unblock Bob");
  for (const text of HIS) await ann.shows("Bob's line", lineOf, text);
  await ann.say("/blocked");
  await ann.shows("nobody", noteOf, "You block nobody");
}
