//! The desk with whole clients and a store that answers when the test wants it to.

mod room;
mod world;
