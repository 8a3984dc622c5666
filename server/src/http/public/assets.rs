//! The page and its files, ready to be sent.
//!
//! Never compresses and never touches a disk while it serves: files and what `cargo xtask web` has
//! compressed beside them (`NAME.br`, `NAME.gz`) are read once at the start.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use hyper::{Response, StatusCode};

use super::{Answer, folder, security, whole};

/// What `/` shows where no page was built.
const NO_PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Tickwire server</title>
<h1>A Tickwire server runs here</h1>
<p>It has no page to play in. Build one with <code>cargo xtask web</code> and start the server
with <code>--web-dir</code> and the folder that was built.</p>
<p>Native clients can play all the same. What they ask first:
<a href=\"/connect-info\">/connect-info</a>, <a href=\"/rooms\">/rooms</a>.</p>
</html>
";

/// Name of the file that `/` is.
const INDEX: &str = "index.html";

/// Digits of a content hash in a name: `NAME-0123456789abcdef.EXTENSION`.
const HASH_DIGITS: usize = 16;

/// The files by their paths, which start with `/`.
#[derive(Debug)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
}

/// One file.
#[derive(Debug)]
pub(super) struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    content_type: &'static str,
    /// Of the plain bytes.
    hash: String,
    /// Whether the name changes with the content.
    immutable: bool,
}

impl Assets {
    /// What a server without a page has.
    #[must_use]
    pub fn none() -> Assets {
        let index = (INDEX.to_owned(), NO_PAGE.as_bytes().to_vec());
        Assets::of(BTreeMap::from([index]))
    }

    /// The files of a folder.
    ///
    /// # Errors
    /// A sentence for the operator: it cannot be read, holds no `index.html`, or holds too much.
    pub fn read(folder: &Path) -> Result<Assets, String> {
        let files = folder::read(folder)?;
        if !files.contains_key(INDEX) {
            return Err(format!(
                "there is no {INDEX} in {}: build the page with `cargo xtask web`, or choose its \
                 folder with --web-dir",
                folder.display()
            ));
        }
        Ok(Assets::of(files))
    }

    fn of(mut files: BTreeMap<String, Vec<u8>>) -> Assets {
        let names: Vec<String> = files.keys().cloned().collect();
        let mut assets = BTreeMap::new();
        for name in names {
            // A compressed sibling goes with its file; one without a file is a file itself.
            let stem = name.strip_suffix(".br").or(name.strip_suffix(".gz"));
            if stem.is_some_and(|stem| assets.contains_key(&format!("/{stem}"))) {
                continue;
            }
            let Some(plain) = files.remove(&name) else {
                continue;
            };
            let mut sibling = |end: &str| files.remove(&format!("{name}{end}")).map(Bytes::from);
            let asset = Asset {
                brotli: sibling(".br"),
                gzip: sibling(".gz"),
                content_type: content_type(&name),
                hash: hash_of(&plain),
                immutable: has_hash(&name),
                plain: plain.into(),
            };
            assets.insert(format!("/{name}"), asset);
        }
        Assets { files: assets }
    }

    /// How many files there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a page")]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// The file at this path of a URL.
    pub(super) fn find(&self, path: &str) -> Option<&Asset> {
        match path {
            "/" => self.files.get("/index.html"),
            path => self.files.get(path),
        }
    }
}

impl Asset {
    /// Answers a request for this file.
    pub(super) fn answer(&self, request: &HeaderMap, public_port: u16) -> Answer {
        let (encoding, bytes) = self.encoded_for(request);
        let tag = match encoding {
            Some(encoding) => format!("\"{}-{encoding}\"", self.hash),
            None => format!("\"{}\"", self.hash),
        };
        let known = request
            .get(IF_NONE_MATCH)
            .and_then(|tags| tags.to_str().ok());
        let known = known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
        let body = if known { Bytes::new() } else { bytes.clone() };
        let mut answer = Response::new(whole(body));
        if known {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = answer.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching()));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if self.content_type.starts_with("text/html") {
            security::confine_page(headers, request, public_port);
        }
        answer
    }

    fn caching(&self) -> &'static str {
        if self.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }
    }

    /// The smallest form the client understands.
    fn encoded_for(&self, request: &HeaderMap) -> (Option<&'static str>, &Bytes) {
        match (&self.brotli, &self.gzip) {
            (Some(bytes), _) if accepts(request, "br") => (Some("br"), bytes),
            (_, Some(bytes)) if accepts(request, "gzip") => (Some("gzip"), bytes),
            _ => (None, &self.plain),
        }
    }
}

/// Whether a client names this encoding and does not give it the weight 0.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let values = request.get_all(ACCEPT_ENCODING).into_iter();
    let mut offers = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    offers.any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(encoding) && weight.parse::<f32>().unwrap_or(0.0) > 0.0
    })
}

fn hash_of(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let head = digest.as_ref().iter().take(HASH_DIGITS / 2);
    head.fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether a name says which content it has.
fn has_hash(name: &str) -> bool {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    hash.len() == HASH_DIGITS && hash.bytes().all(digit)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "ogg" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> Assets {
        let files = files.iter();
        Assets::of(
            files
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
        )
    }

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_smallest_form_a_client_understands() {
        let assets = folder(&[
            ("a.wasm", "plain"),
            ("a.wasm.br", "br"),
            ("a.wasm.gz", "gz"),
        ]);
        let check = |accepted, encoding: Option<&str>| {
            let answer = assets.find("/a.wasm").unwrap();
            let answer = answer.answer(&asked(ACCEPT_ENCODING, accepted), 1);
            let found = answer.headers().get(CONTENT_ENCODING);
            assert_eq!(found.map(|e| e.to_str().unwrap()), encoding, "{accepted}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/wasm");
        };
        check("gzip, deflate, br", Some("br"));
        check("gzip;q=0.5, BR;q=0.1", Some("br"));
        check("gzip, br;q=0", Some("gzip"));
        check("gzip, br; q=0.000", Some("gzip"));
        check("deflate", None);
        check("", None);
        assert!(assets.find("/a.wasm.br").is_none());
    }

    #[test]
    fn names_with_a_hash_are_kept_for_ever_and_others_asked_for_again() {
        let hashed = "client-0123456789abcdef.js";
        let assets = folder(&[("index.html", "<p>"), (hashed, "1"), ("js/a.br", "2")]);
        let plain = HeaderMap::new();
        let page = assets.find("/").unwrap().answer(&plain, 1);
        assert_eq!(page.headers()[CACHE_CONTROL], "no-cache");
        assert!(page.headers().contains_key("content-security-policy"));
        let script = assets
            .find(&format!("/{hashed}"))
            .unwrap()
            .answer(&plain, 1);
        let caching = script.headers()[CACHE_CONTROL].to_str().unwrap();
        assert!(caching.ends_with("immutable"), "{caching}");
        assert!(assets.find("/js/a.br").is_some());
        for name in [
            "a-0123456789abcde.js",
            "a-0123456789abcdeg.js",
            "a.js",
            "-.js",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        let assets = folder(&[("index.html", "<p>")]);
        let page = assets.find("/").unwrap();
        let first = page.answer(&HeaderMap::new(), 1);
        let mut again = HeaderMap::new();
        again.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(page.answer(&again, 1).status(), StatusCode::NOT_MODIFIED);
        let other = asked(IF_NONE_MATCH, "\"0\"");
        assert_eq!(page.answer(&other, 1).status(), StatusCode::OK);
    }
}
