//! The description of the interface, for people and generators: OpenAPI 3.1.
//!
//! Never written by hand: it follows from what the handlers say of themselves.

use std::sync::OnceLock;

use bytes::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};

use super::problem::Problem;
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
    responses((status = 200, body = Object), (status = 429, body = Problem,
        content_type = "application/problem+json")),
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
