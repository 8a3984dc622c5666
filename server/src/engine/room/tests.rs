//! A room by hand: inputs in, rows and packets out, time as it pleases the test.

use tickwire_shared::bits::BitWriter;
use tickwire_shared::delta::{Confirmed, InputReport, SnapshotHeader};
use tickwire_shared::id::{EntityId, Lane};
use tickwire_shared::input::{Verdict, store_row};
use tickwire_shared::schema::Level;
use tickwire_shared::wire::{SampleResult, ServerControl, decode};

use super::*;
use crate::engine::yard::{Walk, Yard, room_config};

const ANN: PlayerId = PlayerId(0);
const BOB: PlayerId = PlayerId(1);

/// A room of two and what their clients would hold.
struct Bench {
    room: Room<Yard>,
    clients: Vec<(LinkId, Confirmed)>,
    reports: Vec<InputReport>,
    ordered: Vec<(LinkId, ServerControl)>,
    out: Outbox,
    /// Bytes a link was sent in the last tick.
    sent: Vec<(LinkId, usize)>,
}

impl Bench {
    fn new(sabotage: Sabotage) -> Bench {
        let mut bench = Bench {
            room: Room::new(room_config(sabotage)),
            clients: Vec::new(),
            reports: vec![InputReport::default(); 2],
            ordered: Vec::new(),
            out: Outbox::default(),
            sent: Vec::new(),
        };
        for player in [ANN, BOB] {
            let link = LinkId(u64::from(player.0));
            bench.room.handle(Inbound::Join { player, link });
            let (schema, tables) = (
                bench.room.config.schema.clone(),
                bench.room.config.tables.clone(),
            );
            bench
                .clients
                .push((link, Confirmed::new(schema, tables, player)));
        }
        bench
    }

    fn due(&self) -> Instant {
        Instant(Yard::TICK_RATE.micros_of(u64::from(self.room.mirror.tick().0) + 1))
    }

    fn tick(&mut self) {
        self.room.tick(self.due(), &mut self.out);
        self.sent.clear();
        for (link, lane, bytes) in self.out.packets() {
            self.sent.push((link, bytes.len()));
            if lane == Lane::Ordered {
                self.ordered.push((link, decode(bytes).unwrap()));
            } else if let Some((_, client)) = self.clients.iter_mut().find(|(l, _)| *l == link) {
                let header: SnapshotHeader = client.receive(bytes).unwrap().header;
                if let Some(report) = header.report {
                    self.reports[link.0 as usize % 2] = report;
                }
            }
        }
        self.out.clear();
    }

    /// A packet with inputs of ticks `newest`, `newest - 1`, ... that came so long before the
    /// newest one's deadline.
    fn send(&mut self, player: PlayerId, newest: u32, inputs: &[Walk], early_micros: i64) {
        let kind = self.room.config.schema.input.clone();
        let (mut words, mut row) = (Vec::new(), Vec::new());
        for input in inputs {
            store_row(input, &kind, &mut row);
            words.extend_from_slice(&row);
        }
        let due = Yard::TICK_RATE.micros_of(u64::from(newest)) as i64;
        let packet = InputPacket {
            ack: self.clients[usize::from(player.0)].1.ack(),
            shown: None,
            newest: Tick(newest),
            count: inputs.len() as u8,
            words,
        };
        let mut writer = BitWriter::new();
        packet.encode(&kind, &mut writer);
        let packet = InputPacket::decode(writer.finish(), &kind).unwrap();
        let at = Instant((due - early_micros) as u64);
        self.room.handle(Inbound::Input { player, at, packet });
    }

    fn x(&self, player: PlayerId) -> i16 {
        let mut posts = self.room.game.0.values();
        posts.find(|post| post.who == player).unwrap().x
    }

    fn id(&self, player: PlayerId) -> EntityId {
        let mut posts = self.room.game.0.iter();
        *posts.find(|(_, post)| post.who == player).unwrap().0
    }
}

fn walk(way: i8) -> Walk {
    Walk { way, shout: false }
}

