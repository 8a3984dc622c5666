//! The public listener: the page, what a client must know before it dials, the list of rooms,
//! offers of WebRTC, and the way into WebSocket. On the same number as the UDP port.
//!
//! Never speaks HTTP/2, never keeps anything of a request it refuses, and never lets a slow client
//! hold more than one bounded connection.

mod api;
mod arriving;
mod assets;
mod body;
mod connect_info;
mod content;
mod crowd;
mod folder;
mod listener;
mod login;
mod offer;
mod port;
mod rates;
mod room_list;
mod routes;
mod security;
mod stream;
mod upgrade;

pub use assets::Assets;
pub use connect_info::ConnectInfo;
pub use listener::{PublicListener, PublicOptions};
pub use rates::RequestRates;

use bytes::Bytes;
use content::Content;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

/// What a request gets.
type Answer = Response<Content>;

/// A body that is there.
fn whole(bytes: impl Into<Bytes>) -> Content {
    Full::new(bytes.into()).into()
}

/// A line of text with a status.
fn text(status: StatusCode, line: &str) -> Answer {
    let mut answer = Response::new(whole(Bytes::from(format!("{line}\n"))));
    *answer.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer
}

#[cfg(test)]
mod tests;
