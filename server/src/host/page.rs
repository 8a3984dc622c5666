//! From the configuration to what the public listener shows.
//!
//! Never fails for want of a page: a server without one says how to build it.

use std::net::SocketAddr;

use tickwire_shared::transport::Transport;

use crate::config::Config;
use crate::http::{Assets, Build, ConnectInfo};

/// The page: the folder that is configured, or the one beside the program, or a few words.
pub(super) fn assets(config: &Config) -> Result<Assets, String> {
    let program = std::env::current_exe().ok();
    let Some(folder) = config.web_dir(program.as_deref()) else {
        tracing::info!("no page: `cargo xtask web` builds one, --web-dir says where it is");
        return Ok(Assets::none());
    };
    let assets = Assets::read(&folder)?;
    tracing::info!(folder = %folder.display(), files = assets.len(), "the page");
    Ok(assets)
}

/// What clients must know, given the transports that were built and where the server listens.
pub(super) fn connect_info(
    config: &Config,
    build: Build,
    listening: SocketAddr,
    built: &[Transport],
    certificate_hashes: impl Fn() -> Vec<String> + 'static,
) -> ConnectInfo {
    let on = built.iter().copied().filter(|one| config.has(*one));
    let port = config.public_port(listening);
    ConnectInfo::new(build, port, on.collect(), certificate_hashes)
}
