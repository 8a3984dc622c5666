//! What `#[derive(Replicate)]` writes: how a Rust type becomes a row of words and comes back.
//!
//! Never used on outside bytes directly: rows come from decoders that have checked every range.

use crate::id::KindId;
use crate::schema::{KindDef, Motion};

/// A row about to be filled, split by who may know which words.
#[derive(Debug)]
pub struct RowMut<'a> {
    /// Words everybody may know.
    pub public: &'a mut [u32],
    /// Words only the owner may know.
    pub owner: &'a mut [u32],
    /// Words that never leave the server.
    pub server: &'a mut [u32],
}

/// A row to read, with only the parts this side knows.
#[derive(Clone, Copy, Debug)]
pub struct RowRef<'a> {
    /// Words everybody may know.
    pub public: &'a [u32],
    /// Words only the owner may know; `None` when this side does not know them.
    pub owner: Option<&'a [u32]>,
    /// Words that never leave the server; `None` on clients.
    pub server: Option<&'a [u32]>,
}

/// A type with a fixed, quantised shape: an entity, an input, an event or a game's rules.
///
/// Derive it. A struct is one kind; an enum with struct-holding variants is one kind a variant.
pub trait Replicate: Clone + Send + Sized + 'static {
    /// The kinds in declaration order; [`KindId`] indexes this list.
    const KINDS: &'static [KindDef];

    /// Which kind this value is.
    fn kind(&self) -> KindId;

    /// Quantises into the words of its kind. Slices are exactly as long as the kind says.
    fn store(&self, row: RowMut<'_>);

    /// The value these words stand for; `None` when `kind` is unknown or a slice is too short.
    ///
    /// Fields whose audience this side is not part of read as `None`, never as 0.
    fn fetch(kind: KindId, row: RowRef<'_>) -> Option<Self>;
}

/// A value that quantises to words of a [`crate::schema::Shape`].
pub trait FieldValue: Sized {
    /// Words it takes.
    const WORDS: usize;

    /// Quantises to mirror words, clamping to the shape's range. NaN becomes the range's start.
    fn put(&self, shape: &crate::schema::Shape, words: &mut [u32]);

    /// The value these mirror words stand for.
    fn get(shape: &crate::schema::Shape, words: &[u32]) -> Self;
}

/// The kinds of several types as one list; what the derive writes for an enum.
///
/// # Panics
/// At compile time, when `N` is not the sum of the lists' lengths.
#[doc(hidden)]
#[must_use]
pub const fn concat_kinds<const N: usize>(lists: &[&[KindDef]]) -> [KindDef; N] {
    let mut all = [KindDef {
        name: "",
        fields: &[],
        motion: Motion::Free,
    }; N];
    let (mut list, mut filled) = (0, 0);
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            all[filled] = lists[list][at];
            at += 1;
            filled += 1;
        }
        list += 1;
    }
    assert!(filled == N, "the lists make up the whole");
    all
}

/// For games without events or rules: one kind without fields.
impl Replicate for () {
    const KINDS: &'static [KindDef] = &[KindDef {
        name: "Nothing",
        fields: &[],
        motion: Motion::Free,
    }];

    fn kind(&self) -> KindId {
        KindId(0)
    }

    fn store(&self, _row: RowMut<'_>) {}

    fn fetch(kind: KindId, _row: RowRef<'_>) -> Option<()> {
        (kind == KindId(0)).then_some(())
    }
}
