// Tabs nobody looks at: covered by another for a while, then frozen for a minute, on each transport.
// The session is kept, and soon after coming back the player steers and is seen to.
//
// A frozen page loses WebTransport and WebSocket at once, since its browser closes them, and keeps
// WebRTC; either way nothing of it runs.

import { SERVER, SMALL, TRANSPORTS, joining, link } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, steers, talk } from "../acts.mjs";
import { Tabs } from "../tabs.mjs";

const HIDDEN_MS = 5_000;
const FROZEN_MS = 60_000;

/** What may pass from the return to the moment in which the player's own fighter obeys. */
const STEERABLE_MS = 1_000;

const room = "frozen";

export async function frozen() {
  const watcher = await joining(SERVER, { room, name: "Wren", transport: "websocket" }, SMALL);
  await watcher.playing();
  // Small: what is asked is how soon the game obeys, not how fast a processor draws.
  const tabs = await Tabs.open(SMALL.viewport);
  try {
    const players = [];
    for (const transport of TRANSPORTS) players.push(await leaves(tabs, watcher, transport));
    await pass(FROZEN_MS);
    for (const player of players) {
      await returns(tabs, watcher, player, "frozen");
      await player.shot(`frozen-${player.transport}`);
      // Its pictures would slow down those who return after it.
      await player.page.close();
    }
  } finally {
    await tabs.close();
  }
}

/** Plays, is hidden for a while, comes back, and is frozen. */
async function leaves(tabs, watcher, transport) {
  const name = `Ann ${transport}`;
  const player = await tabs.add(link(SERVER, { room, name, transport }), name);
  player.transport = transport;
  await player.playing();
  player.seat = (await player.state()).player;
  await isSeenMoving(player, watcher);
  await tabs.hide(player);
  await pass(HIDDEN_MS);
  await returns(tabs, watcher, player, "hidden");
  await tabs.hide(player);
  await tabs.freeze(player);
  return player;
}

async function returns(tabs, watcher, player, how) {
  const { roster } = await watcher.state();
  const { name, seat, transport } = player;
  assert(roster.some((one) => one.player === seat), `the session of ${name} was not kept`);
  await tabs.show(player);
  if (how === "frozen") {
    assert(await player.page.evaluate(() => window.wasFrozen), `${name} was not frozen`);
  }
  const took = await steers(player) - await player.page.evaluate(() => window.shownAt);
  const seen = await isSeenMoving(player, watcher);
  console.log(`${how} ${transport}: steers ${Math.round(took)} ms after the return, seen moving ${Math.round(seen)} ms later`);
  assert(took <= STEERABLE_MS, `${name} steers only after ${Math.round(took)} ms`);
  assert((await player.state()).player === seat, `${name} came back as somebody else`);
  await talk(player, watcher);
  await assertInSync(player);
}

/** Time that has to pass: what is waited for is that nothing happens. */
function pass(millis) {
  return new Promise((done) => { setTimeout(done, millis); });
}
