//! Asks a server's admin listener for its figures.
//!
//! Speaks just enough HTTP/1.1 for one small JSON answer, and never touches the game there.

use std::time::Duration;

use serde::Deserialize;
use tickwire_link::Address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::report::{ServerReport, TickPercentiles};

/// Bytes of an answer that are read at the most; a longer one is cut and then does not parse.
const ANSWER_BYTES_MAX: u64 = 64 * 1_024;

/// How long the whole exchange may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The figures as `/debug/stats` gives them: ticks since the measurement began, the rest since the
/// server's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// CPU of the worker a tick.
    pub tick_us: TickFigures,
    /// Ticks that took longer than their period.
    pub overruns: u64,
    /// CPU seconds of the process.
    pub cpu_s: f64,
}

/// Percentiles in µs; `null` while nothing ticked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TickFigures {
    /// Median.
    pub p50: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}

/// Starts a new measurement of ticks at the admin listener, for which it wants its token, and reads
/// its figures; without the token they are those since its start.
///
/// # Errors
/// One sentence that says what went wrong.
pub async fn begin(address: &Address, token: Option<&str>) -> Result<Figures, String> {
    if let Some(token) = token {
        let head = format!("Authorization: Bearer {token}\r\n");
        let reset = exchange(address, "POST", "/debug/stats/reset", &head);
        match timeout(PATIENCE, reset).await {
            Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 204") => {}
            _ => return Err(format!("http://{address} does not take the admin token")),
        }
    }
    figures(address).await
}

/// Reads the figures from the admin listener at `address`.
///
/// # Errors
/// One sentence that says what went wrong.
pub async fn figures(address: &Address) -> Result<Figures, String> {
    let exchange = timeout(PATIENCE, exchange(address, "GET", "/debug/stats", "")).await;
    let answer = match exchange {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(format!("no figures from http://{address}: {error}")),
        Err(_) => return Err(format!("no figures from http://{address}: no answer")),
    };
    let body = body_of(&answer)
        .ok_or_else(|| format!("no figures from http://{address}: not an admin listener"))?;
    serde_json::from_str(body).map_err(|error| format!("figures from http://{address}: {error}"))
}

/// The server's part of the report: what happened between two readings.
#[must_use]
pub fn between(before: Figures, after: Figures) -> ServerReport {
    ServerReport {
        tick_us: TickPercentiles {
            p50: after.tick_us.p50.unwrap_or(0.0),
            p99: after.tick_us.p99.unwrap_or(0.0),
        },
        overruns: after.overruns.saturating_sub(before.overruns),
        cpu_s: (after.cpu_s - before.cpu_s).max(0.0),
    }
}

async fn exchange(
    address: &Address,
    method: &str,
    path: &str,
    head: &str,
) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         {head}Content-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_end(&mut answer)
        .await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The body of a good answer whose length is plain (not chunked).
fn body_of(answer: &str) -> Option<&str> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    (head.starts_with("HTTP/1.") && status == "200").then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Answers one request with these bytes.
    async fn serve(answer: &'static str) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a visitor");
            let mut request = [0; 512];
            let read = stream.read(&mut request).await.expect("a request");
            assert!(request[..read].starts_with(b"GET /debug/stats HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).await.expect("sent");
        });
        Address {
            host: "127.0.0.1".to_owned(),
            port,
        }
    }

    #[tokio::test]
    async fn figures_are_the_difference_of_two_readings() {
        let address = serve(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\
             {\"tick_us\":{\"p50\":310.5,\"p99\":900},\"overruns\":5,\"cpu_s\":7.5,\"more\":1}",
        )
        .await;
        let after = figures(&address).await.expect("figures");
        let before = Figures {
            overruns: 4,
            cpu_s: 7.0,
            ..Figures::default()
        };
        let report = between(before, after);
        assert_eq!((report.overruns, report.cpu_s), (1, 0.5));
        assert_eq!((report.tick_us.p50, report.tick_us.p99), (310.5, 900.0));
    }

    #[tokio::test]
    async fn other_answers_are_told() {
        for answer in [
            "HTTP/1.1 404 Not Found\r\n\r\n{}",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 200 OK\r\n\r\n<",
        ] {
            let address = serve(answer).await;
            let said = figures(&address).await.expect_err("no figures");
            assert!(said.contains(&address.to_string()), "{said}");
        }
    }
}
