//! `tickwire-server doctor`: looks at everything a server needs and says what to fix.
//!
//! Never changes anything that stays, and never talks to another machine. Asking and judging are
//! apart: `ask` finds facts, `judge` turns each into a finding and can be tested by table.

mod ask;
mod finding;
mod judge;

pub use finding::{Finding, Grade, report};

use std::time::Duration;

use tokio::runtime::Builder;

use crate::config::Config;
use crate::http::usable;
use crate::runtime::clock::WallTime;

/// How long the doctor waits for any one answer. A busy machine may take seconds for a handshake,
/// and a server that answers late must not be taken for another program.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(8);

/// Looks at everything that a server of this configuration needs.
///
/// # Errors
/// A sentence for the operator, when not even the looking is possible.
pub fn examine(config: &Config) -> Result<Vec<Finding>, String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start to look: {error}"))?;
    let config = Config {
        listen: usable(config.listen),
        ..config.clone()
    };
    Ok(runtime.block_on(examine_all(&config)))
}

async fn examine_all(config: &Config) -> Vec<Finding> {
    let ports = ask::ports(config).await;
    // Asking takes seconds on a busy machine, and clocks are compared with what was answered last.
    let now = WallTime::now();
    let files = ask::certificate(config, now);
    let mut findings = vec![
        judge::udp_port(config.listen, &ports.udp),
        judge::tcp_port(config.listen, &ports.tcp),
        judge::buffers(&ask::buffers(config.listen)),
        judge::datagram(&ports.passage),
    ];
    let outward = ask::outward_address();
    let set = config.public_addr.map(|public| public.ip);
    findings.push(judge::public_address(config.listen.ip(), set, outward));
    if let Some(server) = &ports.server {
        findings.push(judge::agreement(config.listen.port(), server));
    }
    findings.extend(judge::certificate(&files, ports.server.as_ref(), now));
    findings.push(judge::clock(now, files.valid(), ports.server.as_ref()));
    findings.push(judge::open_files(ask::open_files()));
    findings.push(judge::data_dir(&config.data_dir, ask::data_dir(config)));
    findings
}

#[cfg(test)]
mod tests;
