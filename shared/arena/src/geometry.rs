//! Circles against boxes and discs: pushing out, sweeping, closest points.
//!
//! Never uses anything but + - * / and square roots, so that every platform gets equal bits.
//! Lengths are in world units.

use tickwire_shared::glam::Vec2;

/// Something solid that never moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Solid {
    /// A wall or crate, aligned with the axes.
    Wall {
        /// Corner with the smallest coordinates.
        min: Vec2,
        /// Corner with the largest coordinates.
        max: Vec2,
    },
    /// A round obstacle.
    Pillar {
        /// Its centre.
        centre: Vec2,
        /// Its radius.
        radius: f32,
    },
}

impl Solid {
    /// Vector from the closest point of this solid to `point`; zero when `point` is inside.
    #[must_use]
    pub fn gap(&self, point: Vec2) -> Vec2 {
        match *self {
            Solid::Wall { min, max } => point - point.clamp(min, max),
            Solid::Pillar { centre, radius } => {
                let away = point - centre;
                let distance = away.length();
                if distance <= radius {
                    Vec2::ZERO
                } else {
                    away * ((distance - radius) / distance)
                }
            }
        }
    }

    /// Whether a circle overlaps this solid.
    #[must_use]
    pub fn overlaps(&self, centre: Vec2, radius: f32) -> bool {
        self.gap(centre).length_squared() < radius * radius
    }

    /// How far and where to a circle must move to leave this solid: a unit direction and a length.
    /// `None` when it does not overlap.
    #[must_use]
    pub fn push(&self, centre: Vec2, radius: f32) -> Option<(Vec2, f32)> {
        let gap = self.gap(centre);
        let square = gap.length_squared();
        if square >= radius * radius {
            return None;
        }
        let distance = square.sqrt();
        if distance > 1.0e-4 {
            return Some((gap / distance, radius - distance));
        }
        Some(self.push_from_inside(centre, radius))
    }

    /// Where along `from..to` (0 to 1) a circle first touches this solid; `None` when it does not.
    ///
    /// A wall is widened by the radius with square corners, so that a circle touches its corner a
    /// little early.
    #[must_use]
    pub fn sweep(&self, from: Vec2, to: Vec2, radius: f32) -> Option<f32> {
        match *self {
            Solid::Wall { min, max } => {
                let grow = Vec2::splat(radius);
                sweep_box(from, to, min - grow, max + grow)
            }
            Solid::Pillar {
                centre,
                radius: own,
            } => sweep_circle(from, to, centre, own + radius),
        }
    }

    /// The box that holds this solid: smallest and largest corner.
    #[must_use]
    pub fn bounds(&self) -> (Vec2, Vec2) {
        match *self {
            Solid::Wall { min, max } => (min, max),
            Solid::Pillar { centre, radius } => {
                (centre - Vec2::splat(radius), centre + Vec2::splat(radius))
            }
        }
    }

    fn push_from_inside(&self, centre: Vec2, radius: f32) -> (Vec2, f32) {
        match *self {
            Solid::Wall { min, max } => {
                let sides = [
                    (Vec2::NEG_X, centre.x - min.x),
                    (Vec2::X, max.x - centre.x),
                    (Vec2::NEG_Y, centre.y - min.y),
                    (Vec2::Y, max.y - centre.y),
                ];
                let nearest =
                    sides.iter().fold(
                        sides[0],
                        |best, &side| if side.1 < best.1 { side } else { best },
                    );
                (nearest.0, nearest.1 + radius)
            }
            Solid::Pillar {
                centre: own,
                radius: size,
            } => {
                let away = centre - own;
                let distance = away.length();
                let way = if distance > 1.0e-4 {
                    away / distance
                } else {
                    Vec2::X
                };
                (way, size + radius - distance)
            }
        }
    }
}

/// Where along `from..to` (0 to 1) a point first enters a circle; 0 when it starts inside.
#[must_use]
pub fn sweep_circle(from: Vec2, to: Vec2, centre: Vec2, radius: f32) -> Option<f32> {
    let way = to - from;
    let away = from - centre;
    let outside = away.length_squared() - radius * radius;
    if outside <= 0.0 {
        return Some(0.0);
    }
    let closing = -away.dot(way);
    let length = way.length_squared();
    let root = closing * closing - length * outside;
    if closing <= 0.0 || root < 0.0 {
        return None;
    }
    let at = (closing - root.sqrt()) / length;
    (at <= 1.0).then_some(at)
}

/// Where along `from..to` (0 to 1) a point first enters a box; 0 when it starts inside.
fn sweep_box(from: Vec2, to: Vec2, min: Vec2, max: Vec2) -> Option<f32> {
    let (mut enter, mut exit) = (0.0_f32, 1.0_f32);
    for axis in 0..2 {
        let way = to[axis] - from[axis];
        let (near, far) = (min[axis] - from[axis], max[axis] - from[axis]);
        if way.abs() < 1.0e-6 {
            if near > 0.0 || far < 0.0 {
                return None;
            }
            continue;
        }
        let (a, b) = (near / way, far / way);
        let (first, last) = if a < b { (a, b) } else { (b, a) };
        enter = if first > enter { first } else { enter };
        exit = if last < exit { last } else { exit };
    }
    (enter <= exit).then_some(enter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Solid = Solid::Wall {
        min: Vec2::new(10.0, 10.0),
        max: Vec2::new(20.0, 30.0),
    };
    const PILLAR: Solid = Solid::Pillar {
        centre: Vec2::new(50.0, 50.0),
        radius: 10.0,
    };

    #[test]
    fn a_circle_is_pushed_straight_out_of_a_side() {
        let (way, length) = WALL.push(Vec2::new(7.0, 20.0), 5.0).expect("they overlap");
        assert_eq!((way, length), (Vec2::NEG_X, 2.0));
        assert_eq!(WALL.push(Vec2::new(4.0, 20.0), 5.0), None);
    }

    #[test]
    fn a_circle_whose_centre_is_inside_leaves_by_the_nearest_side() {
        let (way, length) = WALL.push(Vec2::new(19.0, 20.0), 5.0).expect("inside");
        assert_eq!((way, length), (Vec2::X, 6.0));
        let (way, length) = PILLAR.push(Vec2::new(50.0, 50.0), 5.0).expect("inside");
        assert_eq!((way, length), (Vec2::X, 15.0));
    }

    #[test]
    fn a_sweep_stops_where_the_surfaces_meet() {
        let at = WALL.sweep(Vec2::new(0.0, 20.0), Vec2::new(16.0, 20.0), 2.0);
        assert_eq!(at, Some(0.5));
        let at = PILLAR.sweep(Vec2::new(50.0, 20.0), Vec2::new(50.0, 40.0), 5.0);
        assert_eq!(at, Some(0.75));
    }

    #[test]
    fn a_sweep_past_a_solid_meets_nothing() {
        assert_eq!(WALL.sweep(Vec2::ZERO, Vec2::new(0.0, 40.0), 2.0), None);
        assert_eq!(PILLAR.sweep(Vec2::ZERO, Vec2::new(30.0, 0.0), 2.0), None);
        assert_eq!(
            PILLAR.sweep(Vec2::new(50.0, 65.0), Vec2::new(50.0, 90.0), 2.0),
            None
        );
    }
}
