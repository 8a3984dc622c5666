//! The gateway of a server as its caller sees it: requests, answers and streams of events.
//!
//! Never speaks TLS, so that it stays small: a bot elsewhere than on the server's machine uses a
//! library for HTTP, or a tunnel.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::Trouble;

/// Longest silence of a server: a stream shows a sign of life every 15 s, a long poll lasts 30 s.
const SILENCE_MAX: Duration = Duration::from_secs(45);

/// Bytes of one answer or event at the most.
const BYTES_MAX: u64 = 1 << 20;

/// A server and what lets this program in.
#[derive(Clone, Debug)]
pub struct Api {
    /// Host and port of the public listener.
    server: String,
    token: String,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// What kind of thing.
    pub name: String,
    /// Where to go on after it.
    pub id: Option<String>,
    /// What the server says of it.
    pub data: Value,
}

/// What happens, as it happens.
pub struct Events {
    stream: BufReader<TcpStream>,
    /// Bytes of chunks that were not read yet.
    chunk: u64,
}

impl Api {
    /// The server at `HOST:PORT`, with this token; empty for a stranger.
    #[must_use]
    pub fn new(server: &str, token: &str) -> Api {
        Api {
            server: server.to_owned(),
            token: token.trim().to_owned(),
        }
    }

    /// What lets it in.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks for something below `/api/v1`.
    ///
    /// # Errors
    /// The connection broke.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (mut stream, mut answer) = self.send(method, path, "", &body)?;
        stream
            .by_ref()
            .take(BYTES_MAX)
            .read_to_string(&mut answer.body)?;
        Ok(answer)
    }

    /// Follows what happens, after the event of this id.
    ///
    /// # Errors
    /// The server refused it, or the connection broke.
    pub fn stream(&self, path: &str, last: Option<&str>) -> Result<Events, Trouble> {
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n"));
        let (stream, mut answer) =
            self.send("GET", path, last.as_deref().unwrap_or_default(), "")?;
        if answer.status != 200 {
            stream.take(BYTES_MAX).read_to_string(&mut answer.body)?;
            return Err(Trouble::Refused(answer));
        }
        Ok(Events { stream, chunk: 0 })
    }

    /// Sends a request and reads the head of its answer.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<(BufReader<TcpStream>, Answer)> {
        let mut stream = TcpStream::connect(&self.server)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        let (server, token, length) = (&self.server, &self.token, body.len());
        let mut head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{headers}"
        );
        if !token.is_empty() {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if !body.is_empty() {
            let kind = "Content-Type: application/json";
            head.push_str(&format!("{kind}\r\nContent-Length: {length}\r\n"));
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut stream = BufReader::new(stream);
        let answer = read_head(&mut stream)?;
        Ok((stream, answer))
    }
}

impl Answer {
    /// A header, by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What the server says of a refusal.
    #[must_use]
    pub fn problem(&self) -> String {
        let detail = self.json()["detail"].as_str().map(str::to_owned);
        let detail = detail.unwrap_or_else(|| "the server said nothing more".to_owned());
        format!("{}: {detail}", self.status)
    }
}

impl Events {
    /// The next event; waits for it. `None` at the end of the stream.
    ///
    /// # Errors
    /// The connection broke.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        let mut event = Event::default();
        while let Some(line) = self.line()? {
            match line.split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("data", data)) => {
                    event.data = serde_json::from_str(data).unwrap_or_default();
                }
                _ if line.is_empty() && !event.name.is_empty() => return Ok(Some(event)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The next line of the stream without its end.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        while line.len() < BYTES_MAX as usize {
            if self.chunk == 0 && !self.next_chunk()? {
                return Ok(None);
            }
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            self.chunk -= 1;
            if self.chunk == 0 {
                let _ = read_line(&mut self.stream)?;
            }
            if byte == *b"\n" {
                let text = String::from_utf8(line);
                return text
                    .map(Some)
                    .map_err(|_| io::ErrorKind::InvalidData.into());
            }
            line.push(byte[0]);
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// Reads the length of the next chunk; false for the last one, which is empty.
    fn next_chunk(&mut self) -> io::Result<bool> {
        let length = read_line(&mut self.stream)?;
        let length = u64::from_str_radix(&length, 16);
        self.chunk = length.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(self.chunk > 0)
    }
}

/// A text as a part of a path.
#[must_use]
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let bytes = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    bytes.collect()
}

fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let first = read_line(stream)?;
    let status = first
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Ok(Answer {
        status,
        headers,
        body: String::new(),
    })
}

/// A line of the protocol; one that is cut off is an error.
fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.by_ref().take(BYTES_MAX).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
