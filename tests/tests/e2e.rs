//! The arena over real QUIC, with whole players: what must hold from a player's point of view.
//!
//! Never repeats what the server's own tests prove with the wire by hand: full rooms, other
//! protocol versions, ports in use, wrong flags.

mod live;

use std::time::Duration;

use live::{Hosted, Player, run, until};
use tickwire_arena::{Arena, Entity, Input};
use tickwire_link::{Link, LinkEnd, dial_quic};
use tickwire_shared::Replicate;
use tickwire_shared::client::{ClientConfig, ResumeToken};
use tickwire_shared::close::CloseReason;
use tickwire_shared::game::{Frame, Game, Step, schema_of};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, Lane, PlayerId, SessionId};
use tickwire_shared::time::TickRate;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, Credential, HandshakeReply, Hello, PROTOCOL, Resume, RoomRequest,
    Token, Welcome, decode, encode,
};

/// The fighter of `owner` as `player` draws it.
fn fighter(player: &Player<Arena>, owner: PlayerId) -> Option<(EntityId, Vec2)> {
    let view = player.driver.client.view();
    view.entities().find_map(|drawn| match drawn.entity {
        Entity::Fighter(fighter) if drawn.owner == Some(owner) => Some((drawn.id, fighter.pos)),
        _ => None,
    })
}

async fn both_play(ann: &mut Player<Arena>, bob: &mut Player<Arena>) {
    until(&mut [ann, bob], "fighters on both screens", |players| {
        let seats: Vec<_> = players.iter().filter_map(|p| p.joined.first()).collect();
        let seats: Vec<_> = seats.into_iter().map(|joined| joined.0).collect();
        let sees_all = |p: &Player<_>| seats.iter().all(|seat| fighter(p, *seat).is_some());
        seats.len() == 2 && players.iter().all(|p| p.is_playing() && sees_all(p))
    })
    .await;
}

#[test]
fn players_join_move_and_chat() {
    let hosted = Hosted::start::<Arena>("arena", |_| {});
    run(async {
        let mut ann = hosted.player::<Arena>("Ann", "pit");
        let mut bob = hosted.player::<Arena>("Bob", "pit");
        both_play(&mut ann, &mut bob).await;
        let seat = ann.joined[0].0;
        let (_, start) = fighter(&bob, seat).expect("drawn");
        let mut turns = 0;
        until(&mut [&mut ann, &mut bob], "movement", |players| {
            turns += 1;
            // A wall stops whoever goes one way only.
            let input = Input {
                move_x: if turns / 200 % 2 == 0 { 1 } else { -1 },
                move_y: if turns / 400 % 2 == 0 { 1 } else { -1 },
                ..Input::default()
            };
            players[0].driver.client.set_input(&input);
            fighter(players[1], seat).is_some_and(|(_, at)| at.distance(start) > 1.0)
        })
        .await;
        bob.driver.client.chat("I see you").expect("in a room");
        until(
            &mut [&mut ann, &mut bob],
            "the line and checks",
            |players| {
                let heard = |p: &Player<_>| p.texts() == ["I see you"];
                let checked = |p: &Player<_>| p.driver.client.stats().desyncs_none > 8;
                players.iter().all(|p| heard(p) && checked(p))
            },
        )
        .await;
        ann.assert_in_sync();
        bob.assert_in_sync();
        assert_eq!(hosted.figure("tickwire_desyncs_total"), 0.0);
    });
}

