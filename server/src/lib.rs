//! The authoritative Tickwire server: a pure engine in a thin shell of threads and sockets.

pub mod config;
pub mod data_dir;
pub mod engine;
pub mod http;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod runtime;
pub mod transport;
