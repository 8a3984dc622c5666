//! Coding one row: one function for both directions, driven by the kind's words.
//!
//! ```text
//! the row against a baseline row, in the kind's coding order:
//!   for each word that is not rare: its residual by the table of (level, kind, word, age, context)
//!     (the first such word may be the symbol PLAIN: then every word follows as it is)
//!   rare   1 bit, absent when every word is rare or none is, or when the record says that no row
//!          of it needs one: some rare word changed
//!   if so, for each rare word: 1 bit changed, and its residual
//! the row without a baseline: every word as it is
//! ```
//!
//! Words are coded at a level: shifted right, and restored to the centre of what they stand for.
//! Baselines are kept restored, so both sides predict from the same numbers.

use crate::delta::DeltaError;
use crate::delta::places::{Place, age_bucket, context_after};
use crate::delta::predict::predict;
use crate::delta::tables::{PLAIN, Table, Tables};
use crate::schema::{Audience, Kind, Level, degrade, restore};

/// One direction of coding: what is written is also what is returned.
pub trait RowCodec {
    /// One bit.
    ///
    /// # Errors
    /// When reading: the bytes ended.
    fn bit(&mut self, value: bool) -> Result<bool, DeltaError>;

    /// A plain word of `bits` bits.
    ///
    /// # Errors
    /// When reading: the bytes ended.
    fn plain(&mut self, value: u32, bits: u8) -> Result<u32, DeltaError>;

    /// A folded residual, or `None` for the symbol PLAIN.
    ///
    /// # Errors
    /// When reading: the bytes ended.
    fn residual(
        &mut self,
        table: &Table,
        place: Place,
        folded: Option<u32>,
    ) -> Result<Option<u32>, DeltaError>;

    /// Bits written so far; reading knows none.
    fn position(&self) -> Option<usize>;

    /// Takes back what was written after `position`.
    fn rewind(&mut self, position: usize);
}

/// What a row is coded with and against.
#[derive(Clone, Copy, Debug)]
pub struct RowContext<'a> {
    /// The tables.
    pub tables: &'a Tables,
    /// The kind's number.
    pub kind_at: usize,
    /// The kind.
    pub kind: &'a Kind,
    /// The level it is sent at.
    pub level: Level,
    /// Up to which audience it is sent.
    pub known: Audience,
    /// Whether the rare flag is there at all; without it no rare word changed.
    pub rare: bool,
}

/// Codes a row against a baseline row that is `age` ticks older.
///
/// Writing: `row` holds the words to send, degraded to the level. Reading: `row` is filled.
///
/// # Errors
/// When reading: [`DeltaError::Short`], or [`DeltaError::Malformed`] for a word out of range.
pub fn code_row<C: RowCodec>(
    codec: &mut C,
    cx: RowContext<'_>,
    base: &[u32],
    age: u32,
    row: &mut [u32],
) -> Result<(), DeltaError> {
    let start = codec.position();
    if code_residuals(codec, cx, base, age, row)? {
        return code_plain(codec, cx, row);
    }
    // Writing only: when the residuals took more bits than the plain row, fall back.
    let fallback = first_steady(cx).and_then(|first| {
        let (from, to) = (start?, codec.position()?);
        let table = cx.tables.table(place(cx, first, age, FIRST_CONTEXT));
        let plain = plain_bits(cx) + usize::from(table.bits(PLAIN));
        (to - from > plain).then_some((from, first, table))
    });
    if let Some((from, first, table)) = fallback {
        codec.rewind(from);
        codec.residual(table, place(cx, first, age, FIRST_CONTEXT), None)?;
        return code_plain(codec, cx, row);
    }
    Ok(())
}

/// Whether a row needs its rare flag: one of its rare words differs from the baseline's.
#[must_use]
pub fn needs_rare(cx: RowContext<'_>, base: &[u32], row: &[u32]) -> bool {
    let steady = first_steady(cx).is_some();
    let mut rare = words(cx).filter(|&at| cx.kind.words[at].rare);
    steady && rare.any(|at| base_at_level(cx, at, row) != base_at_level(cx, at, base))
}

/// Codes a row without a baseline.
///
/// # Errors
/// As [`code_row`].
pub fn code_plain<C: RowCodec>(
    codec: &mut C,
    cx: RowContext<'_>,
    row: &mut [u32],
) -> Result<(), DeltaError> {
    for at in words(cx) {
        let spec = &cx.kind.words[at];
        let shift = spec.shift(cx.level);
        let sent = codec.plain(row[at] >> shift, spec.bits - shift)?;
        row[at] = checked(restore(sent, shift), spec.max, shift)?;
    }
    Ok(())
}

/// Copies the words of a mirror row as `level` shows them.
pub fn degrade_row(kind: &Kind, level: Level, words: &[u32], out: &mut [u32]) {
    for ((spec, &word), out) in kind.words.iter().zip(words).zip(out) {
        *out = degrade(word, spec.shift(level));
    }
}

/// The context of a row's first residual.
const FIRST_CONTEXT: usize = 1;

