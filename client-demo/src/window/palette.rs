//! Colours of players: stable by seat, apart for the colour-blind, told apart further by an emblem.
//!
//! Never depends on who is near: a player looks the same on every screen. The hues are those of
//! Okabe and Ito, which differ in lightness as well, made lighter for a dark floor.

use eframe::egui::Color32;
use serde::{Deserialize, Serialize};
use tickwire_shared::id::PlayerId;

use super::theme;

/// How fighters are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colours {
    /// Each player has a colour.
    #[default]
    ByPlayer,
    /// The own fighter in one colour, all others in another.
    OwnAndOthers,
}

/// A mark on a fighter, besides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emblem {
    /// Nothing.
    Plain,
    /// A dot in the middle.
    Dot,
    /// A bar across.
    Bar,
    /// A ring.
    Ring,
}

const HUES: [Color32; 8] = [
    Color32::from_rgb(240, 228, 66),
    Color32::from_rgb(86, 180, 233),
    Color32::from_rgb(230, 120, 60),
    Color32::from_rgb(30, 188, 140),
    Color32::from_rgb(238, 160, 206),
    Color32::from_rgb(92, 132, 240),
    Color32::from_rgb(222, 150, 20),
    Color32::from_rgb(214, 221, 230),
];

const OWN: Color32 = Color32::from_rgb(86, 180, 233);
const OTHERS: Color32 = Color32::from_rgb(230, 120, 60);

impl Colours {
    /// A player's colour on the screen of `me`.
    #[must_use]
    pub fn of(self, player: PlayerId, me: PlayerId) -> Color32 {
        match self {
            Colours::ByPlayer => HUES[usize::from(player.0) % HUES.len()],
            Colours::OwnAndOthers if player == me => OWN,
            Colours::OwnAndOthers => OTHERS,
        }
    }

    /// The colour of a player's name: lighter, so that it reads on any ground.
    #[must_use]
    pub fn text(self, player: PlayerId, me: PlayerId) -> Color32 {
        self.of(player, me).lerp_to_gamma(theme::INK, 0.35)
    }
}

/// The mark of a player: seats that share a colour differ in it.
#[must_use]
pub fn emblem(player: PlayerId) -> Emblem {
    match usize::from(player.0) / HUES.len() % 4 {
        0 => Emblem::Plain,
        1 => Emblem::Dot,
        2 => Emblem::Bar,
        _ => Emblem::Ring,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn thirty_two_neighbours_look_different() {
        let look = |seat: u16| {
            let player = PlayerId(seat);
            let colour = Colours::ByPlayer.of(player, PlayerId(99));
            (colour.to_array(), emblem(player) as u8)
        };
        let looks: BTreeSet<_> = (0..32).map(look).collect();
        assert_eq!(looks.len(), 32);
    }

    /// How far apart two colours are for eyes without one kind of cone, after Viénot, Brettel and
    /// Mollon (1999): what both red and green cones see becomes one value.
    fn apart(a: Color32, b: Color32, red: f32) -> f32 {
        let seen = |colour: Color32| {
            let linear = |at: u8| (f32::from(at) / 255.0).powf(2.2);
            let [r, g, b, _] = colour.to_array().map(linear);
            [red * r + (1.0 - red) * g, b].map(|light| light.powf(1.0 / 2.2) * 255.0)
        };
        let (a, b) = (seen(a), seen(b));
        // The value that stands for red and green weighs twice.
        (2.0 * (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
    }

    #[test]
    fn the_colour_blind_tell_all_hues_apart() {
        for (at, one) in HUES.iter().enumerate() {
            for other in &HUES[at + 1..] {
                for red in [0.29, 0.11] {
                    let apart = apart(*one, *other, red);
                    assert!(apart > 22.0, "{one:?} and {other:?} are {apart} apart");
                }
            }
        }
    }
}
