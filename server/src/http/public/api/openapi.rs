//! The description of the interface, for people and generators: OpenAPI 3.1.
//!
//! Never written by hand: it follows from what the handlers say of themselves.

use std::sync::OnceLock;

use bytes::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};

use super::problem::Problem;
use super::problems::{OPEN, Problems};
use super::{lines, rooms, say, shapes, stream, whispers};

/// The whole interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tickwire gateway",
        description = "Rooms, chat and presence for bots, dashboards and bridges.",
    ),
    paths(
        describe,
        rooms::me,
        rooms::list,
        rooms::one,
        lines::read,
        say::in_room,
        stream::open,
        say::announce,
        whispers::list,
        lines::read_whisper,
        say::whisper,
        stream::open_whisper,
        whispers::mark,
    ),
    components(schemas(Problem, shapes::Opened, shapes::ChatLine, shapes::Player)),
    modifiers(&Tokens),
)]
struct Interface;

/// This description.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "bots",
    responses((status = 200, body = Object), Problems<OPEN>),
)]
#[allow(dead_code, reason = "it describes what `json` gives")]
fn describe() {}

/// How callers show who they are.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, api: &mut openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that an operator made for a bot."));
        let scheme = SecurityScheme::Http(bearer.build());
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("bot", scheme);
    }
}

/// The description; made once.
pub(super) fn json() -> Bytes {
    static JSON: OnceLock<Bytes> = OnceLock::new();
    let made = || Interface::openapi().to_json().unwrap_or_default().into();
    JSON.get_or_init(made).clone()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tickwire_shared::limits::CHAT_BYTES_MAX;

    use super::*;
    use crate::limits::{CLIENT_ID_BYTES_MAX, LONG_POLL_SECONDS_MAX, STREAM_SECONDS_MAX};

    #[test]
    fn the_description_says_what_the_limits_say() {
        if let Ok(file) = std::env::var("DUMP") {
            std::fs::write(file, json()).unwrap();
        }
        let api: Value = serde_json::from_slice(&json()).expect("JSON");
        let most = |path: &str, name: &str| {
            let operation = &api["paths"][format!("/api/v1{path}")]["get"];
            let parameters = operation["parameters"].as_array().expect("parameters");
            let mut parameters = parameters.iter();
            let found = parameters.find(|parameter| parameter["name"] == name);
            found.and_then(|found| found["schema"]["maximum"].as_u64())
        };
        let wait = Some(u64::from(LONG_POLL_SECONDS_MAX));
        assert_eq!(most("/rooms/{room}/lines", "wait"), wait);
        assert_eq!(most("/whispers/{account}/lines", "wait"), wait);
        assert_eq!(most("/whispers", "wait"), wait);
        let seconds = Some(u64::from(STREAM_SECONDS_MAX));
        assert_eq!(most("/rooms/{room}/events", "seconds"), seconds);
        let say = &api["components"]["schemas"]["Say"]["properties"];
        let length = |name: &str| say[name]["maxLength"].as_u64();
        assert_eq!(length("client_id"), Some(CLIENT_ID_BYTES_MAX as u64));
        assert_eq!(length("text"), Some(CHAT_BYTES_MAX as u64));
    }
}
