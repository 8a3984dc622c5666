//! A pilot against the real engine in virtual time, over links that can be cut, silenced and
//! changed.
//!
//! Never opens a socket and never sleeps: a frame is 1/60 s of a number.

mod world;

use tickwire_arena::kinds::Input;
use tickwire_link::{DialOrder, LinkEnd};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::limits::PILOT_PACKETS_MAX;
use tickwire_shared::transport::Transport;

use world::World;

fn right() -> Input {
    Input {
        move_x: 127,
        ..Input::default()
    }
}

#[test]
fn joins_and_runs_and_sees_others() {
    let mut world = World::new(2);
    world.run_until_playing();
    let before = world.own(0);
    world.pilots[0].hold(&right());
    world.run_ms(800);
    let moved = (world.own(0).0 - before.0).abs() + (world.own(0).1 - before.1).abs();
    assert!(moved > 20.0, "moved {moved} units from {before:?}");
    let state = world.state(1);
    assert_eq!(state.roster.len(), 2);
    assert_eq!(state.others.len(), 1);
    assert_eq!((state.phase, state.transport), ("playing", Some("quic")));
    assert!(state.words.is_empty(), "{}", state.words);
}

#[test]
fn a_lost_link_is_dialed_again_and_the_session_goes_on() {
    let mut world = World::new(2);
    world.run_until_playing();
    let me = world.state(0).player;
    assert!(world.pilots[1].chat("before"));
    world.run_ms(200);
    world.refuse("nobody listens");
    world.end_link(0, LinkEnd::Lost("the cable is out".to_owned()));
    world.run_ms(100);
    assert_eq!(world.state(0).phase, "waiting");
    assert!(world.pilots[1].chat("meanwhile"));
    world.run_ms(1_000);
    let words = world.state(0).words;
    assert!(words.contains("Trying again in"), "{words}");
    assert!(words.contains("Nobody listens."), "{words}");
    world.accept();
    world.run_until_playing();
    world.run_ms(300);
    assert_eq!(world.state(0).player, me, "the same seat");
    assert_eq!(world.heard(0), ["before", "meanwhile"], "each line once");
    let notice = world.pilots[0].poll_notice().expect("it says so");
    assert!(notice.starts_with("Back after"), "{notice}");
}

#[test]
fn waits_grow_and_are_cut_short_by_the_player() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.refuse("nobody listens");
    world.end_link(0, LinkEnd::TimedOut);
    world.run_ms(20_000);
    let dialed = world.dials(0).len();
    assert!((7..=11).contains(&dialed), "{dialed} attempts in 20 s");
    world.accept();
    let now = world.now();
    world.pilots[0].try_again(now);
    world.run_ms(200);
    assert_eq!(world.state(0).phase, "playing");
}

#[test]
fn a_reason_that_stays_true_ends_it() {
    let mut world = World::new(1);
    world.run_until_playing();
    let reason = CloseReason::Replaced;
    let words = String::new();
    world.end_link(0, LinkEnd::Closed { reason, words });
    world.run_ms(10_000);
    assert_eq!((world.state(0).phase, world.dials(0).len()), ("over", 1));
    assert!(world.state(0).words.contains(reason.text()));
}

#[test]
fn nobody_is_asked_for_what_the_client_does_by_itself() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.refuse("nobody listens");
    world.dial_takes_ms(500);
    let (reason, words) = (CloseReason::Draining, String::new());
    world.end_link(0, LinkEnd::Closed { reason, words });
    world.run_ms(200);
    let words = world.state(0).words;
    assert!(words.contains("reconnected automatically"), "{words}");
    assert!(!words.contains("join again in"), "{words}");
}

#[test]
fn a_restarted_server_is_joined_anew() {
    let mut world = World::new(2);
    world.run_until_playing();
    world.restart_server();
    world.run_ms(300);
    world.run_until_playing();
    world.run_ms(500);
    assert_eq!(world.state(0).roster.len(), 2);
    assert!(world.pilots[0].chat("again") && world.heard(1).is_empty());
    world.run_ms(200);
    assert_eq!(world.heard(1), ["again"]);
}

