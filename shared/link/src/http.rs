//! HTTP to a server's TCP port: one request a connection, with or without TLS.
//!
//! Never follows a redirect, never keeps a cookie, never reads more than an answer may have.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tickwire_shared::limits::HTTP_ANSWER_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::address::Address;
use crate::connect_info::ConnectInfo;
use crate::dial::{Dial, DialError};
use crate::word::printable;

/// How long a server may take to say which of HTTP and HTTPS it speaks.
const KNOCK: Duration = Duration::from_secs(2);

/// Where a server says what a client must know.
const CONNECT_INFO: &str = "/connect-info";

/// Bytes that come and go, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A server's TCP port, and how to speak to it.
pub(crate) struct Door {
    pub(crate) address: Address,
    pub(crate) remote: SocketAddr,
    tls: Option<Arc<rustls::ClientConfig>>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body of a good answer.
    pub(crate) fn good(self) -> Result<Bytes, DialError> {
        match self.status {
            200 => Ok(self.body),
            status => Err(DialError::Status(status, printable(&self.body))),
        }
    }
}

impl Door {
    /// Finds out where the server is and whether it speaks HTTP or HTTPS.
    ///
    /// A server has one of the two. Without TLS it is asked only where the trust allows that, so
    /// that nobody on the way can talk a client out of TLS.
    pub(crate) async fn find(dial: &Dial) -> Result<Door, DialError> {
        let address = Address::parse(&dial.server).map_err(DialError::Address)?;
        let remote = address.resolve().await.map_err(DialError::Address)?;
        let plain = Door {
            address,
            remote,
            tls: None,
        };
        if dial.trust.allows_plain(remote.ip()) {
            match timeout(KNOCK, plain.get(CONNECT_INFO)).await {
                // It speaks HTTP, whatever it says.
                Ok(Ok(_)) => return Ok(plain),
                Ok(Err(error @ DialError::NobodyListensTcp(_))) => return Err(error),
                Ok(Err(_)) | Err(_) => {}
            }
        }
        let tls = dial.trust.tls(remote.ip(), b"http/1.1");
        let tls = tls.map_err(|error| DialError::System(error.to_string()))?;
        Ok(Door {
            tls: Some(Arc::new(tls)),
            ..plain
        })
    }

    /// Whether it speaks HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// A new connection.
    pub(crate) async fn open(&self) -> Result<Box<dyn Stream>, DialError> {
        let stream = TcpStream::connect(self.remote).await;
        let stream = stream.map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => DialError::NobodyListensTcp(self.remote),
            ErrorKind::TimedOut => DialError::NoAnswerTcp(self.remote),
            _ => DialError::System(error.to_string()),
        })?;
        // A packet that waits for others to fill a segment is a late packet.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(self.address.host.clone());
        let name = name.map_err(|error| DialError::System(error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(tls));
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| self.tls_failure(&error))?;
        Ok(Box::new(stream))
    }

    fn tls_failure(&self, error: &std::io::Error) -> DialError {
        use rustls::Error;
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(Error::InvalidCertificate(_)) => DialError::Certificate(error.to_string()),
            Some(Error::InvalidMessage(_)) => DialError::Plain(self.remote),
            _ => DialError::System(error.to_string()),
        }
    }

    /// Asks with GET.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, DialError> {
        self.ask(self.request(path).body(Full::default())).await
    }

    /// Asks with POST.
    pub(crate) async fn post(
        &self,
        path: &str,
        content: &str,
        body: String,
    ) -> Result<Answer, DialError> {
        let request = self.request(path).method("POST");
        let request = request.header(CONTENT_TYPE, content);
        self.ask(request.body(Full::from(body))).await
    }

    fn request(&self, path: &str) -> hyper::http::request::Builder {
        let host = self.address.to_string();
        let request = Request::builder().uri(path);
        request.header(HOST, host).header(CONNECTION, "close")
    }

    async fn ask(
        &self,
        request: Result<Request<Full<Bytes>>, hyper::http::Error>,
    ) -> Result<Answer, DialError> {
        let request = request.map_err(|error| DialError::System(error.to_string()))?;
        let stream = TokioIo::new(self.open().await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(broken)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(broken)?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), HTTP_ANSWER_BYTES_MAX);
            let body = body.collect().await;
            let body = body.map_err(|error| DialError::System(error.to_string()))?;
            Ok(Answer {
                status,
                body: body.to_bytes(),
            })
        };
        tokio::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => answer,
            // What came is still to be read.
            _ = connection => exchange.await,
        }
    }
}

fn broken(error: hyper::Error) -> DialError {
    DialError::System(format!("HTTP: {error}"))
}

/// Asks the server of `dial` what a client must know before it dials.
///
/// # Errors
/// [`DialError`] says why there is no answer.
pub async fn connect_info(dial: &Dial) -> Result<ConnectInfo, DialError> {
    asking(dial).await
}

/// Boxed, so that it is compiled here and not in every crate that awaits it.
fn asking(dial: &Dial) -> BoxFuture<'_, Result<ConnectInfo, DialError>> {
    Box::pin(ask(dial))
}

async fn ask(dial: &Dial) -> Result<ConnectInfo, DialError> {
    let asked = async {
        let door = Door::find(dial).await?;
        let body = door.get(CONNECT_INFO).await?.good()?;
        ConnectInfo::parse(&body).map_err(|_| DialError::NotTickwire(door.remote))
    };
    timeout(dial.timeout, asked)
        .await
        .unwrap_or_else(|_| Err(DialError::System("the server did not answer".to_owned())))
}