#[test]
fn inputs_act_at_their_tick_and_clients_are_told_how_they_fared() {
    let mut bench = Bench::new(Sabotage::None);
    bench.tick();
    bench.send(ANN, 3, &[walk(1), walk(2)], 10_000);
    bench.tick();
    assert_eq!(bench.x(ANN), 2);
    bench.tick();
    assert_eq!(bench.x(ANN), 3);
    let report = &bench.reports[0];
    assert_eq!(
        (report.newest, report.margin_16),
        (Tick(3), 8),
        "half a tick early"
    );
    let expected = [Verdict::InTime, Verdict::InTime, Verdict::Missing];
    assert_eq!(report.verdicts[..3], expected);
    assert_eq!(bench.room.counts().inputs_real, 2);
}

#[test]
fn a_late_input_is_never_applied_and_a_planted_bug_would_show() {
    let run = |sabotage| {
        let mut bench = Bench::new(sabotage);
        (0..5).for_each(|_| bench.tick());
        bench.send(ANN, 4, &[walk(2)], -30_000);
        bench.tick();
        (bench.x(ANN), bench.reports[0].margin_16)
    };
    assert_eq!(run(Sabotage::None), (0, -24));
    assert_eq!(run(Sabotage::ApplyLateInputs).0, 2);
}

#[test]
fn the_cheat_gate_is_asked_and_its_no_is_told() {
    let run = |sabotage| {
        let mut bench = Bench::new(sabotage);
        bench.tick();
        bench.send(ANN, 2, &[walk(3)], 0);
        bench.tick();
        (
            bench.x(ANN),
            bench.reports[0].verdicts[0],
            bench.room.counts().inputs_refused,
        )
    };
    assert_eq!(run(Sabotage::None), (0, Verdict::Missing, 1));
    assert_eq!(run(Sabotage::SkipAccept), (3, Verdict::InTime, 0));
}

#[test]
fn who_left_of_zero_is_hidden_from_others_from_the_first_tick() {
    let mut bench = Bench::new(Sabotage::None);
    for tick in 1..=12 {
        bench.send(ANN, tick, &[walk(-1)], 0);
        bench.send(BOB, tick, &[walk(1)], 0);
        bench.tick();
        let ann = bench.id(ANN);
        assert!(bench.clients[1].1.row(ann).is_none(), "hidden at {tick}");
    }
    let (ann, bob) = (bench.id(ANN), bench.id(BOB));
    assert!(
        bench.clients[0].1.row(ann).is_some(),
        "an owner sees its own"
    );
    assert!(bench.clients[0].1.row(bob).is_some());
    for tick in 13..=40 {
        bench.send(ANN, tick, &[walk(1)], 0);
        bench.send(BOB, tick, &[walk(1)], 0);
        bench.tick();
    }
    assert!(bench.clients[1].1.row(ann).is_some(), "it came out");
}

#[test]
fn events_at_a_hidden_post_reach_its_owner_only() {
    let mut bench = Bench::new(Sabotage::None);
    let mut heard = [0, 0];
    for tick in 1..=20 {
        let shout = tick == 12;
        bench.send(ANN, tick, &[Walk { way: -1, shout }], 0);
        bench.send(BOB, tick, &[walk(0)], 0);
        bench.tick();
        for (heard, (_, client)) in heard.iter_mut().zip(&mut bench.clients) {
            let mut events = Vec::new();
            client.take_events(&mut events);
            *heard += events.len();
        }
    }
    assert_eq!(heard, [1, 0]);
}

#[test]
fn checks_are_answered_from_history_and_only_about_what_may_be_seen() {
    let mut bench = Bench::new(Sabotage::None);
    for tick in 1..=12 {
        bench.send(ANN, tick, &[walk(-1)], 0);
        bench.send(BOB, tick, &[walk(1)], 0);
        bench.tick();
    }
    let (ann, bob) = (bench.id(ANN), bench.id(BOB));
    let sample = |client: usize, id| {
        let row = bench.clients[client].1.row(id).unwrap();
        let kind = bench.room.config.schema.entity(row.kind).unwrap();
        Sample::of(
            id,
            row.tick,
            row.level,
            row.kind,
            &row.words[..kind.row_words(row.known)],
        )
    };
    let (own, other) = (sample(0, ann), sample(0, bob));
    assert_eq!(own.level(), Level::Exact);
    let mut wrong = other.clone();
    wrong.hash ^= 1;
    let mut words = [0; 16];
    words[1] = 77;
    let differs = Sample::of(
        bob,
        other.tick,
        Level::Full,
        Default::default(),
        &words[..4],
    );
    let mut ages_ago = other.clone();
    ages_ago.tick = Tick(1_000);
    let samples = vec![own.clone(), other, differs, ages_ago];
    bench.room.handle(Inbound::Check {
        player: ANN,
        samples,
    });
    // Bob may not learn anything about Ann, not even that a guess is right.
    let samples = vec![own.clone()];
    bench.room.handle(Inbound::Check {
        player: BOB,
        samples,
    });
    bench.tick();
    let answers: Vec<Vec<SampleResult>> = bench
        .ordered
        .drain(..)
        .map(|(_, control)| match control {
            ServerControl::Checked { results } => results.into_inner(),
            other => panic!("{other:?}"),
        })
        .collect();
    let [to_ann, to_bob] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(to_ann[..2], [SampleResult::Equal, SampleResult::Equal]);
    assert!(matches!(&to_ann[2], SampleResult::Differs { field } if field.starts_with("Post.")));
    assert_eq!(to_ann[3], SampleResult::Unknown);
    assert_eq!(to_bob[..], [SampleResult::Unknown]);
    assert_eq!(
        (bench.room.counts().checks, bench.room.counts().desyncs),
        (5, 1)
    );
}

