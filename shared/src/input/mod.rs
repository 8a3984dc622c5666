//! Inputs: one player's intent for one tick, from the client's batch to the server's buffer.
//!
//! Never looks at a game type: an input is a row of words described by the schema's input kind.
//! [`InputShape`] is the one place that knows what a side invents when an input did not arrive, so
//! that client and server invent the same.

mod batch;
mod buffer;
mod packet;

pub use batch::InputBatch;
pub use buffer::{InputBuffer, Put, Verdict};
pub use packet::{INPUT_PACKET, InputError, InputPacket, Shown};

use crate::game::Source;
use crate::id::{KindId, Tick};
use crate::limits::INPUT_REPEAT_TICKS_MAX;
use crate::replicate::{Replicate, RowMut, RowRef};
use crate::schema::{Kind, Schema};

/// Quantises a value that is not an entity (an input, an event, rules) into the words of its kind.
/// `words` is cleared first.
pub fn store_row<T: Replicate>(value: &T, kind: &Kind, words: &mut Vec<u32>) {
    words.clear();
    words.resize(kind.words.len(), 0);
    let (public, rest) = words.split_at_mut(kind.public_words);
    let (owner, server) = rest.split_at_mut(kind.owner_words - kind.public_words);
    value.store(RowMut {
        public,
        owner,
        server,
    });
}

/// The value such words stand for; `None` when the row is too short or the kind unknown.
#[must_use]
pub fn fetch_row<T: Replicate>(id: KindId, kind: &Kind, words: &[u32]) -> Option<T> {
    T::fetch(
        id,
        RowRef {
            public: words.get(..kind.public_words)?,
            owner: words.get(kind.public_words..kind.owner_words),
            server: words.get(kind.owner_words..kind.words.len()),
        },
    )
}

/// What both sides know about inputs of a game without knowing its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputShape {
    neutral: Vec<u32>,
    edges: Vec<bool>,
}

impl InputShape {
    /// The shape of inputs `I` under this schema.
    #[must_use]
    pub fn of<I: Replicate + Default>(schema: &Schema) -> InputShape {
        let kind = &schema.input;
        let mut neutral = Vec::new();
        store_row(&I::default(), kind, &mut neutral);
        let edge = |field: Option<u8>| {
            field
                .and_then(|field| kind.def.fields.get(usize::from(field)))
                .is_some_and(|field| field.edge)
        };
        let edges = kind.words.iter().map(|word| edge(word.field)).collect();
        InputShape { neutral, edges }
    }

    /// Words of a row.
    #[must_use]
    pub fn words(&self) -> usize {
        self.neutral.len()
    }

    /// The row of "hands off".
    #[must_use]
    pub fn neutral(&self) -> &[u32] {
        &self.neutral
    }

    /// Whether this word is an edge: a tap that must act exactly once.
    #[must_use]
    pub fn is_edge(&self, word: usize) -> bool {
        self.edges.get(word).copied().unwrap_or(false)
    }

    /// Sets every edge word of `row` back to neutral.
    pub fn clear_edges(&self, row: &mut [u32]) {
        let words = row.iter_mut().zip(&self.neutral).zip(&self.edges);
        for ((word, &neutral), &edge) in words {
            if edge {
                *word = neutral;
            }
        }
    }

    /// What stands in for the input of `tick` that did not arrive, written to `out`: the last one
    /// (of an earlier tick) without its edges for [`INPUT_REPEAT_TICKS_MAX`] ticks, then neutral.
    pub fn invent(&self, last: Option<(Tick, &[u32])>, tick: Tick, out: &mut Vec<u32>) -> Source {
        out.clear();
        match last {
            Some((at, row)) if tick.since(at) <= INPUT_REPEAT_TICKS_MAX => {
                out.extend_from_slice(row);
                self.clear_edges(out);
                Source::Repeated
            }
            _ => {
                out.extend_from_slice(&self.neutral);
                Source::Missing
            }
        }
    }

    /// A shape given word by word; for tests of generic code.
    #[cfg(test)]
    pub(crate) fn plain(neutral: Vec<u32>, edges: Vec<bool>) -> InputShape {
        InputShape { neutral, edges }
    }
}