#[test]
fn the_transport_changes_while_the_game_goes_on() {
    let mut world = World::new(2);
    world.run_until_playing();
    let me = world.state(0).player;
    world.dial_takes_ms(700);
    let now = world.now();
    world.pilots[0].hold(&right());
    world.pilots[0].switch_transport(Some(Transport::WebSocket), now);
    let tick = world.state(0).snapshot_tick;
    world.run_ms(600);
    let state = world.state(0);
    assert!(state.snapshot_tick > tick + 30, "the old link plays on");
    assert_eq!(state.transport, Some("quic"));
    assert!(
        state.words.contains("Moving to WebSocket"),
        "{}",
        state.words
    );
    assert!(world.pilots[1].chat("during"));
    world.run_ms(400);
    let state = world.state(0);
    assert_eq!(
        (state.phase, state.transport),
        ("playing", Some("websocket"))
    );
    assert_eq!((state.player, state.links), (me, 2));
    assert_eq!(world.heard(0), ["during"]);
    let only = Some(Transport::WebSocket);
    assert_eq!(
        world.dials(0).last(),
        Some(&DialOrder { only, first: None })
    );
}

#[test]
fn a_change_that_does_not_work_changes_nothing() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.refuse("UDP is blocked here");
    let now = world.now();
    world.pilots[0].switch_transport(Some(Transport::WebRtc), now);
    world.run_ms(1_000);
    let state = world.state(0);
    assert_eq!(
        (state.phase, state.transport, state.links),
        ("playing", Some("quic"), 1)
    );
    let notice = world.pilots[0].poll_notice().expect("it says so");
    assert_eq!(notice, "UDP is blocked here. You stay on QUIC.");
    assert_eq!(world.pilots[0].order(), DialOrder::default());
}

#[test]
fn of_two_changes_at_once_neither_of_which_works_nothing_stays() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.refuse("UDP is blocked here");
    world.dial_takes_ms(700);
    for only in [Transport::WebRtc, Transport::WebTransport] {
        let now = world.now();
        world.pilots[0].switch_transport(Some(only), now);
        world.run_ms(200);
    }
    world.run_ms(1_000);
    assert_eq!(world.pilots[0].order(), DialOrder::default());
    world.end_link(0, LinkEnd::TimedOut);
    world.run_ms(100);
    assert_eq!(world.dials(0).last(), Some(&DialOrder::default()));
}

#[test]
fn a_link_that_was_silent_for_a_while_stays_when_it_speaks_again() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.refuse("the network is away");
    world.silence(0, true);
    world.run_ms(2_000);
    let words = world.state(0).words;
    assert!(words.contains("Nothing from the server for 2 s"), "{words}");
    // Past the moment at which another link is asked for, before the server gives the link up.
    world.run_ms(1_500);
    world.silence(0, false);
    world.run_ms(1_200);
    let state = world.state(0);
    assert_eq!(
        (state.phase, state.links, state.words.as_str()),
        ("playing", 1, "")
    );
    assert!(
        world.dials(0).len() > 1,
        "another link was asked for meanwhile"
    );
}

#[test]
fn a_link_that_is_dead_without_a_word_is_replaced() {
    let mut world = World::new(1);
    world.run_until_playing();
    let me = world.state(0).player;
    world.silence(0, true);
    world.run_ms(3_600);
    let state = world.state(0);
    assert_eq!((state.phase, state.links, state.player), ("playing", 2, me));
}

#[test]
fn a_link_that_is_silent_after_a_sleep_is_replaced_soon() {
    let mut world = World::new(1);
    world.run_until_playing();
    let me = world.state(0).player;
    // What came before the sleep is read after it, and says nothing about the network of now.
    world.repeat_newest_packet(0, 8);
    world.silence(0, true);
    world.stand_still(0, 4_000);
    world.run_ms(300);
    assert_eq!(world.state(0).links, 1, "it may speak yet");
    world.run_ms(700);
    let state = world.state(0);
    assert_eq!((state.phase, state.links, state.player), ("playing", 2, me));
}

#[test]
fn a_link_that_speaks_after_a_sleep_stays() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.stand_still(0, 4_000);
    world.run_ms(4_000);
    assert_eq!((world.state(0).phase, world.dials(0).len()), ("playing", 1));
}

#[test]
fn a_changed_network_is_noticed_soon() {
    let mut world = World::new(1);
    world.run_until_playing();
    let now = world.now();
    world.pilots[0].network_changed(now);
    world.run_ms(4_000);
    assert_eq!(world.dials(0).len(), 1, "the link speaks: it stays");
    world.silence(0, true);
    let now = world.now();
    world.pilots[0].network_changed(now);
    world.run_ms(1_000);
    let state = world.state(0);
    assert_eq!((state.phase, state.links), ("playing", 2));
    world.refuse("no network");
    world.end_link(0, LinkEnd::TimedOut);
    world.run_ms(20_000);
    assert_eq!(world.state(0).phase, "waiting");
    world.accept();
    let now = world.now();
    world.pilots[0].network_changed(now);
    world.run_ms(300);
    assert_eq!(world.state(0).phase, "playing", "without waiting");
}

