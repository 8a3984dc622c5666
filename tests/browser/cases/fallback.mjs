// Where UDP is blocked the page plays over WebSocket, and says why.

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
}
