//! Players who look elsewhere, stand still, change their link or find another server come back into
//! the present.

use core::time::Duration;

use tickwire_server::engine::room::Sabotage as RoomSabotage;
use tickwire_shared::client::{ClientEvent, Sabotage};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::PlayerId;
use tickwire_shared::limits::{BACKLOG_PACKETS_MAX, FRAME_PACKETS_MAX};
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::sim::Plan;
use tickwire_tests::table::Table;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn table(plan: Plan, sabotage: Sabotage) -> Table<Sandbox> {
    let network = Network {
        rtt: Duration::from_millis(60),
        jitter: Duration::from_millis(5),
        ..Network::LAN
    };
    Table::new(2, network, plan, sabotage)
}

fn usual() -> Table<Sandbox> {
    table(Plan::default(), Sabotage::None)
}

/// The first guest plays in the present, on the seat it had, within a second.
fn is_steerable_within_a_second(table: &mut Table<Sandbox>, what: &str) {
    let before = table.guests[0].client.stats().clone();
    table.run(s(1));
    let client = &table.guests[0].client;
    let (stats, behind) = (
        client.stats(),
        table.server.mirror().tick().since(client.tick()),
    );
    let in_time = stats.inputs_in_time - before.inputs_in_time;
    assert!(in_time >= 10, "{what}: {in_time} inputs in time");
    assert_eq!(behind, 0, "{what}: a client runs ahead of its server");
    assert_eq!(stats.unexplained_mispredictions, 0, "{what}");
    assert_eq!(stats.desyncs, 0, "{what}");
    let mut seats = seats(table);
    assert!(
        seats.all(|seat| Some(seat) == client.me()),
        "{what}: the seat"
    );
    assert_eq!(joins(table, 0, false), 1, "{what}: no fresh session");
}

/// The seats the first guest was given, in order.
fn seats(table: &Table<Sandbox>) -> impl Iterator<Item = PlayerId> {
    let events = table.guests[0].events.iter();
    events.filter_map(|event| match event {
        ClientEvent::Joined { me, .. } => Some(*me),
        _ => None,
    })
}

/// How often a guest was let in; anew or into the session it had.
fn joins(table: &Table<Sandbox>, at: usize, again: bool) -> usize {
    let events = table.guests[at].events.iter();
    events
        .filter(|event| matches!(event, ClientEvent::Joined { resumed, .. } if *resumed == again))
        .count()
}

fn stand_still(table: &mut Table<Sandbox>, span: Duration) {
    table.guests[0].still = true;
    table.run(span);
    table.guests[0].still = false;
}

fn set_away(table: &mut Table<Sandbox>, away: bool) {
    let now = table.now;
    table.guests[0].client.set_away(now, away);
    table.run(Duration::from_millis(20));
}

#[test]
fn a_frozen_tab_that_said_away_is_back_within_a_second() {
    let mut table = usual();
    set_away(&mut table, true);
    table.run(s(1));
    let before = table.guests[0].snapshot_packets;
    stand_still(&mut table, s(60));
    let sent = table.guests[0].snapshot_packets - before;
    assert!((58..=62).contains(&sent), "{sent} packets in 60 s");
    set_away(&mut table, false);
    is_steerable_within_a_second(&mut table, "frozen, link alive");
    assert!(table.guests[0].closed.is_empty());
    assert_eq!(joins(&table, 0, true), 0, "the link never broke");
    assert!(
        table.guests[0].client.stats().jumps > 0,
        "nothing is replayed"
    );
}

#[test]
fn a_tab_in_the_background_is_sent_and_sends_next_to_nothing() {
    let mut table = usual();
    set_away(&mut table, true);
    table.run(s(1));
    let before = (
        table.guests[0].snapshot_packets,
        table.guests[0].client.stats().clone(),
    );
    table.run(s(60));
    let (packets, stats) = (
        table.guests[0].snapshot_packets,
        table.guests[0].client.stats(),
    );
    assert!((58..=62).contains(&(packets - before.0)), "{packets}");
    let up = stats.bytes_up - before.1.bytes_up;
    assert!(up < 60 * 400, "{up} bytes up in 60 s");
    assert_eq!(stats.inputs_in_time, before.1.inputs_in_time);
    set_away(&mut table, false);
    is_steerable_within_a_second(&mut table, "background, driven once a second");
}

