//! Judging a prediction: the confirmed group of a tick against what was predicted for that tick.
//!
//! Never steps the game and never decides what to draw. It says whether the rows are equal, and if
//! not, whether anything explains it. A difference nothing explains is a bug, in the game's step
//! or in this crate.
//!
//! The argument. At the last confirmed tick both sides held equal rows. Since then both stepped
//! the same code. So a predicted word can differ now only because an input was not applied as
//! predicted (a verdict says so), because the step depended on something only the server knew (it
//! says so by a shove, a teleport, or a word that is not predicted), or because the step read a
//! shown entity (the game says so).

use super::own::OwnRows;
use super::predict::Past;
use crate::id::{EntityId, Tick};
use crate::input::Verdict;
use crate::schema::{Kind, Schema};

/// The newest prediction group the server confirmed.
#[derive(Clone, Debug, Default)]
pub struct ConfirmedGroup {
    /// Its tick.
    pub tick: Tick,
    /// Its rows, with the server's names.
    pub own: OwnRows,
    /// For each row, in the same order: the (tick, ordinal) by which a client that predicted the
    /// spawn recognises it.
    pub keys: Vec<Option<(Tick, u8)>>,
}

/// One word that was predicted wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misprediction {
    /// The confirmed tick at which it showed.
    pub tick: Tick,
    /// Whose row.
    pub entity: EntityId,
    /// Kind and field, as `Kind.field`.
    pub field: String,
    /// The predicted mirror word; `None` when the entity was not predicted to exist.
    pub predicted: Option<u32>,
    /// The confirmed mirror word; `None` when the entity does not exist.
    pub confirmed: Option<u32>,
    /// Verdicts of the ticks since the last comparison, newest first; `None` where unknown.
    pub verdicts: Vec<Option<Verdict>>,
    /// Whether something that no client can predict explains it.
    pub explained: bool,
}

/// A predicted word that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Whose row.
    pub entity: EntityId,
    /// Which word; `None` when its existence or kind is what differs.
    pub word: Option<usize>,
    /// The predicted word.
    pub predicted: Option<u32>,
    /// The confirmed word.
    pub confirmed: Option<u32>,
}

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// Whether anything differs, so that the group must be loaded and replayed.
    pub any: bool,
    /// Whether something differs that only the server can decide.
    pub server_only: bool,
    /// The first predicted word that differs.
    pub wrong: Option<Wrong>,
    /// Predicted spawns that the server named: from, to.
    pub named: Vec<(EntityId, EntityId)>,
}

impl Difference {
    fn note(
        &mut self,
        entity: EntityId,
        word: Option<usize>,
        predicted: Option<u32>,
        confirmed: Option<u32>,
    ) {
        self.wrong.get_or_insert(Wrong {
            entity,
            word,
            predicted,
            confirmed,
        });
    }
}

/// Compares a confirmed group with what was predicted for its tick. `previous` is the tick of the
/// last comparison.
#[must_use]
pub fn compare(
    schema: &Schema,
    past: &Past,
    group: &ConfirmedGroup,
    previous: Option<&OwnRows>,
    found: &mut Found,
) -> Difference {
    let mut difference = Difference::default();
    found.matched.clear();
    found.matched.resize(past.own.rows().len(), false);
    for at in 0..group.own.rows().len() {
        match find_predicted(past, group, at) {
            Some(predicted) => {
                found.matched[predicted] = true;
                compare_row(schema, past, predicted, group, at, found, &mut difference);
            }
            None => missing(group, at, previous, &mut difference),
        }
    }
    for (row, _) in past
        .own
        .rows()
        .iter()
        .zip(&found.matched)
        .filter(|(_, matched)| !**matched)
    {
        difference.any = true;
        // Between two confirmed ticks it may have lived and died; only a spawn of this very tick
        // must be there.
        if row.id.is_predicted() && row.id == EntityId::predicted(group.tick, ordinal_of(row.id)) {
            difference.note(row.id, None, Some(1), None);
        } else {
            difference.server_only = true;
        }
    }
    difference
}

/// Memory that [`compare`] reuses.
#[derive(Clone, Debug, Default)]
pub struct Found {
    matched: Vec<bool>,
    predicted: Vec<u32>,
    confirmed: Vec<u32>,
}

fn ordinal_of(id: EntityId) -> u8 {
    (id.slot & 0xFF) as u8
}

fn find_predicted(past: &Past, group: &ConfirmedGroup, at: usize) -> Option<usize> {
    past.own.find(group.own.rows()[at].id).or_else(|| {
        let (tick, ordinal) = (*group.keys.get(at)?)?;
        past.own.find(EntityId::predicted(tick, ordinal))
    })
}

/// A confirmed entity was not predicted to exist. When it existed at the last comparison the
/// client ended it wrongly; otherwise the server created it.
fn missing(
    group: &ConfirmedGroup,
    at: usize,
    previous: Option<&OwnRows>,
    difference: &mut Difference,
) {
    let id = group.own.rows()[at].id;
    difference.any = true;
    if previous.is_some_and(|previous| previous.find(id).is_some()) {
        difference.note(id, None, None, Some(1));
    } else {
        difference.server_only = true;
    }
}

fn compare_row(
    schema: &Schema,
    past: &Past,
    predicted_at: usize,
    group: &ConfirmedGroup,
    at: usize,
    found: &mut Found,
    difference: &mut Difference,
) {
    let (row, predicted_row) = (&group.own.rows()[at], &past.own.rows()[predicted_at]);
    if row.id != predicted_row.id {
        difference.named.push((predicted_row.id, row.id));
    }
    let Some(kind) = schema.entity(row.kind) else {
        return;
    };
    if row.kind != predicted_row.kind {
        difference.any = true;
        difference.note(row.id, None, None, None);
        return;
    }
    past.own
        .at_tick(schema, predicted_at, group.tick, &mut found.predicted);
    group
        .own
        .at_tick(schema, at, group.tick, &mut found.confirmed);
    let pairs = found.predicted.iter().zip(&found.confirmed).enumerate();
    for (word, (&predicted, &confirmed)) in pairs.filter(|(_, (a, b))| a != b) {
        difference.any = true;
        if is_predicted_word(kind, word) {
            difference.note(row.id, Some(word), Some(predicted), Some(confirmed));
        } else {
            difference.server_only = true;
        }
    }
}

fn is_predicted_word(kind: &Kind, word: usize) -> bool {
    word != Kind::TELEPORTS
        && word != kind.shoves()
        && kind.words.get(word).is_some_and(|spec| spec.predict)
}

/// Kind and field of a word, for people.
#[must_use]
pub fn field_name(kind: &Kind, word: Option<usize>) -> String {
    let spec = word.and_then(|word| kind.words.get(word));
    let field = spec
        .and_then(|spec| spec.field)
        .and_then(|field| kind.def.fields.get(usize::from(field)));
    match (word, field) {
        (None, _) => format!("{} (existence)", kind.def.name),
        (Some(_), Some(field)) => format!("{}.{}", kind.def.name, field.name),
        (Some(_), None) => format!("{} (hidden)", kind.def.name),
    }
}
