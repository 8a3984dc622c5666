// The connect check of the join screen, where everything is open: figures for each transport. What it
// says where UDP is blocked is seen in the fallback case.

import { PATIENCE_MS, SERVER, TRANSPORTS, open } from "../harness.mjs";
import { assert } from "../acts.mjs";

export async function check() {
  const ann = await open(SERVER, "Ann");
  await ann.page.locator("#check").click();
  await ann.page.locator("tr.good, tr.lost").nth(2).waitFor({ timeout: PATIENCE_MS });
  for (const transport of TRANSPORTS) {
    const row = ann.page.locator(`#figures tr[data-transport="${transport}"]`);
    const cells = await row.locator("td").allTextContents();
    const fits = [/^[\d.]+ ms$/, /^[\d.]+ ms$/, /^[\d.]+ %$/].every((shape, at) => shape.test(cells[at]));
    assert(fits, `${transport}: ${cells}`);
    // One probe of forty may be late where the machine is busy; what the server drops is more.
    assert(Number.parseFloat(cells[2]) <= 5, `${transport} loses probes: ${cells}`);
  }
  await ann.page.locator("#figures tr").last().scrollIntoViewIfNeeded();
  await ann.shot("check");
  ann.assertQuiet();
}