#[test]
fn inputs_that_come_again_end_being_away_without_a_word() {
    let mut table = usual();
    set_away(&mut table, true);
    table.run(s(5));
    let now = table.now;
    table.guests[0].client.set_away(now, false);
    let lost = table.guests[0].client.poll_transmit();
    assert!(lost.is_some(), "the word that the player is back is lost");
    is_steerable_within_a_second(&mut table, "no word");
}

#[test]
fn a_frozen_tab_whose_link_dies_keeps_its_session_beyond_the_grace() {
    let mut table = usual();
    set_away(&mut table, true);
    table.guests[0].still = true;
    table.run(s(1));
    table.lose_link(0);
    table.run(s(59));
    assert_eq!(table.server.lobby().parked(), 1);
    let guest = &mut table.guests[0];
    guest.still = false;
    guest.client.link_closed(CloseReason::LinkLost);
    table.redial(0);
    set_away(&mut table, false);
    is_steerable_within_a_second(&mut table, "frozen, link dead");
    assert_eq!(joins(&table, 0, true), 1);
}

#[test]
fn without_a_word_a_standstill_is_parked_and_resumes_within_the_grace() {
    let mut table = usual();
    stand_still(&mut table, s(25));
    assert_eq!(table.guests[0].closed, [CloseReason::TimedOut]);
    assert_eq!(table.server.lobby().parked(), 1);
    table.run(Duration::from_millis(100));
    assert_eq!(
        table.guests[0].client.closed(),
        Some(CloseReason::TimedOut),
        "the goodbye waited on the link"
    );
    table.redial(0);
    is_steerable_within_a_second(&mut table, "no word");
    assert_eq!(joins(&table, 0, true), 1);
}

#[test]
fn without_a_word_a_long_standstill_ends_the_session_and_the_client_joins_anew() {
    let mut table = usual();
    stand_still(&mut table, s(60));
    assert_eq!(table.server.lobby().sessions(), 1);
    table.run(Duration::from_millis(100));
    table.redial(0);
    table.run(Duration::from_millis(500));
    let refused = CloseReason::UnknownSession;
    assert_eq!(table.guests[0].client.closed(), Some(refused));
    table.redial(0);
    table.run(s(1));
    assert!(table.guests[0].client.is_live());
    assert_eq!((joins(&table, 0, false), joins(&table, 0, true)), (2, 0));
}

/// Packets decoded in the frame after a minute's standstill in which the server slowed nothing
/// down, and packets that were sent meanwhile.
fn backlog(sabotage: Sabotage) -> (u64, u64) {
    let plan = Plan {
        room: RoomSabotage::NeverSlow,
        ..Plan::default()
    };
    let mut table = table(plan, sabotage);
    set_away(&mut table, true);
    let sent = table.guests[0].snapshot_packets;
    stand_still(&mut table, s(60));
    let sent = table.guests[0].snapshot_packets - sent;
    let before = table.guests[0].client.stats().packets_decoded;
    table.run(Duration::from_millis(17));
    let decoded = table.guests[0].client.stats().packets_decoded - before;
    if sabotage == Sabotage::None {
        set_away(&mut table, false);
        is_steerable_within_a_second(&mut table, "a backlog");
    }
    (decoded, sent)
}

#[test]
fn a_backlog_costs_bounded_work() {
    let bound = (FRAME_PACKETS_MAX + BACKLOG_PACKETS_MAX) as u64;
    let (decoded, sent) = backlog(Sabotage::None);
    assert!(sent >= 3_500, "only {sent} packets piled up");
    assert!(decoded <= bound, "{decoded} of {sent} packets were decoded");
    let (decoded, _) = backlog(Sabotage::ReadBacklog);
    assert!(decoded > 10 * bound, "without the bound: {decoded}");
}

