//! What the gateway does not do, and what it says then.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;
use tickwire_client_demo::chatbot::api::Api;
use tickwire_server::limits::VISITORS_PER_ACCOUNT_MAX;

use crate::rig::{Rig, follow, next, within};
use crate::said;

/// Every operation with a path that fits it.
const OPERATIONS: [(&str, &str); 11] = [
    ("GET", "/me"),
    ("GET", "/rooms"),
    ("GET", "/rooms/lobby"),
    ("GET", "/rooms/lobby/lines"),
    ("POST", "/rooms/lobby/lines"),
    ("GET", "/rooms/lobby/events"),
    ("POST", "/announcements"),
    ("GET", "/whispers"),
    ("GET", "/whispers/7/lines"),
    ("POST", "/whispers/7/lines"),
    ("POST", "/whispers/7/read"),
];

#[test]
fn a_stranger_can_do_nothing_and_is_told_why() {
    let rig = Rig::start("gateway-stranger", |_| {});
    let wrong = format!("twb_{}", "0".repeat(64));
    for token in ["", "x", "twb_", &wrong, &"a".repeat(64)] {
        let api = rig.api(token);
        for (method, path) in OPERATIONS {
            let answer = api.ask(method, path, None).expect("an answer");
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.body);
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("application/problem+json"), "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            let problem = answer.json();
            assert_eq!(problem["code"], "unauthorized");
            assert!(
                problem["detail"]
                    .as_str()
                    .is_some_and(|it| it.contains("POST /bots"))
            );
        }
    }
    let described = rig
        .api("")
        .ask("GET", "/openapi.json", None)
        .expect("an answer");
    let described = described.json();
    let paths = described["paths"].as_object().expect("paths");
    for (method, path) in OPERATIONS {
        let path = path.replace("lobby", "{room}").replace('7', "{account}");
        let operation = &paths[&format!("/api/v1{path}")][method.to_lowercase()];
        assert!(operation["responses"]["401"].is_object(), "{method} {path}");
    }
    for (status, token) in [(401, "x"), (401, "")] {
        let (got, _) = rig.office("POST", "/bots", token, r#"{"name":"Mallory"}"#);
        assert_eq!(got, status);
    }
}

#[test]
fn what_is_not_as_described_is_refused_by_name() {
    let rig = Rig::start("gateway-bad", |_| {});
    let bot = rig.bot("Careless");
    let ask = |method: &str, path: &str| bot.api.ask(method, path, None).expect("an answer");
    let lines = "/rooms/lobby/lines";
    for (method, path, status) in [
        ("GET", "/rooms/nowhere", 404),
        ("GET", "/rooms/nowhere/lines", 404),
        ("GET", "/rooms/nowhere/events", 404),
        ("GET", "/nothing", 404),
        ("GET", "/rooms/%ff", 404),
        ("DELETE", "/rooms", 405),
        ("PUT", lines, 405),
        ("GET", "/announcements", 405),
        ("GET", "/rooms/lobby/lines?wait=31", 400),
        ("GET", "/rooms/lobby/lines?wait=x", 400),
        ("GET", "/rooms/lobby/lines?after=1", 400),
        ("GET", "/rooms/lobby/lines?more=1", 400),
        ("GET", "/rooms/lobby/events?seconds=0", 400),
        ("GET", "/whispers/7/lines", 404),
        ("GET", "/whispers/7/events", 404),
        ("POST", lines, 415),
    ] {
        let answer = ask(method, path);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let kind = answer.header("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{method} {path}");
    }
    assert_eq!(ask("DELETE", lines).header("allow"), Some("GET, POST"));
    let long = "é".repeat(257);
    for (body, status, code) in [
        (json!({}), 400, "bad_request"),
        (json!([1]), 400, "bad_request"),
        (
            json!({ "client_id": "1", "text": "x", "more": 1 }),
            400,
            "bad_request",
        ),
        (
            json!({ "client_id": "1", "text": "x", "manner": "notice" }),
            400,
            "bad_request",
        ),
        (said("", "x"), 400, "bad_request"),
        (said("a b", "x"), 400, "bad_request"),
        (said(&"i".repeat(65), "x"), 400, "bad_request"),
        (said("1", ""), 422, "empty"),
        (said("1", "a\u{202e}b"), 422, "bad_text"),
        (said("1", &long), 422, "too_long"),
    ] {
        let answer = bot.api.ask("POST", lines, Some(&body)).expect("an answer");
        let got = (answer.status, answer.json()["code"].clone());
        assert_eq!(got, (status, json!(code)), "{body}: {}", answer.body);
    }
    let nobody = bot
        .api
        .ask("POST", "/whispers/7/lines", Some(&said("w", "hi")));
    assert_eq!(nobody.expect("an answer").status, 404);
    let huge = said("1", &"x".repeat(20_000));
    let huge = bot.api.ask("POST", lines, Some(&huge)).expect("an answer");
    assert_eq!(huge.status, 413);
}

