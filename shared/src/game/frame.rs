//! A frame: the typed save of a world on its way into or out of the mirror, as a list of changes.
//!
//! Never decides what changed: the mirror compares words.

use core::marker::PhantomData;
use std::sync::Arc;

use crate::id::{EntityId, KindId, PlayerId};
use crate::replicate::{Replicate, RowMut, RowRef};
use crate::schema::{Audience, Kind, Schema};

/// One entity's row in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRow {
    /// Whose row.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// Up to which audience its words are filled.
    pub known: Audience,
    /// Its owner, where this side knows one.
    pub owner: Option<PlayerId>,
    at: u32,
}

/// Changes of a world: rows of entities that may have changed, and entities that are gone.
#[derive(Clone, Debug)]
pub struct Frame<E> {
    schema: Arc<Schema>,
    rows: Vec<FrameRow>,
    words: Vec<u32>,
    removed: Vec<EntityId>,
    kind: PhantomData<fn() -> E>,
}

impl<E: Replicate> Frame<E> {
    /// An empty frame of this schema.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Frame<E> {
        let (rows, words, removed) = (Vec::new(), Vec::new(), Vec::new());
        Frame {
            schema,
            rows,
            words,
            removed,
            kind: PhantomData,
        }
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.words.clear();
        self.removed.clear();
    }

    /// Quantises one entity. Hidden words are zero; the mirror fills them.
    ///
    /// # Panics
    /// When the value's kind is not in the schema, which the derive rules out.
    pub fn put(&mut self, id: EntityId, entity: &E) {
        let id_kind = entity.kind();
        let schema = Arc::clone(&self.schema);
        let kind = schema
            .entity(id_kind)
            .expect("the schema is compiled from this type");
        let row = self.push(id, id_kind, Audience::Server, None, kind.words.len());
        let (public, rest) = row.split_at_mut(kind.public_words);
        let (owner, server) = rest.split_at_mut(kind.owner_words - kind.public_words);
        entity.store(RowMut {
            public: &mut public[1..],
            owner: &mut owner[1..],
            server,
        });
    }

    /// The entities of this frame with their ids, in the order they were put.
    pub fn iter(&self) -> impl Iterator<Item = (EntityId, E)> + '_ {
        self.rows
            .iter()
            .filter_map(|row| Some((row.id, self.fetch(row)?)))
    }

    /// The entities that are gone.
    #[must_use]
    pub fn removed(&self) -> &[EntityId] {
        &self.removed
    }

    /// The rows with their words, hidden ones included; for the framework.
    #[must_use]
    pub fn rows(&self) -> &[FrameRow] {
        &self.rows
    }

    /// The words of a row of this frame; for the framework.
    #[must_use]
    pub fn words(&self, row: &FrameRow) -> &[u32] {
        let length = self.kind(row).map_or(0, |kind| kind.row_words(row.known));
        let start = row.at as usize;
        self.words.get(start..start + length).unwrap_or(&[])
    }

    /// As [`Frame::words`], to change them; for the framework.
    pub fn words_mut(&mut self, row: &FrameRow) -> &mut [u32] {
        let length = self.kind(row).map_or(0, |kind| kind.row_words(row.known));
        let start = row.at as usize;
        self.words.get_mut(start..start + length).unwrap_or(&mut [])
    }

    /// Adds a row as it stands in a mirror; for the framework. `words` longer than the kind's row
    /// are cut, shorter ones are filled with zero.
    pub fn push_row(
        &mut self,
        id: EntityId,
        kind: KindId,
        known: Audience,
        owner: Option<PlayerId>,
        words: &[u32],
    ) {
        let Some(length) = self.schema.entity(kind).map(|k| k.row_words(known)) else {
            return;
        };
        let row = self.push(id, kind, known, owner, length);
        for (to, from) in row.iter_mut().zip(words) {
            *to = *from;
        }
    }

    /// Notes that an entity is gone; for the framework.
    pub fn push_removed(&mut self, id: EntityId) {
        self.removed.push(id);
    }

    fn push(
        &mut self,
        id: EntityId,
        kind: KindId,
        known: Audience,
        owner: Option<PlayerId>,
        length: usize,
    ) -> &mut [u32] {
        let start = self.words.len();
        self.rows.push(FrameRow {
            id,
            kind,
            known,
            owner,
            at: start as u32,
        });
        self.words.resize(start + length, 0);
        &mut self.words[start..]
    }

    fn kind(&self, row: &FrameRow) -> Option<&Kind> {
        self.schema.entity(row.kind)
    }

    fn fetch(&self, row: &FrameRow) -> Option<E> {
        let kind = self.kind(row)?;
        let words = self.words(row);
        let owner = (row.known >= Audience::Owner)
            .then(|| words.get(kind.public_words + 1..kind.owner_words))
            .flatten();
        let server = (row.known == Audience::Server)
            .then(|| words.get(kind.owner_words..))
            .flatten();
        E::fetch(
            row.kind,
            RowRef {
                public: words.get(1..kind.public_words)?,
                owner,
                server,
            },
        )
    }
}
