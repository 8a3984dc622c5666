//! The game of `shared/examples` on the server library: two players over real QUIC.
//!
//! Hosting it takes no line that knows the game but its name.

mod live;
#[path = "../../shared/examples/moving_square.rs"]
#[allow(dead_code, reason = "the example has a main of its own")]
mod moving_square;

use live::{Hosted, Player, run, until};
use moving_square::{Push, Squares};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;

/// Where `player` draws the square of `owner`.
fn place(player: &Player<Squares>, owner: PlayerId) -> Option<Vec2> {
    let view = player.driver.client.view();
    let mut squares = view.entities();
    let square = squares.find(|drawn| drawn.owner == Some(owner));
    square.map(|drawn| drawn.entity.place)
}

#[test]
fn two_players_see_each_other_move_and_chat() {
    let hosted = Hosted::start::<Squares>("square", |_| {});
    run(async {
        let mut ann = hosted.player::<Squares>("Ann", "yard");
        let mut bob = hosted.player::<Squares>("Bob", "yard");
        until(&mut [&mut ann, &mut bob], "seats", |players| {
            players.iter().all(|player| player.is_playing())
        })
        .await;
        let seat = ann.joined[0].0;
        assert_ne!(seat, bob.joined[0].0);

        let direction = Vec2::new(1.0, 0.5);
        ann.driver.client.set_input(&Push { direction });
        until(&mut [&mut ann, &mut bob], "movement", |players| {
            place(players[1], seat).is_some_and(|at| at.x > 20.0 && at.y > 10.0)
        })
        .await;
        let still = place(&ann, bob.joined[0].0);
        assert_eq!(still, Some(Vec2::ZERO), "who pushes nothing stays");

        ann.driver.client.chat("hello").expect("in a room");
        until(&mut [&mut ann, &mut bob], "a line", |players| {
            players.iter().all(|player| player.lines.len() == 1)
        })
        .await;
        bob.driver.client.chat("hello yourself").expect("in a room");
        until(
            &mut [&mut ann, &mut bob],
            "an answer and checks",
            |players| {
                let checked = |player: &Player<_>| player.driver.client.stats().desyncs_none > 8;
                let answered = |player: &Player<_>| player.lines.len() == 2;
                players
                    .iter()
                    .all(|player| checked(player) && answered(player))
            },
        )
        .await;
        for player in [&ann, &bob] {
            assert_eq!(player.texts(), ["hello", "hello yourself"]);
            player.assert_in_sync();
        }
    });
}