#[test]
fn a_cut_link_resumes_with_the_same_fighter_and_no_gap_in_the_chat() {
    let hosted = Hosted::start::<Arena>("cut", |_| {});
    run(async {
        let mut ann = hosted.player::<Arena>("Ann", "pit");
        let mut bob = hosted.player::<Arena>("Bob", "pit");
        both_play(&mut ann, &mut bob).await;
        let seat = ann.joined[0].0;
        let (id, _) = fighter(&bob, seat).expect("drawn");
        let token = ann.driver.client.resume_token().expect("seated");
        bob.driver.client.chat("one").expect("in a room");
        until(&mut [&mut ann, &mut bob], "the first line", |players| {
            players[0].lines.len() == 1
        })
        .await;
        ann.driver.break_link();
        bob.driver.client.chat("two").expect("in a room");
        // Ann is out and does not turn meanwhile: the line is said while she is away.
        until(&mut [&mut bob], "the second line", |players| {
            players[0].lines.len() == 2
        })
        .await;
        bob.driver.client.chat("three").expect("in a room");
        until(&mut [&mut ann, &mut bob], "a resumed session", |players| {
            players.iter().all(|p| p.is_playing() && p.lines.len() == 3)
                && players[0].joined.len() == 2
                && fighter(players[0], seat).is_some()
        })
        .await;
        assert_eq!(ann.joined, [(seat, false), (seat, true)]);
        assert_eq!(ann.texts(), ["one", "two", "three"]);
        let offsets: Vec<u64> = ann.lines.iter().map(|(offset, _)| *offset).collect();
        assert_eq!((offsets, ann.missed), (vec![0, 1, 2], 0));
        assert_eq!(
            fighter(&ann, seat).expect("drawn").0,
            id,
            "the same fighter"
        );
        assert_eq!(fighter(&bob, seat).expect("drawn").0, id, "it never left");
        ann.driver.client.chat("four").expect("in a room");
        until(&mut [&mut ann, &mut bob], "an answer", |players| {
            players.iter().all(|p| p.lines.len() == 4)
        })
        .await;
        let newer = ann.driver.client.resume_token().expect("seated");
        assert!(newer.session == token.session && newer.token != token.token);

        stolen_token_gets_nothing(&hosted, &token, seat, &mut ann, &mut bob).await;
    });
}

/// A used token (its owner has talked since on the newer link), one of another session and a guess
/// are all refused, and their owners go on.
async fn stolen_token_gets_nothing(
    hosted: &Hosted,
    used: &ResumeToken,
    seat: PlayerId,
    ann: &mut Player<Arena>,
    bob: &mut Player<Arena>,
) {
    let losses = ann.losses;
    let other = bob.driver.client.resume_token().expect("seated");
    for (session, token) in [
        (used.session, used.token),
        (used.session, other.token),
        (used.session, Token([0; 16])),
        (SessionId(other.session.0 + 7), other.token),
    ] {
        let mut link = dial_quic(&hosted.dial()).await.expect("a link");
        let resume = Resume { session, token };
        let reply = greet::<Arena>(&mut link, Some(resume)).await;
        assert_eq!(reply.err(), Some(CloseReason::UnknownSession));
    }
    ann.driver.client.chat("still here").expect("in a room");
    until(&mut [ann, bob], "the line", |players| {
        players.iter().all(|p| p.lines.len() == 5)
    })
    .await;
    assert_eq!((ann.losses, ann.joined.len()), (losses, 2));
    assert_eq!(ann.driver.client.me(), Some(seat));
}

/// Says hello by hand; the Welcome, or the reason with which the link was closed.
async fn greet<G: Game>(link: &mut Link, resume: Option<Resume>) -> Result<Welcome, CloseReason> {
    let hello = Hello {
        protocol: PROTOCOL,
        schema_hash: schema_of::<G>().expect("a schema").hash,
        name: BoundedStr::cut("Mallory"),
        room: RoomRequest::Any,
        resume,
        who: Credential::New,
        cursors: BoundedVec::default(),
    };
    link.send(Lane::Ordered, &encode(&hello)).expect("it fits");
    loop {
        match tokio::time::timeout(live::PATIENCE, link.recv()).await {
            Ok(Ok((Lane::Ordered, bytes))) => match decode(&bytes).expect("a reply") {
                HandshakeReply::Welcome(welcome) => return Ok(welcome),
                HandshakeReply::Refuse(_) => {}
            },
            Ok(Ok(_)) => {}
            Ok(Err(LinkEnd::Closed { reason, .. })) => return Err(reason),
            other => panic!("neither in nor out: {other:?}"),
        }
    }
}

#[test]
fn a_grace_that_is_over_ends_the_session_and_frees_the_seat() {
    let hosted = Hosted::start::<Arena>("grace", |config| {
        config.session.grace = Duration::from_millis(300);
        config.rooms.seats_max = 1;
    });
    run(async {
        let mut link = dial_quic(&hosted.dial()).await.expect("a link");
        let welcome = greet::<Arena>(&mut link, None).await.expect("a seat");
        link.close(CloseReason::LinkLost).await;
        let mut ann = hosted.player::<Arena>("Ann", welcome.room.as_str());
        // Dialing a full room is final, so that she waits for the seat.
        let clock = tickwire_client_demo::clock::Clock::start();
        while hosted.figure("tickwire_sessions") > 0.0 {
            assert!(clock.now().micros() < live::PATIENCE.as_micros() as u64);
            tokio::task::yield_now().await;
        }
        let mut late = dial_quic(&hosted.dial()).await.expect("a link");
        let resume = Resume {
            session: welcome.session,
            token: welcome.token,
        };
        let reply = greet::<Arena>(&mut late, Some(resume)).await;
        assert_eq!(reply.err(), Some(CloseReason::UnknownSession));
        until(&mut [&mut ann], "the freed seat", |players| {
            players[0].is_playing()
        })
        .await;
        assert_eq!(ann.joined, [(welcome.player, false)]);
    });
}

