//! Turns the browser client's wasm into the folder a server serves.
//!
//! Never compiles Rust: `cargo xtask web` does that first.

fn main() {}
