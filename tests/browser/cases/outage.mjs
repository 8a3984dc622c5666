// Five seconds in which nothing passes, on each transport: players go on as the same players.

import { RELAY, SERVER, TRANSPORTS, SMALL, ask, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

const OUTAGE_MS = 5000;

export async function outage() {
  const room = "outage";
  // Sees what the server says, whatever happens to the others' network.
  const watcher = await joining(SERVER, { room, name: "Wren", transport: "websocket" }, SMALL);
  const players = [];
  for (const transport of TRANSPORTS) {
    players.push(await joining(RELAY, { room, name: `Ann ${transport}`, transport }));
  }
  await Promise.all([watcher, ...players].map((player) => player.playing()));
  const seats = [];
  for (const player of players) {
    await isSeenMoving(player, watcher);
    seats.push((await player.state()).player);
  }
  await ask("relay block");
  const over = performance.now() + OUTAGE_MS;
  await watcher.until("end of the outage", () => performance.now() >= over, null, OUTAGE_MS * 2);
  await ask("relay unblock");
  const lives = (state) => state.phase === "playing" && state.stats.snapshot_age_ms < 500;
  await Promise.all(players.map((one) => one.until("fresh snapshots", lives)));
  for (const [at, player] of players.entries()) {
    assert((await player.state()).player === seats[at], `${player.name} came back as somebody else`);
    await isSeenMoving(player, watcher);
    await talk(player, watcher);
    await assertInSync(player);
    await player.shot(`outage-${TRANSPORTS[at]}`);
  }
}
