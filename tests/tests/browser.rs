//! The page in a real Chromium against a real server, through a relay where the network misbehaves.
//!
//! Never drives a page itself: `tests/browser/` does, and asks this side to block the network or to
//! restart the server. `cargo xtask browser` installs what is needed and builds the page.

mod browsing;

use browsing::Stage;
use tickwire_server::config::Config;
use tickwire_tests::seeds::number_from_env;

#[test]
fn pages_play_over_webtransport() {
    Stage::direct("play-webtransport").run("play", &["webtransport"]);
}

#[test]
fn pages_play_over_webrtc() {
    Stage::direct("play-webrtc").run("play", &["webrtc"]);
}

#[test]
fn pages_play_over_websocket() {
    Stage::direct("play-websocket").run("play", &["websocket"]);
}

#[test]
fn a_minute_in_a_frozen_tab_is_survived() {
    Stage::direct("frozen").run("frozen", &[]);
}

#[test]
fn five_seconds_of_blocked_network_are_survived() {
    Stage::relayed("outage").run("outage", &[]);
}

#[test]
fn a_network_that_swallows_everything_is_survived() {
    Stage::relayed("blackout").run("blackout", &[]);
}

#[test]
fn where_udp_is_blocked_the_page_plays_over_websocket_and_says_so() {
    Stage::relayed("fallback").run("fallback", &[]);
}

#[test]
fn the_connect_check_has_figures_of_every_transport() {
    Stage::direct("check").run("check", &[]);
}

#[test]
fn the_transport_changes_in_the_middle_of_the_game() {
    Stage::direct("change").run("change", &[]);
}

#[test]
fn a_page_dials_again_after_a_restart() {
    Stage::direct("restart").run("restart", &[]);
}

#[test]
fn after_a_reload_a_page_is_the_same_player() {
    Stage::direct("reload").run("reload", &[]);
}

#[test]
fn a_page_whose_picture_breaks_is_loaded_anew_with_the_same_player() {
    Stage::direct("repair").run("repair", &[]);
}

#[test]
fn a_page_of_an_older_build_is_loaded_anew_and_joins() {
    Stage::direct("renewed").run("renewed", &[]);
}

#[test]
fn the_first_frame_comes_within_three_seconds() {
    Stage::direct("first").run("first", &[]);
}

#[test]
fn a_phone_joins_and_plays_by_touch() {
    Stage::direct("phone").run("phone", &[]);
}

#[test]
fn pages_whisper_with_receipts_and_find_what_waited() {
    Stage::direct("whisper").run("whisper", &[]);
}

#[test]
fn a_page_that_is_loaded_again_hides_who_is_blocked() {
    Stage::direct("blocked").run("blocked", &[]);
}

#[test]
fn a_page_that_came_late_scrolls_back_to_the_first_line() {
    let talkative = |config: &mut Config| config.chat.lines_per_s = 0;
    Stage::with("history", talkative).run("history", &[]);
}

#[test]
fn hostile_words_in_chat_are_words() {
    Stage::direct("hostile").run("hostile", &[]);
}

#[test]
fn a_player_registers_logs_in_and_is_the_same() {
    Stage::direct("account").run("account", &[]);
}

#[test]
fn a_page_agrees_with_the_server_among_bots_on_every_transport() {
    // Sixteen on each of four transports.
    let count = number_from_env("MIXED_BOTS").unwrap_or(64);
    let seconds = number_from_env("MIXED_SECONDS").unwrap_or(10);
    let mut stage = Stage::direct("mixed");
    stage.add_bots(
        &format!("--count {count} --transport mix --room mixed --chat 0.2"),
        seconds,
    );
    let report = stage.run("mixed", &[&count.to_string(), &seconds.to_string()]);
    let report = report.expect("bots were asked for");
    let table = report.table();
    println!("{table}");
    assert_eq!(report.desyncs, 0, "{table}");
    let chat = &report.chat;
    let wrong = (chat.lost, chat.duplicated, chat.reordered);
    assert_eq!(wrong, (0, 0, 0), "{table}");
}
