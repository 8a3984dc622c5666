// The picture breaks for good: the display takes the canvas's context away, or the client panics. The page
// is loaded anew by itself, once, and its player is who it was.

import { SERVER, SMALL, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

export async function repair() {
  const room = "repair";
  const bob = await joining(SERVER, { room, name: "Bob", transport: "websocket" }, SMALL);
  await bob.playing();
  for (const [name, breaks] of [["Ann", losesPicture], ["Cleo", panics]]) {
    const player = await joining(SERVER, { room, name }, SMALL);
    await player.playing();
    await isBack(player, bob, breaks);
    await player.shot(`repair-${name}`);
    await breaksTwice(player, breaks);
    await player.shot(`repair-${name}-twice`);
    await player.page.close();
  }
}

/** Who breaks comes back as who it was, and what was said is there. */
async function isBack(player, bob, breaks) {
  const { player: seat, roster } = await player.state();
  await talk(player, bob);
  const loads = count(player);
  await mark(player);
  await breaks(player);
  await player.page.waitForFunction(() => !window.isMarked, null, { polling: 50 });
  await player.playing();
  const state = await player.state();
  assert(state.player === seat, `${player.name} came back as somebody else`);
  assert(state.roster.length === roster.length, `somebody else is there: ${JSON.stringify(state.roster)}`);
  await talk(player, bob);
  await isSeenMoving(player, bob);
  await assertInSync(player);
  assert(loads.times === 1, `the page was loaded anew ${loads.times} times`);
}

/** A page that was repaired just now says so instead, and is not loaded anew. */
async function breaksTwice(player, breaks) {
  const loads = count(player);
  await player.page.evaluate(() => localStorage.setItem("tickwire.repaired", `${Date.now() + 3_600_000}`));
  await breaks(player);
  await player.page.locator("#status.bad", { hasText: "Load this page again" }).waitFor();
  assert((await player.state()).phase === "menu", `${player.name} is still in the game`);
  assert(loads.times === 0, "a page that broke twice was loaded anew");
}

/** Counts how often the page is loaded from now on. */
function count(player) {
  const loads = { times: 0 };
  player.page.on("framenavigated", () => { loads.times += 1; });
  return loads;
}

/** A page that is loaded anew has no mark. */
function mark(player) {
  return player.page.evaluate(() => { window.isMarked = true; });
}

/** What a display does when it is reset: the context is gone and does not come back. */
function losesPicture(player) {
  return player.page.evaluate(() => {
    document.getElementById("arena").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext();
  });
}

/** A page without a clock is more than the client can take: it panics at its next picture. */
function panics(player) {
  return player.page.evaluate(() => {
    Object.defineProperty(window, "performance", { get: () => undefined, configurable: true });
  });
}
