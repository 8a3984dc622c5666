//! What a player may set, kept between games by whoever can.
//!
//! Never applies itself: each part asks for what it needs.

use serde::{Deserialize, Serialize};
use tickwire_shared::transport::Transport;

use super::palette::Colours;

/// A player's settings. Unknown ones are ignored and missing ones are the default, so that what an
/// older version kept can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How large panels and text are; 1 is as designed.
    pub scale: f32,
    /// How fighters are coloured.
    pub colours: Colours,
    /// Whether names stand above heads.
    pub names: bool,
    /// Whether the weapon turns to the nearest enemy by itself.
    pub aim_by_itself: bool,
    /// Whether the view shakes at a hit.
    pub shake: bool,
    /// Pictures a second at the most; 0 follows the display.
    pub pictures_max: u32,
    /// Whether the net graph is shown.
    pub graph: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            scale: 1.0,
            colours: Colours::ByPlayer,
            names: true,
            aim_by_itself: false,
            shake: true,
            pictures_max: 0,
            graph: false,
        }
    }
}

impl Settings {
    /// The sizes there are to choose from.
    pub const SCALES: [f32; 5] = [0.8, 0.9, 1.0, 1.2, 1.4];

    /// The rates there are to choose from.
    pub const PICTURES: [u32; 4] = [0, 144, 60, 30];

    /// The same with every value within what makes sense, whatever a file said.
    #[must_use]
    pub fn checked(mut self) -> Settings {
        let usable = self.scale.is_finite();
        self.scale = if usable {
            self.scale.clamp(0.5, 2.0)
        } else {
            1.0
        };
        if self.pictures_max != 0 {
            self.pictures_max = self.pictures_max.clamp(10, 1_000);
        }
        self
    }
}

/// The transports a program of this kind can dial, best first.
#[must_use]
pub fn transports() -> &'static [Transport] {
    if cfg!(target_arch = "wasm32") {
        &Transport::ALL[1..]
    } else {
        &Transport::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_version_kept_can_be_read() {
        let kept = r#"{"names": false, "sound": true}"#;
        let read: Settings = serde_json::from_str(kept).expect("settings");
        assert_eq!((read.names, read.scale), (false, 1.0));
        let wild = Settings {
            scale: f32::NAN,
            pictures_max: 1,
            ..Settings::default()
        };
        let checked = wild.checked();
        assert_eq!((checked.scale, checked.pictures_max), (1.0, 10));
    }
}