#[test]
fn a_detached_seat_is_sent_nothing_and_an_attached_one_everything() {
    let mut bench = Bench::new(Sabotage::None);
    (0..6).for_each(|_| bench.tick());
    bench.room.handle(Inbound::Detach { player: ANN });
    bench.tick();
    assert!(bench.sent.iter().all(|(link, _)| *link != LinkId(0)));
    let (schema, tables) = (
        bench.room.config.schema.clone(),
        bench.room.config.tables.clone(),
    );
    bench.clients[0] = (LinkId(10), Confirmed::new(schema, tables, ANN));
    bench.room.handle(Inbound::Attach {
        player: ANN,
        link: LinkId(10),
    });
    bench.tick();
    let (ann, bob) = (bench.id(ANN), bench.id(BOB));
    let client = &bench.clients[0].1;
    assert!(
        client.row(ann).is_some() && client.row(bob).is_some(),
        "a full snapshot"
    );
}

#[test]
fn a_seat_that_changes_hands_between_two_ticks_is_taken_anew() {
    let mut bench = Bench::new(Sabotage::None);
    bench.tick();
    let before = bench.id(ANN);
    bench.room.handle(Inbound::Leave { player: ANN });
    bench.room.handle(Inbound::Join {
        player: ANN,
        link: LinkId(20),
    });
    bench.tick();
    assert_ne!(bench.id(ANN), before);
    assert_eq!(bench.room.counts().seats, 2);
    assert_eq!(bench.room.counts().entities, 2);
    bench.room.handle(Inbound::Leave { player: ANN });
    bench.room.handle(Inbound::Leave { player: ANN });
    bench.tick();
    assert_eq!(
        (bench.room.counts().seats, bench.room.counts().entities),
        (1, 1)
    );
    assert!(bench.sent.iter().all(|(link, _)| *link == LinkId(1)));
}

#[test]
fn whereabouts_are_told_a_few_times_a_second_and_when_a_team_changes() {
    let mut bench = Bench::new(Sabotage::None);
    let mut told = Vec::new();
    for tick in 1..=50 {
        bench.send(ANN, tick, &[walk(if tick == 20 { -1 } else { 0 })], 0);
        bench.room.tick(bench.due(), &mut bench.out);
        if let Some(all) = bench.out.whereabouts() {
            assert_eq!(
                all.iter().map(|one| one.player).collect::<Vec<_>>(),
                [ANN, BOB]
            );
            assert_eq!(all[1].team, Some(0));
            told.push((tick, all[0].team));
        }
        bench.out.clear();
    }
    let expected = [
        (1, Some(0)),
        (8, Some(0)),
        (16, Some(0)),
        (20, Some(1)),
        (24, Some(1)),
        (32, Some(1)),
        (40, Some(1)),
        (48, Some(1)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn amnesia_changes_nothing() {
    let run = |forget: bool| {
        let mut bench = Bench::new(Sabotage::None);
        for tick in 1..=60 {
            bench.send(ANN, tick, &[walk((tick % 5) as i8 - 2)], 0);
            bench.tick();
            if forget && tick % 7 == 0 {
                bench.room.replace_game_with_loaded_copy();
            }
        }
        bench.room.mirror().hash()
    };
    assert_eq!(run(false), run(true));
}