#[test]
fn the_rules_of_chat_hold_for_bots() {
    let words = std::env::temp_dir().join(format!("tickwire-gateway-{}", std::process::id()));
    std::fs::write(&words, "duck\n").expect("a file");
    let list = words.clone();
    let rig = Rig::start("gateway-rules", |config| {
        config.chat.block_words = Some(list)
    });
    let bot = rig.bot("Loud");
    let _ann = rig.person("Ann", "den");
    let say = |id: &str, text: &str| {
        let body = said(id, text);
        bot.api
            .ask("POST", "/rooms/den/lines", Some(&body))
            .expect("an answer")
    };
    let blocked = say("duck", "a duck");
    assert_eq!(
        (blocked.status, &blocked.json()["code"]),
        (422, &json!("words"))
    );
    let mut limited = None;
    for number in 0..30 {
        let answer = say(&format!("n{number}"), &format!("line {number}"));
        if answer.status != 201 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("it may not say as much as it likes");
    assert_eq!(
        (limited.status, &limited.json()["code"]),
        (429, &json!("too_fast"))
    );
    let seconds = limited
        .header("retry-after")
        .and_then(|text| text.parse::<u32>().ok());
    assert!(
        seconds.is_some_and(|seconds| (1..60).contains(&seconds)),
        "{seconds:?}"
    );
    let _ = std::fs::remove_file(words);
}

#[test]
fn a_revoked_token_ends_its_streams_and_opens_nothing() {
    let rig = Rig::start("gateway-revoked", |_| {});
    let (bot, other) = (rig.bot("Gone"), rig.bot("Stays"));
    let _ann = rig.person("Ann", "den");
    let path = "/rooms/den/events";
    let mut events = follow(&bot.api, path, None);
    let mut others = follow(&other.api, path, None);
    next(&mut events, "open");
    next(&mut others, "open");
    let (status, gone) = rig.operate("DELETE", "/bots/Gone", "");
    assert_eq!((status, &gone["account"]), (200, &json!(bot.account)));
    next(&mut events, "end");
    assert_eq!(events.next_event().expect("it ended well"), None);
    let status = |api: &Api| api.ask("GET", "/me", None).expect("an answer").status;
    assert_eq!(status(&bot.api), 401);
    let answer = other
        .api
        .ask("POST", "/rooms/den/lines", Some(&said("1", "still here")));
    assert_eq!(answer.expect("an answer").status, 201);
    assert_eq!(next(&mut others, "line").data["text"], "still here");
    // Another token for the same bot; the one before it is good no more.
    let back = rig.bot("Gone");
    assert_eq!((back.account, status(&back.api)), (bot.account, 200));
    let newer = rig.bot("gone");
    assert_eq!((status(&back.api), status(&newer.api)), (401, 200));
    let alike = rig.operate("POST", "/bots", r#"{"name":"G0ne"}"#);
    assert_eq!(
        (alike.0, status(&newer.api)),
        (409, 200),
        "it only looks alike"
    );
    assert_eq!(rig.operate("DELETE", "/bots/Nobody", "").0, 404);
    assert_eq!(rig.operate("POST", "/bots", r#"{"name":"admin"}"#).0, 400);
}

#[test]
fn a_bot_has_so_many_visits_and_no_more() {
    let rig = Rig::start("gateway-many", |_| {});
    let (bot, other) = (rig.bot("Greedy"), rig.bot("Modest"));
    let _ann = rig.person("Ann", "den");
    let path = "/rooms/den/events";
    let streams: Vec<_> = (0..VISITORS_PER_ACCOUNT_MAX)
        .map(|_| follow(&bot.api, path, None))
        .collect();
    let full = bot.api.ask("GET", path, None).expect("an answer");
    assert_eq!((full.status, full.header("retry-after")), (429, Some("1")));
    next(&mut follow(&other.api, path, None), "open");
    drop(streams);
    within("place", || {
        let answer = bot.api.ask("GET", "/rooms/den/lines", None);
        answer.expect("an answer").status == 200
    });
}

/// Half of the places for HTTP connections are for streams and polls, however many there are.
#[test]
fn streams_leave_places_for_pages() {
    let rig = Rig::start("gateway-places", |config| config.web.connections_max = 12);
    let (bot, other) = (rig.bot("Greedy"), rig.bot("Modest"));
    let path = "/rooms/lobby/events";
    let streams: Vec<_> = (0..6)
        .map(|number| follow([&bot.api, &other.api][number % 2], path, None))
        .collect();
    let full = bot.api.ask("GET", path, None).expect("an answer");
    let code = full.json()["code"].clone();
    assert_eq!((full.status, code), (503, json!("unavailable")));
    assert_eq!(full.header("retry-after"), Some("2"));
    let me = other.api.ask("GET", "/me", None).expect("an answer");
    assert_eq!(me.status, 200, "what is answered at once has a place");
    drop(streams);
    within("place", || {
        let answer = bot.api.ask("GET", "/rooms/lobby/lines", None);
        answer.expect("an answer").status == 200
    });
}

/// It reads nothing while much is said, and is ended; nobody else waits for it.
#[test]
fn a_slow_reader_is_ended_and_the_others_hear_everything() {
    let rig = Rig::start("gateway-slow", |config| config.chat.lines_per_s = 0);
    let (bot, slow) = (rig.bot("Talker"), rig.bot("Sleeper"));
    let ann = rig.person("Ann", "den");
    let mut idle = raw_stream(&rig, &slow.api);
    within("reader", || {
        rig.hosted.figure("tickwire_gateway_visitors") > 0.0
    });
    let filler = "x".repeat(500);
    let mut said_so_far = 0;
    within("end of the slow reader", || {
        for _ in 0..64 {
            let body = said(&format!("n{said_so_far}"), &filler);
            let answer = bot.api.ask("POST", "/rooms/den/lines", Some(&body));
            assert_eq!(answer.expect("an answer").status, 201);
            said_so_far += 1;
        }
        rig.hosted.figure("tickwire_gateway_visitors") == 0.0
    });
    ann.says("still there?");
    ann.hears("still there?");
    // What was on its way arrives, and then the end.
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    let rest = String::from_utf8_lossy(&rest);
    let lines = rest.matches("event: line").count();
    assert!(
        lines > 0 && lines <= said_so_far,
        "{lines} of {said_so_far}"
    );
    assert!(!rest.contains("still there?"), "it was ended before");
}

/// A stream whose reader takes as little as the system allows.
fn raw_stream(rig: &Rig, api: &Api) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.set_recv_buffer_size(2_048).expect("a small buffer");
    let address = rig.hosted.server().address();
    socket.connect(&address.into()).expect("a connection");
    let mut stream = TcpStream::from(socket);
    let head = format!(
        "GET /api/v1/rooms/den/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n",
        api.token()
    );
    stream.write_all(head.as_bytes()).expect("a request");
    stream
}