#[test]
fn a_minute_without_a_frame_ends_in_the_present() {
    let mut world = World::new(2);
    world.run_until_playing();
    let me = world.state(0).player;
    world.stand_still(0, 60_000);
    world.run_ms(500);
    let before = world.own(0);
    world.pilots[0].hold(&right());
    world.run_ms(500);
    let state = world.state(0);
    let server = world.server_tick();
    assert!(
        state.tick.abs_diff(server) < 20,
        "{} against {server}",
        state.tick
    );
    let after = world.own(0);
    let moved = (after.0 - before.0).abs() + (after.1 - before.1).abs();
    assert!(
        moved > 20.0,
        "steers within a second: {before:?} to {after:?}"
    );
    assert_eq!(state.player, me, "the same seat");
}

#[test]
fn a_frame_takes_a_bounded_number_of_packets() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.repeat_newest_packet(0, 3 * PILOT_PACKETS_MAX);
    let waiting = world.waiting(0);
    world.run_frame();
    let took = waiting.abs_diff(world.waiting(0));
    assert!(
        (PILOT_PACKETS_MAX - 9..=PILOT_PACKETS_MAX).contains(&took),
        "{took} packets"
    );
    world.run_ms(200);
    assert_eq!(world.state(0).phase, "playing");
}

#[test]
fn a_simulated_network_comes_and_goes_in_the_middle_of_a_game() {
    let mut world = World::new(1);
    world.run_until_playing();
    world.run_ms(1_000);
    let short = world.state(0).stats.rtt_ms;
    world.pilots[0].set_network(Some(Network::SATELLITE));
    world.run_ms(4_000);
    let long = world.state(0).stats.rtt_ms;
    assert!(short < 60.0 && long > 500.0, "{short} and {long} ms");
    world.pilots[0].set_network(None);
    world.run_ms(6_000);
    let state = world.state(0);
    assert!(state.stats.rtt_ms < 60.0 && state.links == 1, "{state:?}");
}

/// A program lets go and another one begins, after so many milliseconds without either.
fn reloads(world: &mut World, after_ms: u64) {
    let kept = world.pilots[0].resume_token().expect("seated").to_string();
    let now = world.now();
    world.pilots[0].let_go(now);
    assert_eq!(world.pilots[0].resume_token(), None, "it is over here");
    world.stand_still(0, after_ms);
    world.reload(0, &kept);
    world.run_until_playing();
    world.run_ms(300);
}

#[test]
fn a_program_that_is_started_again_has_its_seat_and_its_chat() {
    let mut world = World::new(2);
    world.run_until_playing();
    let me = world.state(0).player;
    for turn in 0..3 {
        let line = |who| format!("line {turn} of {who}");
        assert!(world.pilots[0].chat(&line("me")) && world.pilots[1].chat(&line("the other")));
        world.run_ms(200);
        reloads(&mut world, 2_000);
        assert_eq!(world.state(0).player, me, "the same seat");
        assert_eq!(world.state(1).roster.len(), 2, "nobody else");
        // What was said is there once, in one order.
        assert_eq!(world.heard(0), world.heard(1));
        assert_eq!(world.heard(1).len(), 2 * (turn + 1), "each line counts");
    }
}

#[test]
fn a_program_that_comes_back_too_late_joins_anew() {
    let mut world = World::new(2);
    world.run_until_playing();
    let now = world.now();
    // A hidden tab that is closed is closed too: its seat is not kept for minutes.
    world.pilots[0].set_away(now, true);
    world.run_ms(500);
    let kept = world.pilots[0].resume_token().expect("seated").to_string();
    let now = world.now();
    world.pilots[0].let_go(now);
    world.stand_still(0, 31_000);
    assert_eq!(world.state(1).roster.len(), 1, "the grace period is over");
    world.reload(0, &kept);
    world.run_until_playing();
    world.run_ms(300);
    assert_eq!(world.state(1).roster.len(), 2);
    assert!(world.pilots[0].chat("anew"));
    world.run_ms(200);
    assert_eq!(world.heard(1), ["anew"]);
}

#[test]
fn leaving_ends_the_session_at_once() {
    let mut world = World::new(2);
    world.run_until_playing();
    let now = world.now();
    world.pilots[0].leave(now);
    world.run_ms(300);
    assert_eq!(world.state(0).phase, "over");
    assert_eq!(
        world.state(1).roster.len(),
        1,
        "no grace for who says goodbye"
    );
}
