//! A server that runs at the port: what it shows over QUIC and what it says over HTTP.
//!
//! Never takes another program for one: it must speak our protocol over QUIC or, where QUIC is
//! switched off, give the answer that only our servers give.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client;
use crate::doctor::ANSWER_TIME_MAX;
use crate::runtime::Clock;
use crate::runtime::clock::WallTime;
use crate::transport::tls::{ALPN, ALPN_HTTP3, sha256_hex};

/// Bytes of an answer over HTTP at the most. A longer one is none of ours.
const ANSWER_BYTES_MAX: u64 = 64 * 1_024;

/// The name asked for in handshakes; the server has one certificate for all names.
const NAME: &str = "localhost";

/// A server that answered.
#[derive(Clone, Debug)]
pub(in crate::doctor) struct Server {
    /// How long the handshake of QUIC took; `None` where it is switched off.
    pub(in crate::doctor) handshake: Option<Duration>,
    /// SHA-256 of the certificate it showed, in lower-case hex; `None` when it showed none.
    pub(in crate::doctor) certificate_sha256: Option<String>,
    /// What it says at `/connect-info`, or why that cannot be had.
    pub(in crate::doctor) info: Result<Info, String>,
}

/// What the doctor reads of `/connect-info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::doctor) struct Info {
    /// Version of the server.
    pub(in crate::doctor) version: String,
    /// The port that native clients are to dial.
    pub(in crate::doctor) quic_port: Option<u16>,
    /// What browsers are told to accept; empty when an authority vouches.
    pub(in crate::doctor) certificate_hashes: Vec<String>,
    /// When the answer was written, as its head says.
    pub(in crate::doctor) date: Option<WallTime>,
}

/// What a server answered over HTTP.
struct Answer {
    text: String,
    /// The certificate it showed, under TLS.
    certificate: Option<CertificateDer<'static>>,
}

/// Finds the server at this address, if it is one of ours.
pub(super) async fn find(at: SocketAddr) -> Option<Server> {
    let clock = Clock::start();
    let certificate = timeout(ANSWER_TIME_MAX, handshake(at)).await.ok()??;
    let handshake = Duration::from_micros(clock.now().0);
    let answer = ask(at).await;
    Some(Server {
        handshake: Some(handshake),
        certificate_sha256: Some(sha256_hex(&certificate)),
        info: answer.and_then(|answer| parse(&answer.text)),
    })
}

/// Finds the server at this address by what it says over HTTP: one that speaks no QUIC.
pub(super) async fn find_without_quic(at: SocketAddr) -> Option<Server> {
    let answer = ask(at).await.ok()?;
    let info = parse(&answer.text).ok()?;
    Some(Server {
        handshake: None,
        certificate_sha256: answer.certificate.as_deref().map(sha256_hex),
        info: Ok(info),
    })
}

/// The certificate of what speaks our protocol, or WebTransport, over QUIC there.
async fn handshake(at: SocketAddr) -> Option<CertificateDer<'static>> {
    let tls = QuicClientConfig::try_from(client::config(&[ALPN, ALPN_HTTP3]).ok()?).ok()?;
    let own: IpAddr = match at.ip() {
        IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let mut endpoint = quinn::Endpoint::client(SocketAddr::new(own, 0)).ok()?;
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(tls)));
    let connection = endpoint.connect(at, NAME).ok()?.await.ok()?;
    let chain = connection.peer_identity()?;
    let chain = chain.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    connection.close(quinn::VarInt::from_u32(0), b"only looking");
    endpoint.wait_idle().await;
    chain.into_iter().next()
}

/// Asks for `/connect-info`, over TLS first.
async fn ask(at: SocketAddr) -> Result<Answer, String> {
    match timeout(ANSWER_TIME_MAX, over_tls(at)).await {
        Ok(Ok(answer)) => Ok(answer),
        _ => match timeout(ANSWER_TIME_MAX, in_the_clear(at)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        },
    }
}

async fn over_tls(at: SocketAddr) -> std::io::Result<Answer> {
    let config = client::config(&[b"http/1.1"]).map_err(std::io::Error::other)?;
    let name = ServerName::try_from(NAME).map_err(std::io::Error::other)?;
    let stream = TcpStream::connect(at).await?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await?;
    let chain = stream.get_ref().1.peer_certificates();
    let certificate = chain.and_then(|chain| chain.first().cloned());
    let certificate = certificate.map(CertificateDer::into_owned);
    let text = exchange(stream, at).await?;
    Ok(Answer { text, certificate })
}

async fn in_the_clear(at: SocketAddr) -> std::io::Result<Answer> {
    let text = exchange(TcpStream::connect(at).await?, at).await?;
    let certificate = None;
    Ok(Answer { text, certificate })
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    at: SocketAddr,
) -> std::io::Result<String> {
    let request = format!("GET /connect-info HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let outcome = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await;
    // A server may leave without the goodbye of TLS; what it said counts.
    match outcome {
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
    }
}

/// Reads head and body of an answer.
pub(in crate::doctor) fn parse(answer: &str) -> Result<Info, String> {
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer of HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        return Err(format!("status {status}"));
    }
    let said: Value = serde_json::from_str(body).map_err(|_| "no JSON".to_owned())?;
    let version = said["server"].as_str();
    let version = version.filter(|_| said["transports"].is_object());
    let version = version.ok_or("JSON of another program")?;
    let hashes = said["transports"]["webtransport"]["certificate_hashes"].as_array();
    let hashes = hashes.into_iter().flatten().filter_map(Value::as_str);
    let port = said["transports"]["quic"]["port"].as_u64();
    Ok(Info {
        version: version.to_owned(),
        quic_port: port.and_then(|port| u16::try_from(port).ok()),
        certificate_hashes: hashes.map(str::to_owned).collect(),
        date: date(head),
    })
}

fn date(head: &str) -> Option<WallTime> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then_some(value.trim())
    })?;
    let time = httpdate::parse_http_date(line).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(WallTime(since.as_secs()))
}