/// A post as the server of the next tests knows it.
mod here {
    use tickwire_shared::Replicate;

    /// One player's place.
    #[derive(Clone, Debug, PartialEq, Replicate)]
    pub struct Post {
        /// How high it is.
        #[net(id = 0, range = 0..=100)]
        pub height: u8,
        /// How much it weighs.
        #[net(id = 1, range = 0..=50)]
        pub weight: u8,
    }
}

/// The same as a client built from older sources knows it.
mod older {
    use tickwire_shared::Replicate;

    /// One player's place.
    #[derive(Clone, Debug, PartialEq, Replicate)]
    pub struct Post {
        /// How high it is.
        #[net(id = 0, range = 0..=100)]
        pub height: u8,
        /// How much it weighs.
        #[net(id = 1, range = 0..=40)]
        pub weight: u8,
    }
}

/// Nothing to do.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
struct Idle {
    /// Something must be there.
    #[net(id = 0)]
    asleep: bool,
}

/// A game in which nothing happens, over one or the other kind of post.
struct Posts<P>(std::marker::PhantomData<P>);

impl<P: Replicate + Clone + Send + 'static> Game for Posts<P> {
    const TICK_RATE: TickRate = TickRate::hz(60);
    type Input = Idle;
    type Entity = P;
    type Event = ();
    type Rules = ();

    fn new(_rules: &(), _seed: u64) -> Posts<P> {
        Posts(std::marker::PhantomData)
    }

    fn step(&mut self, _cx: &mut Step<'_, Posts<P>>) {}

    fn save(&self, _out: &mut Frame<P>) {}

    fn load(&mut self, _from: &Frame<P>) {}
}

#[test]
fn a_client_of_another_build_is_told_the_first_field_that_differs() {
    let hosted = Hosted::start::<Posts<here::Post>>("schema", |_| {});
    run(async {
        let mut old = hosted.player::<Posts<older::Post>>("Ann", "yard");
        until(&mut [&mut old], "a refusal", |players| {
            players[0].over.is_some()
        })
        .await;
        let words = old.farewells.first().expect("words").as_str();
        assert!(
            words.contains("weight") && !words.contains("height"),
            "{words}"
        );
        assert!(words.contains("50") && words.contains("40"), "{words}");

        let same = ClientConfig {
            name: "Bob".to_owned(),
            ..ClientConfig::default()
        };
        let mut same = Player::<Posts<here::Post>>::new(hosted.dial(), same);
        until(&mut [&mut same], "a seat", |players| {
            !players[0].joined.is_empty()
        })
        .await;
    });
}

#[test]
fn a_drain_is_told_to_players() {
    let hosted = Hosted::start::<Arena>("drain", |_| {});
    run(async {
        let mut ann = hosted.player::<Arena>("Ann", "pit");
        until(&mut [&mut ann], "a seat", |players| players[0].is_playing()).await;
        hosted.server().drain();
        until(&mut [&mut ann], "word of the end and the end", |players| {
            players[0].drains == 1 && players[0].losses > 0
        })
        .await;
        let words = ann.farewells.first().expect("words");
        assert!(words.contains("going down"), "{words}");
    });
}

#[test]
fn a_player_of_an_empty_world_stays() {
    let hosted = Hosted::start::<Posts<here::Post>>("empty", |_| {});
    run(async {
        let mut ann = hosted.player::<Posts<here::Post>>("Ann", "yard");
        until(&mut [&mut ann], "a running clock", |players| {
            players[0].is_playing()
        })
        .await;
        until(&mut [&mut ann], "ticks", |players| {
            players[0].driver.client.tick().0 > 400
        })
        .await;
        assert_eq!((ann.losses, ann.joined.len()), (0, 1));
    });
}
