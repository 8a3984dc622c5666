//! The engine: everything about rooms, sessions, chat and replication, without threads, sockets or clocks.

pub mod replication;
