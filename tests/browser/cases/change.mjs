// A player changes the transport in the middle of a game and stays who they are.

import { SERVER, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

export async function change() {
  const room = "change";
  const ann = await joining(SERVER, { room, name: "Ann", transport: "webtransport" });
  const bob = await joining(SERVER, { room, name: "Bob", transport: "websocket" });
  await Promise.all([ann.playing(), bob.playing()]);
  const { player } = await ann.state();
  for (const transport of ["webrtc", "websocket", "webtransport"]) {
    await ann.command("switchTransport", transport);
    await ann.until(`game on ${transport}`, (state, name) => state.phase === "playing"
      && state.transport === name && state.stats.snapshot_age_ms < 500, transport);
    assert((await ann.state()).player === player, `on ${transport} Ann is somebody else`);
    await isSeenMoving(ann, bob);
  }
  // The browser may say that the network is another one: whatever becomes of the link, the game goes on.
  await ann.page.evaluate(() => window.dispatchEvent(new Event("online")));
  await talk(ann, bob);
  await assertInSync(ann);
  assert((await ann.state()).player === player, "after a change of network Ann is somebody else");
  await ann.shot("change");
  ann.assertQuiet();
}
