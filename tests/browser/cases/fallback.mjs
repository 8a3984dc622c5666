// Where UDP is blocked the page plays over WebSocket, says why, and tries it first the next time.

import { RELAY, SERVER, ask, joining, open } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

/** How the page says it: surely after silence, with a doubt after an error of the browser's own. */
const BLOCKED = /UDP (is|may be|was) blocked/;

export async function fallback() {
  await ask("relay udp off");
  const room = "fallback";
  const menu = await open(RELAY, "menu");
  await menu.page.locator("#check").click();
  await menu.page.locator("tr.good, tr.lost").nth(2).waitFor();
  const why = await menu.page.locator("tr.lost").allTextContents();
  assert(why.length === 2 && why.every((words) => BLOCKED.test(words)), `${why}`);
  await menu.shot("fallback-check");
  const ann = await joining(RELAY, { room, name: "Ann" });
  const bob = await joining(SERVER, { room, name: "Bob", transport: "websocket" });
  await Promise.all([ann.playing(), bob.playing()]);
  const state = await ann.state();
  assert(state.transport === "websocket", `Ann is on ${state.transport}`);
  for (const name of ["webtransport", "webrtc"]) {
    const attempt = state.attempts.find((one) => one.transport === name);
    assert(BLOCKED.test(attempt?.why), `${name}: ${JSON.stringify(attempt)}`);
  }
  assert(state.notices.some((words) => words.includes("UDP")), `the page says ${state.notices}`);
  await ann.shot("fallback-said");
  await isSeenMoving(ann, bob);
  await talk(ann, bob);
  await assertInSync(ann);
  await ann.shot("fallback");
  await remembers(ann, state);
}

/** What won is kept, and tried first by the page that is loaded next. */
async function remembers(player, before) {
  assert(before.attempts[0].transport === "webtransport", `tried first: ${JSON.stringify(before.attempts)}`);
  const kept = await player.page.evaluate(() => localStorage.getItem("tickwire.transport"));
  assert(/^websocket \d+$/.test(kept), `kept: ${kept}`);
  await player.page.reload({ waitUntil: "commit" });
  await player.playing();
  const { attempts, transport } = await player.state();
  assert(attempts[0].transport === "websocket", `tried first: ${JSON.stringify(attempts)}`);
  assert(transport === "websocket", `${player.name} is on ${transport}`);
}