/// Packets and bytes of snapshots in 10 s to a client whom none reaches, from 3 s on; and packets
/// in the 2 s after they reach it again.
fn unacked(room: RoomSabotage) -> (u64, u64, u64) {
    let plan = Plan {
        room,
        ..Plan::default()
    };
    let mut table = table(plan, Sabotage::None);
    table.guests[0].deaf = true;
    table.run(Duration::from_millis(3_100));
    let sent = |table: &Table<Sandbox>| {
        let guest = &table.guests[0];
        (guest.snapshot_packets, guest.snapshot_bytes)
    };
    let before = sent(&table);
    table.run(s(10));
    let during = sent(&table);
    table.guests[0].deaf = false;
    table.run(Duration::from_millis(1_200));
    let healed = sent(&table);
    table.run(s(2));
    assert!(table.guests[0].closed.is_empty());
    (
        during.0 - before.0,
        during.1 - before.1,
        sent(&table).0 - healed.0,
    )
}

#[test]
fn a_client_that_acks_nothing_is_sent_one_packet_a_second() {
    let (packets, bytes, after) = unacked(RoomSabotage::None);
    assert!((9..=11).contains(&packets), "{packets} packets in 10 s");
    assert!(bytes <= 11 * 1_100, "{bytes} bytes in 10 s");
    assert!(
        after >= 100,
        "{after} packets in the 2 s after its first ack"
    );
    let (packets, ..) = unacked(RoomSabotage::NeverSlow);
    assert!(packets > 500, "without the rule: {packets}");
}

#[test]
fn a_new_link_takes_over_while_the_old_one_lives() {
    let mut table = usual();
    for round in 0..5 {
        let text = format!("line {round}");
        assert!(table.guests[0].client.chat(&text).is_some());
        assert!(
            table.guests[1]
                .client
                .chat(&format!("{text} too"))
                .is_some()
        );
        table.run(Duration::from_millis(7 * round));
        let (tick, missing) = (
            table.server.mirror().tick(),
            table.guests[0].client.stats().clone(),
        );
        table.redial(0);
        table.run(s(1));
        let guest = &table.guests[0];
        assert!(guest.client.is_live(), "round {round}");
        assert!(
            guest.client.newest_snapshot() > tick.plus(40),
            "round {round}"
        );
        let late = guest.client.stats().inputs_not_in_time - missing.inputs_not_in_time;
        assert!(late <= 15, "round {round}: {late} inputs late");
    }
    table.run(s(1));
    let lines = table.guests[1].lines();
    assert_eq!(lines.len(), 10, "{lines:?}");
    assert_eq!(
        table.guests[0].lines(),
        lines,
        "no gap, no duplicate, one order"
    );
    assert_eq!(joins(&table, 0, true), 5);
    let replaced = table.server.counts().closed.get(&CloseReason::Replaced);
    assert_eq!(replaced, Some(&5));
}

#[test]
fn after_a_restart_of_the_server_a_client_joins_anew_by_itself() {
    let mut table = usual();
    assert!(table.guests[0].client.chat("before").is_some());
    table.run(s(1));
    let account = |table: &Table<Sandbox>, at: usize| table.guests[at].client.talk().me();
    let before = [0, 1].map(|at| account(&table, at));
    table.restart_server(2);
    for at in 0..2 {
        table.redial(at);
    }
    table.run(s(1));
    for at in 0..2 {
        let refused = table.guests[at].client.closed();
        assert_eq!(refused, Some(CloseReason::UnknownSession));
        assert_eq!(table.guests[at].client.resume_token(), None);
        table.redial(at);
    }
    table.run(s(1));
    assert!(table.guests[0].client.chat("after").is_some());
    table.run(s(1));
    for guest in &table.guests {
        assert!(guest.client.is_live());
        assert_eq!(guest.lines(), ["before", "after"]);
        assert_eq!(guest.client.stats().desyncs, 0);
    }
    assert_eq!((joins(&table, 0, false), joins(&table, 0, true)), (2, 0));
    assert!(before[0].is_some() && before[0] != before[1]);
    assert_eq!(
        [0, 1].map(|at| account(&table, at)),
        before,
        "the same guests"
    );
}
