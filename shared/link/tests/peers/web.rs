//! A TCP port that speaks HTTP or HTTPS: WebSocket that echoes, and answers to offers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tickwire_link::CertificateHash;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// What a port answers.
#[derive(Clone, Default)]
pub struct Port {
    /// Body of the answer to `/connect-info`; without it: 404.
    pub connect_info: Option<String>,
    /// Whether WebSocket is there.
    pub websocket: bool,
    /// Whether the WebSocket swallows what comes on the unreliable lane.
    pub deaf: bool,
    /// Whether offers are taken.
    pub webrtc: bool,
}

/// A port that speaks HTTP.
pub async fn start(port: Port) -> SocketAddr {
    let (listener, at) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, port.clone()));
        }
    });
    at
}

/// A port that speaks HTTPS.
pub async fn start_tls(port: Port) -> (SocketAddr, CertificateHash) {
    let (listener, at) = listen().await;
    let (tls, hash) = super::tls(&[b"http/1.1"]);
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, port) = (acceptor.clone(), port.clone());
            tokio::spawn(async move { answer(acceptor.accept(stream).await.ok()?, port).await });
        }
    });
    (at, hash)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: S, port: Port) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let path = loop {
        let buffered = stream.fill_buf().await.ok()?;
        if buffered.is_empty() {
            return None;
        }
        if !buffered[0].is_ascii_uppercase() {
            // As servers answer what is no HTTP, a TLS hello for one.
            return say(stream, "400 Bad Request", "").await;
        }
        let line = buffered.split(|&byte| byte == b'\n').next()?;
        if line.len() < buffered.len() {
            break String::from_utf8_lossy(line).split(' ').nth(1)?.to_owned();
        }
    };
    match path.as_str() {
        "/ws" if port.websocket => echo(stream, port.deaf).await,
        "/connect-info" => match port.connect_info {
            Some(body) => say(stream, "200 OK", &body).await,
            None => say(stream, "404 Not Found", "no such page").await,
        },
        "/webrtc" if port.webrtc => {
            let offer = body(&mut stream).await?;
            match super::rtc::start(&offer).await {
                Some(sdp) => say(stream, "200 OK", &sdp).await,
                None => say(stream, "400 Bad Request", "no usable offer").await,
            }
        }
        _ => say(stream, "404 Not Found", "no such page").await,
    }
}

async fn body<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    String::from_utf8(body).ok()
}

async fn say<S: AsyncWrite + Unpin>(mut stream: S, status: &str, body: &str) -> Option<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    stream.shutdown().await.ok()
}

#[allow(
    clippy::result_large_err,
    reason = "the shape of the callback is the library's"
)]
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(stream: S, deaf: bool) -> Option<()> {
    let accept = |request: &Request, mut response: Response| {
        let asked = request.headers()["sec-websocket-protocol"].clone();
        assert_eq!(asked, "tickwire-1");
        response
            .headers_mut()
            .insert("sec-websocket-protocol", asked);
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, accept)
        .await
        .ok()?;
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(bytes) if &bytes[..] == b"\x01close" => {
                let frame = CloseFrame {
                    code: (4_000 + super::REASON as u16).into(),
                    reason: super::WORDS.into(),
                };
                socket.close(Some(frame)).await.ok()?;
            }
            Message::Binary(bytes) if deaf && bytes.first() == Some(&0) => {}
            Message::Binary(bytes) => socket.send(Message::Binary(bytes)).await.ok()?,
            _ => {}
        }
    }
    None
}
