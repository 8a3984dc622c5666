// A player registers by keyboard, comes back by a reload, logs in from another browser, and is the same. In
// chat: a party, an invitation, and the game keeps its keys.

import { SERVER, joining, open } from "../harness.mjs";
import { assert } from "../acts.mjs";
import { Talker } from "../talk.mjs";

const PASSWORD = "a heron at dawn";
const room = "account";

/** Units a fighter may be off its place that stands, and by which one has run that runs. */
const STOOD = 1;
const RAN = 30;

/** Ticks after which a fighter stands whose key was let go. */
const HALTS_TICKS = 20;

export async function account() {
  const ann = new Talker(await register());
  const { me } = await ann.shows("an account", (talk) => talk.me !== "" && !talk.guest);
  assert(await ann.page.locator("#password").inputValue() === "", "the page keeps the password");
  await ann.page.reload({ waitUntil: "commit" });
  await ann.player.playing();
  const again = await ann.shows("the same after a reload", (talk) => talk.me !== "");
  assert(again.me === me, "after a reload it is another account");
  assert(await ann.page.evaluate(() => localStorage.getItem("tickwire.guest")) === null, "the page keeps a key of an account");
  await party(ann);
  await keys(ann);
  await ann.player.page.context().close();
  const back = new Talker(await login());
  const same = await back.shows("the account", (talk) => talk.me !== "");
  assert(same.me === me && !same.guest, "the login is to another account");
  back.player.assertQuiet();
}

async function form(query) {
  const player = await open(`${SERVER}/${query}`, "Ann");
  await player.page.locator("#go:enabled").waitFor();
  await player.page.locator("#name").fill("Heron Ann");
  await player.page.locator("#account summary").press("Enter");
  return player;
}

/** Everything by keys; a short password is told before. */
async function register() {
  const player = await form(`?room=${room}`);
  const { page } = player;
  await page.locator("#password").fill("short");
  await page.locator("#register").press("Enter");
  await page.locator("#status.bad", { hasText: "8" }).waitFor();
  player.errors.length = 0;
  await page.locator("#password").fill(PASSWORD);
  await player.shot("account-form");
  await page.locator("#register").press("Enter");
  await player.playing();
  return player;
}

/** A login is for one room: the page picks one for whoever picked none. */
async function login() {
  const player = await form("");
  await player.page.locator("#password").fill("not the password");
  await player.page.locator("#password").press("Enter");
  await player.page.locator("#status.bad").waitFor();
  player.errors.length = 0;
  await player.page.locator("#password").fill(PASSWORD);
  await player.page.locator("#password").press("Enter");
  await player.playing();
  return player;
}

/** Ann makes a party and invites Bob, who comes in by a button; both talk there. */
async function party(ann) {
  const bob = new Talker(await joining(SERVER, { room, name: "Bob", transport: "websocket" }, { viewport: { width: 640, height: 480 } }));
  await bob.player.playing();
  await ann.open();
  await ann.write("/par");
  await ann.page.locator("#chat-offers [role=option]", { hasText: "/party" }).waitFor();
  await ann.say("/party");
  await ann.shows("a party", (talk) => talk.places.find((one) => one.key === talk.open)?.kind === "party");
  await ann.say("/invite Bob");
  await bob.page.locator(".toast.invited .face").click();
  await bob.player.shot("chat-invited");
  await bob.page.locator("#chat-invitations .yes").click();
  await bob.shows("the party", (talk) => talk.places.find((one) => one.key === talk.open)?.kind === "party");
  await bob.say("/me waves");
  await ann.page.locator("#chat-lines .emote", { hasText: "Bob waves" }).waitFor();
  await forgotten(bob);
  await bob.player.page.context().close();
}

/** The browser of a guest keeps who that was until it is told not to. */
async function forgotten(bob) {
  const menu = await bob.player.context.newPage();
  await menu.goto(SERVER);
  await menu.locator("#known", { hasText: "brings Bob back" }).waitFor();
  await menu.locator("#forget").click();
  await menu.locator("#known").waitFor({ state: "hidden" });
  const left = await menu.evaluate(() => [localStorage.getItem("tickwire.guest"), document.getElementById("name").value]);
  assert(left[0] === null && left[1] !== "Bob", `the browser keeps ${left}`);
}

/** A held key steers while the game has the keys, and only then; Escape gives them back, Enter takes them. */
async function keys(ann) {
  await ann.page.keyboard.press("Escape");
  await ann.page.locator("#chat").waitFor({ state: "hidden" });
  assert(await ann.page.evaluate(() => document.activeElement.id) === "arena", "the game has no keys");
  const { key, ticks } = await keyThatSteers(ann);
  await ann.page.keyboard.press("Enter");
  await ann.page.locator("#chat-text:focus").waitFor();
  const moved = await movedBy(ann, key, 2 * ticks);
  assert(moved < STOOD, `the game took the keys of the chat: it moved by ${moved}`);
  assert(await ann.page.locator("#chat-text").inputValue() === key, "the field did not get the key");
}

/** A key that moves the fighter from where it stands now, and for how many ticks it was held for that. */
async function keyThatSteers(ann) {
  // Out and back: whatever stops it one way, the way back is free.
  for (const [out, back] of ["ad", "da", "ws", "sw"]) {
    for (const ticks of [30, 60]) {
      const there = await movedBy(ann, out, ticks);
      if (there < RAN) continue;
      const here = await movedBy(ann, back, ticks);
      if (here >= RAN) return { key: out, ticks };
    }
  }
  throw new Error(`no key moves the fighter: ${JSON.stringify(await ann.player.state())}`);
}

/** How far the own fighter is from where it stood after a key was held for so many ticks. */
async function movedBy(ann, key, ticks) {
  const before = await standing(ann);
  await ann.page.keyboard.down(key);
  await passed(ann, ticks);
  await ann.page.keyboard.up(key);
  const after = await standing(ann);
  return Math.hypot(after.x - before.x, after.y - before.y);
}

/** Where the own fighter stands once it stands still. */
async function standing(ann) {
  await passed(ann, HALTS_TICKS);
  let { own } = await ann.player.state();
  await ann.player.until("a fighter that stands", (state) => {
    const still = state.own && own && Math.hypot(state.own.x - own.x, state.own.y - own.y) < 0.01;
    own = state.own;
    return still;
  });
  return own;
}

async function passed(ann, ticks) {
  const { tick } = await ann.player.state();
  await ann.player.until("ticks", (state, goal) => state.tick >= goal, tick + ticks);
}
