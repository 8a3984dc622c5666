//! The maps as data: one quarter drawn, the other three mirrored, so that no corner is better.
//!
//! Never asked during a step; [`crate::map::Map`] sorts this into cells once.

use tickwire_shared::glam::Vec2;

use crate::geometry::Solid;
use crate::kinds::Item;
use crate::tune::MAP_SIZE;

/// What stands where.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub name: &'static str,
    pub solids: Vec<Solid>,
    pub spawns: Vec<Vec2>,
    pub pickups: Vec<(Vec2, Item)>,
}

/// The upper left quarter of a map (0..=1024 both ways); what touches an axis is not doubled.
struct Quarter {
    name: &'static str,
    /// x, y, width, height
    walls: &'static [[f32; 4]],
    /// x, y, radius
    pillars: &'static [[f32; 3]],
    spawns: &'static [[f32; 2]],
    health: &'static [[f32; 2]],
    rapid: &'static [[f32; 2]],
}

/// Four corner rooms, lanes with crates between them and a walled court in the middle.
const FOUNDRY: Quarter = Quarter {
    name: "Foundry",
    walls: &[
        // Two walls close off the corner; its doors are at the border and at their joint.
        [448.0, 96.0, 32.0, 256.0],
        [96.0, 448.0, 256.0, 32.0],
        // Crates in the lanes.
        [640.0, 224.0, 128.0, 64.0],
        [224.0, 640.0, 64.0, 128.0],
        [864.0, 544.0, 64.0, 64.0],
        [544.0, 864.0, 64.0, 64.0],
        // An angle of the court's wall.
        [768.0, 768.0, 32.0, 160.0],
        [800.0, 768.0, 128.0, 32.0],
    ],
    pillars: &[
        [256.0, 256.0, 40.0],
        [592.0, 592.0, 56.0],
        [1024.0, 400.0, 48.0],
        [400.0, 1024.0, 48.0],
        [1024.0, 1024.0, 64.0],
    ],
    spawns: &[
        [150.0, 150.0],
        [550.0, 130.0],
        [130.0, 550.0],
        [730.0, 480.0],
        [480.0, 730.0],
        [860.0, 160.0],
        [160.0, 860.0],
        [660.0, 960.0],
    ],
    health: &[[360.0, 360.0], [704.0, 704.0]],
    rapid: &[[1024.0, 880.0], [96.0, 1024.0]],
};

/// Rows of pillars, short screens between them: long sight lines, cover everywhere.
const COLONNADE: Quarter = Quarter {
    name: "Colonnade",
    walls: &[
        [480.0, 288.0, 32.0, 128.0],
        [288.0, 480.0, 128.0, 32.0],
        [640.0, 832.0, 192.0, 32.0],
        [832.0, 640.0, 32.0, 160.0],
        [960.0, 224.0, 64.0, 32.0],
        [224.0, 960.0, 32.0, 64.0],
    ],
    pillars: &[
        [224.0, 224.0, 48.0],
        [672.0, 224.0, 48.0],
        [224.0, 672.0, 48.0],
        [640.0, 640.0, 64.0],
        [1024.0, 496.0, 40.0],
        [496.0, 1024.0, 40.0],
        [1024.0, 1024.0, 96.0],
    ],
    spawns: &[
        [120.0, 120.0],
        [448.0, 140.0],
        [140.0, 448.0],
        [840.0, 340.0],
        [340.0, 840.0],
        [540.0, 540.0],
        [760.0, 960.0],
        [880.0, 120.0],
    ],
    health: &[[360.0, 360.0], [900.0, 760.0]],
    rapid: &[[1024.0, 700.0], [700.0, 1024.0]],
};

/// The layout of this number; an unknown number gives layout 0.
pub(crate) fn of(number: u8) -> Layout {
    let quarter = match number {
        1 => &COLONNADE,
        _ => &FOUNDRY,
    };
    let mut layout = Layout {
        name: quarter.name,
        solids: Vec::new(),
        spawns: Vec::new(),
        pickups: Vec::new(),
    };
    for mirror in MIRRORS {
        quarter.mirrored(mirror, &mut layout);
    }
    layout
}

const MIRRORS: [[bool; 2]; 4] = [[false, false], [true, false], [false, true], [true, true]];

impl Quarter {
    fn mirrored(&self, mirror: [bool; 2], out: &mut Layout) {
        for &[x, y, width, height] in self.walls {
            let a = flip([x, y], mirror);
            let b = flip([x + width, y + height], mirror);
            let (min, max) = (a.min(b), a.max(b));
            add(&mut out.solids, Solid::Wall { min, max });
        }
        for &[x, y, radius] in self.pillars {
            let centre = flip([x, y], mirror);
            add(&mut out.solids, Solid::Pillar { centre, radius });
        }
        for &spot in self.spawns {
            add(&mut out.spawns, flip(spot, mirror));
        }
        for &spot in self.health {
            add(&mut out.pickups, (flip(spot, mirror), Item::Health));
        }
        for &spot in self.rapid {
            add(&mut out.pickups, (flip(spot, mirror), Item::Rapid));
        }
    }
}

fn flip([x, y]: [f32; 2], mirror: [bool; 2]) -> Vec2 {
    let side = |value: f32, flipped: bool| if flipped { MAP_SIZE - value } else { value };
    Vec2::new(side(x, mirror[0]), side(y, mirror[1]))
}

/// Adds what is not there yet: what lies on an axis is its own mirror image.
fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
