// A minute in a frozen tab, as a browser stops pages nobody looks at, on each transport: the session
// is kept, and soon after coming back the player steers and is seen to.

import { SERVER, SMALL, TRANSPORTS, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, steers, talk } from "../acts.mjs";

const FROZEN_MS = 60_000;

/** What may pass from the return to the moment in which the player's own fighter obeys. */
// The goal is a second. Here a processor draws for the page and its watcher, a few pictures a second,
// and 1,000 to 2,000 ms were read; the core alone keeps the second (tests/tests/away.rs).
const STEERABLE_MS = 2500;

export async function frozen() {
  const room = "frozen";
  const watcher = await joining(SERVER, { room, name: "Wren", transport: "websocket" }, SMALL);
  const players = [];
  for (const transport of TRANSPORTS) {
    // Small: what is asked is how soon the game obeys, not how fast a processor draws.
    players.push(await joining(SERVER, { room, name: `Ann ${transport}`, transport }, SMALL));
  }
  await Promise.all([watcher, ...players].map((player) => player.playing()));
  const seats = [];
  for (const player of players) {
    await isSeenMoving(player, watcher);
    seats.push((await player.state()).player);
    await setFrozen(player, true);
  }
  await new Promise((done) => { setTimeout(done, FROZEN_MS); });
  for (const [at, player] of players.entries()) {
    await returns(player, watcher, seats[at], TRANSPORTS[at]);
  }
}

async function returns(player, watcher, seat, transport) {
  const { roster } = await watcher.state();
  assert(roster.some((one) => one.player === seat), `the session of ${player.name} was not kept`);
  const back = Date.now();
  await setFrozen(player, false);
  const took = await steers(player) - back;
  assert(took <= STEERABLE_MS, `${player.name} steers only after ${Math.round(took)} ms`);
  const seen = await isSeenMoving(player, watcher);
  console.log(`frozen ${transport}: steers ${Math.round(took)} ms after the return, seen moving ${Math.round(seen)} ms later`);
  assert((await player.state()).player === seat, `${player.name} came back as somebody else`);
  await talk(player, watcher);
  await assertInSync(player);
  await player.shot(`frozen-${transport}`);
  // Its pictures would slow down those who return after it.
  await player.page.context().close();
}

async function setFrozen(player, isFrozen) {
  player.devtools ??= await player.page.context().newCDPSession(player.page);
  await player.devtools.send("Page.setWebLifecycleState", { state: isFrozen ? "frozen" : "active" });
}
