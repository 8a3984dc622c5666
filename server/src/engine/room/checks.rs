//! Answers to desync checks, from the mirror's history.
//!
//! Never answers about a row that the asking player may not see, so that a stranger's guesses learn
//! nothing.

use tickwire_shared::delta::row::degrade_row;
use tickwire_shared::id::PlayerId;
use tickwire_shared::limits::ROW_WORDS_MAX;
use tickwire_shared::schema::Audience;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::wire::{Sample, SampleResult};

use super::sight::Sight;

/// One answer a sample. `sight` is there when the game hides anything.
pub(super) fn answer(
    mirror: &Mirror,
    sight: Option<&Sight>,
    player: PlayerId,
    samples: &[Sample],
) -> Vec<SampleResult> {
    let one = |sample| answer_one(mirror, sight, player, sample).unwrap_or(SampleResult::Unknown);
    samples.iter().map(one).collect()
}

/// How many rows differed.
pub(super) fn count_differing(results: &[SampleResult]) -> u64 {
    let differs = |result: &&SampleResult| matches!(result, SampleResult::Differs { .. });
    results.iter().filter(differs).count() as u64
}

fn answer_one(
    mirror: &Mirror,
    sight: Option<&Sight>,
    player: PlayerId,
    sample: &Sample,
) -> Option<SampleResult> {
    let row = mirror.row_at(sample.id.slot, sample.tick)?;
    let owns = row.owner == Some(player);
    let sees = owns || sight.is_none_or(|sight| sight.may_see(player, sample.id.slot));
    if row.id != sample.id || !sees || (sample.exact && !owns) {
        return None;
    }
    let kind = mirror.schema().entity(row.kind)?;
    let known = if sample.exact {
        Audience::Owner
    } else {
        Audience::All
    };
    let mut words = [0; ROW_WORDS_MAX];
    degrade_row(kind, sample.level(), row.words, &mut words);
    Some(sample.compare(row.kind, kind, &words[..kind.row_words(known)]))
}
