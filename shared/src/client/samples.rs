//! Desync checks: now and then the client asks the server whether rows it holds are right.
//!
//! Never checks a guess: only confirmed rows, at the tick they were received for.

use crate::delta::Confirmed;
use crate::id::Tick;
use crate::limits::{CHECK_EVERY_TICKS, CHECK_ROWS_MAX, HISTORY_TICKS};
use crate::schema::Schema;
use crate::wire::{BoundedVec, ClientControl, Sample, SampleResult};

use super::stats::ClientStats;

/// Picks rows to check, in turn, and counts the answers.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    last: Tick,
    /// The slot after which the next check starts.
    cursor: u32,
}

impl Samples {
    /// The next check, when it is time for one and there is a row to check.
    pub fn next(
        &mut self,
        schema: &Schema,
        confirmed: &Confirmed,
        newest: Tick,
        stats: &mut ClientStats,
    ) -> Option<ClientControl> {
        if newest.since(self.last) < CHECK_EVERY_TICKS {
            return None;
        }
        self.last = newest;
        let mut samples = Vec::with_capacity(CHECK_ROWS_MAX);
        let cursor = self.cursor;
        let after = confirmed.ids().filter(|id| id.slot > cursor);
        let before = confirmed.ids().filter(|id| id.slot <= cursor);
        for id in after.chain(before) {
            let row = confirmed.row(id);
            let fresh = |tick: Tick| newest.since(tick) < HISTORY_TICKS / 2;
            let Some(row) = row.filter(|row| fresh(row.tick)) else {
                continue;
            };
            let Some(kind) = schema.entity(row.kind) else {
                continue;
            };
            let words = &row.words[..kind.row_words(row.known)];
            samples.push(Sample::of(id, row.tick, row.level, row.kind, words));
            self.cursor = id.slot;
            if samples.len() == CHECK_ROWS_MAX {
                break;
            }
        }
        stats.desync_checks += samples.len() as u64;
        (!samples.is_empty()).then(|| ClientControl::Check {
            samples: BoundedVec::of_first(samples),
        })
    }

    /// Counts the answers to a check. Returns the first field that differs.
    pub fn answered(results: &[SampleResult], stats: &mut ClientStats) -> Option<String> {
        let mut first = None;
        for result in results {
            match result {
                SampleResult::Equal => stats.desyncs_none += 1,
                SampleResult::Unknown => stats.desync_unknown += 1,
                SampleResult::Differs { field } => {
                    stats.desyncs += 1;
                    first.get_or_insert_with(|| field.as_str().to_owned());
                }
            }
        }
        first
    }
}
