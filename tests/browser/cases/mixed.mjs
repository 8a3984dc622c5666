// One page in a room full of bots on every transport: it agrees with the server all the time.

import { SERVER, joining } from "../harness.mjs";
import { assert } from "../acts.mjs";

/** Checks of rows against the server's that a page makes in a second, at the least. */
const CHECKS_A_SECOND = 1;

export async function mixed(bots, seconds) {
  const ann = await joining(SERVER, { room: "mixed", name: "Ann" });
  await ann.playing();
  await ann.until("room full of bots", (state, count) => state.roster.length > count, Number(bots));
  const ends = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < ends; turn += 1) {
    const angle = turn * 0.7;
    await ann.command("hold", {
      move: [Math.cos(angle), Math.sin(angle)], aim: angle, fire: turn % 2 === 0, dash: turn % 5 === 0,
    });
    await ann.command("chat", `line ${turn}`);
    const due = performance.now() + 1000;
    await ann.until("next second", () => performance.now() >= due, null, 5000);
  }
  await ann.until("acks of its lines", ({ stats }) => stats.chat_acked === stats.chat_sent);
  const { stats, links } = await ann.state();
  console.log(`mixed: ${JSON.stringify(stats)}`);
  assert(links === 1, `it needed ${links} links`);
  assert(stats.desyncs === 0, `${stats.desyncs} desyncs`);
  assert(stats.desync_checks >= CHECKS_A_SECOND * seconds, `${stats.desync_checks} checks only`);
  assert(stats.unexplained_mispredictions === 0, "a misprediction that nothing explains");
  assert(stats.chat_sent > 0 && stats.chat_delivered >= stats.chat_sent, "chat was lost");
  await ann.shot("mixed");
  ann.assertQuiet();
}