/// A row between two ticks, as it is being coded.
struct Coding<'a> {
    cx: RowContext<'a>,
    base: &'a [u32],
    age: u32,
    context: usize,
}

/// Returns true when the row is to follow as plain words.
fn code_residuals<C: RowCodec>(
    codec: &mut C,
    cx: RowContext<'_>,
    base: &[u32],
    age: u32,
    row: &mut [u32],
) -> Result<bool, DeltaError> {
    let mut coding = Coding {
        cx,
        base,
        age,
        context: FIRST_CONTEXT,
    };
    let mut steady = 0;
    for at in words(cx).take_while(|&at| !cx.kind.words[at].rare) {
        match code_word(codec, &mut coding, at, row)? {
            true => steady += 1,
            false if steady == 0 => return Ok(true),
            false => return Err(DeltaError::Malformed("late fallback")),
        }
    }
    code_rare(codec, &mut coding, steady, row)?;
    Ok(false)
}

/// Codes the words behind the `steady` first ones.
fn code_rare<C: RowCodec>(
    codec: &mut C,
    coding: &mut Coding<'_>,
    steady: usize,
    row: &mut [u32],
) -> Result<(), DeltaError> {
    let (cx, base) = (coding.cx, coding.base);
    let mut rare = words(cx).skip(steady).peekable();
    if rare.peek().is_none() {
        return Ok(());
    }
    let differs = rare
        .clone()
        .any(|at| row[at] != base_at_level(cx, at, base));
    let any = steady == 0 || cx.rare && codec.bit(differs)?;
    for at in rare {
        let kept = base_at_level(cx, at, base);
        if !any || !codec.bit(row[at] != kept)? {
            row[at] = kept;
        } else if !code_word(codec, coding, at, row)? {
            return Err(DeltaError::Malformed("late fallback"));
        }
    }
    Ok(())
}

/// Returns false for the symbol PLAIN.
#[inline]
fn code_word<C: RowCodec>(
    codec: &mut C,
    coding: &mut Coding<'_>,
    at: usize,
    row: &mut [u32],
) -> Result<bool, DeltaError> {
    let cx = coding.cx;
    let spec = &cx.kind.words[at];
    let shift = spec.shift(cx.level);
    let bits = spec.bits - shift;
    let expected = predict(cx.kind, at, coding.base, row, coding.age) >> shift;
    let place = place(cx, at, coding.age, coding.context);
    let table = cx.tables.table(place);
    let folded = fold((row[at] >> shift).wrapping_sub(expected), bits);
    let Some(folded) = codec.residual(table, place, Some(folded))? else {
        return Ok(false);
    };
    coding.context = context_after(folded);
    let sent = expected.wrapping_add(unfold(folded)) & low_bits(bits);
    row[at] = checked(restore(sent, shift), spec.max, shift)?;
    Ok(true)
}

fn base_at_level(cx: RowContext<'_>, at: usize, base: &[u32]) -> u32 {
    degrade(base[at], cx.kind.words[at].shift(cx.level))
}

/// The words this audience gets, in coding order.
fn words(cx: RowContext<'_>) -> impl Iterator<Item = usize> + Clone {
    let end = cx.kind.row_words(cx.known);
    cx.kind
        .order
        .iter()
        .map(|&at| usize::from(at))
        .filter(move |&at| at < end)
}

fn first_steady(cx: RowContext<'_>) -> Option<usize> {
    words(cx).next().filter(|&at| !cx.kind.words[at].rare)
}

/// Bits of a plain row.
#[must_use]
pub fn plain_bits(cx: RowContext<'_>) -> usize {
    let bits = |at: usize| usize::from(cx.kind.words[at].bits - cx.kind.words[at].shift(cx.level));
    words(cx).map(bits).sum()
}

#[inline]
fn place(cx: RowContext<'_>, word: usize, age: u32, context: usize) -> Place {
    let (exact, kind) = (cx.level == Level::Exact, cx.kind_at);
    Place {
        exact,
        kind,
        word,
        bucket: age_bucket(age),
        context,
    }
}

/// A word from the wire is legal when what it stands for overlaps the field's range.
#[inline]
fn checked(word: u32, max: u32, shift: u8) -> Result<u32, DeltaError> {
    if word >> shift > max >> shift {
        return Err(DeltaError::Malformed("word out of range"));
    }
    Ok(word)
}

#[inline]
fn low_bits(bits: u8) -> u32 {
    ((1u64 << bits) - 1) as u32
}

/// A difference modulo 2^bits as an unsigned number that is small when the difference is.
#[inline]
fn fold(difference: u32, bits: u8) -> u32 {
    if bits == 0 {
        return 0;
    }
    let spare = 32 - u32::from(bits);
    let signed = (difference << spare) as i32 >> spare;
    ((signed << 1) ^ (signed >> 31)) as u32
}

#[inline]
fn unfold(folded: u32) -> u32 {
    (folded >> 1) ^ (folded & 1).wrapping_neg()
}
