//! The gateway over real sockets: bots, dashboards and bridges on a real server with real players.
//!
//! Never asserts on speed: the machine that runs this may be busy with something else.

#[path = "../live/mod.rs"]
mod live;
mod refusals;
mod rig;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rig::{Rig, follow, next, text, texts, within};
use serde_json::{Value, json};
use tickwire_client_demo::chatbot::{COMMAND, ChatBot};
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Address, Manner, Whom};

fn said(id: &str, text: &str) -> Value {
    json!({ "client_id": id, "text": text })
}

#[test]
fn a_bot_sees_the_room_hears_what_is_said_and_answers() {
    let rig = Rig::start("gateway-room", |_| {});
    let bot = rig.bot("Herald");
    let ann = rig.person("Ann", "den");
    let me = bot.api.ask("GET", "/me", None).expect("an answer").json();
    assert_eq!(
        (&me["account"], &me["role"]),
        (&json!(bot.account), &json!("bot"))
    );
    within("room with a player", || {
        let rooms = bot
            .api
            .ask("GET", "/rooms", None)
            .expect("an answer")
            .json();
        let room = &rooms["rooms"][0];
        room["name"] == "den" && room["players"] == 1 && room["tick"].as_u64() > Some(0)
    });
    within("score and team", || {
        let room = bot
            .api
            .ask("GET", "/rooms/den", None)
            .expect("an answer")
            .json();
        let player = &room["players"][0];
        player["name"] == "Ann" && player["score"] == 0 && player["team"] == 0
    });
    ann.says("hello?");
    let read = |query: &str| {
        let path = format!("/rooms/den/lines{query}");
        bot.api.ask("GET", &path, None).expect("an answer")
    };
    let first = read("?wait=30");
    assert_eq!(texts(&first), ["hello?"]);
    let cursor = first.json()["cursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let path = "/rooms/den/lines";
    let post = |id: &str, text: &str| {
        let answer = bot.api.ask("POST", path, Some(&said(id, text)));
        answer.expect("an answer")
    };
    let stored = post("1", "hello Ann");
    assert_eq!((stored.status, &stored.json()["offset"]), (201, &json!(1)));
    ann.hears("hello Ann");
    // The same again is the same line.
    let again = post("1", "hello Ann");
    assert_eq!((again.status, &again.json()["offset"]), (201, &json!(1)));
    post("2", "bye");
    let rest = read(&format!("?after={cursor}"));
    assert_eq!(texts(&rest), ["hello Ann", "bye"]);
    assert_eq!(rest.json()["cut"], false);
    assert_eq!(rest.json()["lines"][0]["role"], "bot");
    let other = read("?after=0:0").json();
    assert_eq!(
        (&other["cut"], &other["missed"]),
        (&json!(true), &Value::Null)
    );
}

#[test]
fn a_long_poll_waits_for_a_line_and_ends_by_itself() {
    let rig = Rig::start("gateway-poll", |_| {});
    let bot = rig.bot("Poller");
    let ann = rig.person("Ann", "den");
    let empty = bot
        .api
        .ask("GET", "/rooms/den/lines?wait=1", None)
        .expect("an answer");
    assert_eq!((empty.status, texts(&empty).len()), (200, 0));
    let waiting = {
        let api = bot.api.clone();
        std::thread::spawn(move || api.ask("GET", "/rooms/den/lines?wait=30", None))
    };
    within("waiter", || {
        rig.hosted.figure("tickwire_gateway_visitors") > 0.0
    });
    ann.says("wake up");
    let woken = waiting.join().expect("no panic").expect("an answer");
    assert_eq!(texts(&woken), ["wake up"]);
    within("end of the visit", || {
        rig.hosted.figure("tickwire_gateway_visitors") == 0.0
    });
}

#[test]
fn a_line_that_comes_again_or_twice_at_once_is_one_line() {
    let rig = Rig::start("gateway-twice", |config| config.chat.lines_per_s = 0);
    let bot = rig.bot("Stutterer");
    let say = |id: &str| {
        let (api, body) = (bot.api.clone(), said(id, &format!("this is {id}")));
        std::thread::spawn(move || api.ask("POST", "/rooms/lobby/lines", Some(&body)))
    };
    let mut all = 0;
    for id in ["a", "b", "c"] {
        let said: Vec<_> = (0..4).map(|_| say(id)).collect();
        let answers = said.into_iter().map(|asking| {
            let answer = asking.join().expect("no panic").expect("an answer");
            assert_eq!(answer.status, 201, "{}", answer.body);
            answer.json()["offset"].clone()
        });
        let answers: Vec<Value> = answers.collect();
        assert_eq!(answers, vec![json!(all); 4], "each learns where it is");
        all += 1;
    }
    let lines = bot.api.ask("GET", "/rooms/lobby/lines", None);
    assert_eq!(texts(&lines.expect("an answer")).len(), all);
    let figure = "tickwire_gateway_lines_total";
    within("count", || rig.hosted.figure(figure) == all as f64);
}

#[test]
fn a_stream_goes_on_after_a_break_without_a_gap_or_a_line_twice() {
    let rig = Rig::start("gateway-stream", |config| config.chat.lines_per_s = 0);
    let bot = rig.bot("Stream");
    let _ann = rig.person("Ann", "den");
    let say = |number: u64| {
        let body = said(&format!("n{number}"), &number.to_string());
        let answer = bot.api.ask("POST", "/rooms/den/lines", Some(&body));
        assert_eq!(answer.expect("an answer").status, 201);
    };
    let mut heard = Vec::new();
    let mut last: Option<String> = None;
    for round in 0..4 {
        // Some are said while nobody listens, more than go into one packet.
        (0..40).for_each(|number| say(round * 50 + number));
        let mut events = follow(&bot.api, "/rooms/den/events", last.as_deref());
        let open = next(&mut events, "open");
        assert_eq!(open.data["cut"], false);
        (40..50).for_each(|number| say(round * 50 + number));
        let want = (round + 1) * 50;
        while heard.last() != Some(&(want - 1)) {
            let event = next(&mut events, "line");
            heard.push(text(&event).parse::<u64>().expect("a number"));
            last = event.id;
        }
    }
    // The first time only the last 32 lines come.
    let first = heard[0];
    assert!((8..=18).contains(&first), "{first}");
    assert_eq!(heard, (first..200).collect::<Vec<u64>>());
}

#[test]
fn who_comes_and_goes_is_an_event() {
    let rig = Rig::start("gateway-coming", |_| {});
    let bot = rig.bot("Doorman");
    let ann = rig.person("Ann", "den");
    let mut events = follow(&bot.api, "/rooms/den/events", None);
    let roster = next(&mut events, "roster");
    assert_eq!(roster.data[0]["name"], "Ann");
    let bob = rig.person("Bob", "den");
    assert_eq!(next(&mut events, "joined").data["name"], "Bob");
    drop(bob);
    let left = next(&mut events, "left");
    assert_eq!(left.data["name"], "Bob");
    drop(ann);
    assert_eq!(next(&mut events, "left").data["name"], "Ann");
}

#[test]
fn whispers_reach_a_bot_and_its_answers_come_back() {
    let rig = Rig::start("gateway-whisper", |_| {});
    let bot = rig.bot("Confidant");
    let ann = rig.person("Ann", "den");
    let waiting = {
        let api = bot.api.clone();
        std::thread::spawn(move || api.ask("GET", "/whispers?wait=30", None))
    };
    within("waiter", || {
        rig.hosted.figure("tickwire_gateway_visitors") > 0.0
    });
    let account = AccountId(bot.account.parse().expect("a number"));
    ann.act(move |player| {
        let to = Address::Whisper(Whom::Account(account));
        let said = player.driver.client.say(to, Manner::Said, "psst");
        said.expect("it is in a room");
    });
    let list = waiting.join().expect("no panic").expect("an answer").json();
    let whisper = &list["whispers"][0];
    assert_eq!(whisper["unread"], 1, "{list}");
    let with = whisper["account"].as_str().expect("an account");
    let cursor = whisper["cursor"].as_str().expect("a cursor");
    let path = format!("/whispers/{with}/lines");
    let lines = bot.api.ask("GET", &format!("{path}?after={cursor}"), None);
    let lines = lines.expect("an answer");
    assert_eq!(texts(&lines), ["psst"]);
    let mark = json!({ "cursor": lines.json()["cursor"] });
    let read = format!("/whispers/{with}/read");
    let marked = bot.api.ask("POST", &read, Some(&mark)).expect("an answer");
    assert_eq!(marked.status, 204, "{}", marked.body);
    let list = bot
        .api
        .ask("GET", "/whispers", None)
        .expect("an answer")
        .json();
    assert_eq!(list["whispers"], json!([]));
    let mut events = follow(&bot.api, &format!("/whispers/{with}/events"), None);
    assert_eq!(text(&next(&mut events, "line")), "psst");
    let answer = bot.api.ask("POST", &path, Some(&said("a", "I heard you")));
    assert_eq!(answer.expect("an answer").status, 201);
    assert_eq!(text(&next(&mut events, "line")), "I heard you");
    within("answer at the player", || {
        ann.ask(move |player| {
            let whisper = player.driver.client.talk().whisper_with(account);
            whisper.is_some_and(|(_, log)| log.next() == 2)
        })
    });
}

#[test]
fn the_chatbot_greets_and_answers_for_scores() {
    let rig = Rig::start("gateway-chatbot", |_| {});
    let bot = rig.bot("Scorekeeper");
    let ann = rig.person("Ann", "den");
    ann.says(COMMAND);
    ann.hears(COMMAND);
    let goes_on = Arc::new(AtomicBool::new(true));
    let running = {
        let (goes_on, mut bot) = (Arc::clone(&goes_on), ChatBot::new(bot.api, "den", 1));
        std::thread::spawn(move || bot.run(&|| goes_on.load(Ordering::Relaxed)))
    };
    within("bot in the room", || {
        rig.hosted.figure("tickwire_gateway_visitors") > 0.0
    });
    let bob = rig.person("Bob", "den");
    let welcome = format!("Welcome, Bob! Say {COMMAND} for your score.");
    ann.hears(&welcome);
    bob.says(COMMAND);
    ann.hears("Bob: 0");
    assert!(
        !ann.lines().iter().any(|line| line == "Ann: 0"),
        "that was before it came"
    );
    goes_on.store(false, Ordering::Relaxed);
    drop((ann, bob));
    running
        .join()
        .expect("no panic")
        .expect("nothing was refused");
}

#[test]
fn operators_announce_and_so_do_bots_of_that_role() {
    let rig = Rig::start("gateway-announce", |_| {});
    let bot = rig.bot("Crier");
    let ann = rig.person("Ann", "den");
    let heard = |want: &'static str| {
        within(want, || {
            ann.ask(move |player| format!("{:?}", player.talk).contains(want))
        });
    };
    let (status, _) = rig.operate("POST", "/announcements", r#"{"text":"tea is ready"}"#);
    assert_eq!(status, 201);
    heard("tea is ready");
    let announce = |id: &str| {
        let answer = bot
            .api
            .ask("POST", "/announcements", Some(&said(id, "so is cake")));
        answer.expect("an answer").status
    };
    assert_eq!(announce("1"), 403, "a bot may not");
    let role = r#"{"name":"Crier","role":"admin"}"#;
    assert_eq!(rig.operate("POST", "/accounts/role", role).0, 200);
    assert_eq!(announce("2"), 201);
    heard("so is cake");
}
