// One page in a room full of bots on every transport: it agrees with the server all the time, and hears
// every line of the chat once and in order.

import { SERVER, joining } from "../harness.mjs";
import { assert } from "../acts.mjs";

/** Checks of rows against the server's that a page makes in a second, at the least. */
const CHECKS_A_SECOND = 1;

/** Bots number their lines across all of them; so many may be under way at once. */
const UNDER_WAY = 64;

export async function mixed(bots, seconds) {
  const ann = await joining(SERVER, { room: "mixed", name: "Ann" });
  await ann.playing();
  await ann.until("room full of bots", (state, count) => state.roster.length > count, Number(bots));
  const heard = new Heard();
  const ends = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < ends; turn += 1) {
    const angle = turn * 0.7;
    await ann.command("hold", {
      move: [Math.cos(angle), Math.sin(angle)], aim: angle, fire: turn % 2 === 0, dash: turn % 5 === 0,
    });
    const words = `line ${turn}`;
    await ann.command("chat", words);
    const due = performance.now() + 1000;
    await ann.until(`a second and "${words}" back`, (state) => {
      heard.note(state.chat);
      return performance.now() >= due && heard.times(`Ann ${words}`) === 1;
    });
  }
  await ann.until("acks of its lines", ({ stats }) => stats.chat_acked === stats.chat_sent);
  const { stats, links, notices } = await ann.state();
  console.log(`mixed: ${heard.lines.length} lines heard; ${JSON.stringify(stats)}`);
  assert(links === 1, `it needed ${links} links`);
  assert(stats.desyncs === 0, `${stats.desyncs} desyncs`);
  assert(stats.desync_checks >= CHECKS_A_SECOND * seconds, `${stats.desync_checks} checks only`);
  assert(stats.unexplained_mispredictions === 0, "a misprediction that nothing explains");
  assert(!notices.some((words) => words.includes("no longer kept")), `${notices}`);
  heard.assertWhole();
  await ann.shot("mixed");
  ann.assertQuiet();
}

/** The lines a page has shown. */
class Heard {
  /** In order; each as often as it was shown in different places. */
  lines = [];

  /** Takes over what came since the last look; the page shows the newest lines only. */
  note(chat) {
    const shown = chat.map((line) => `${line.name} ${line.text}`);
    const last = shown.lastIndexOf(this.lines.at(-1));
    this.lines.push(...shown.slice(last + 1));
  }

  times(line) {
    return this.lines.filter((one) => one === line).length;
  }

  /** No line twice, none of the bots' missing, and those of each in the order they were said. */
  assertWhole() {
    const twice = this.lines.filter((line) => this.times(line) > 1);
    assert(twice.length === 0, `shown twice: ${twice}`);
    const numbers = [];
    const newest = new Map();
    for (const line of this.lines) {
      const said = /^(.*?) .*#\w+\.([0-9a-f]+)$/.exec(line.replace(/^bot (\d+)/, "bot$1"));
      if (!said) continue;
      const number = parseInt(said[2], 16);
      assert(number > (newest.get(said[1]) ?? -1), `out of order: ${line}`);
      newest.set(said[1], number);
      numbers.push(number);
    }
    numbers.sort((one, other) => one - other);
    const [from, to] = [numbers[0] + UNDER_WAY, numbers.at(-1) - UNDER_WAY];
    const here = new Set(numbers);
    const missing = [];
    for (let number = from; number <= to; number += 1) if (!here.has(number)) missing.push(number);
    assert(numbers.length > UNDER_WAY, `only ${numbers.length} lines of bots were heard`);
    assert(missing.length === 0, `never shown: ${missing} of ${numbers[0]} to ${numbers.at(-1)}`);
  }
}
