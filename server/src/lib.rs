//! The authoritative Tickwire server: a pure engine in a thin shell of threads and sockets.

pub mod engine;
mod http;
pub mod limits;
pub mod metrics;
pub mod runtime;
pub mod transport;
