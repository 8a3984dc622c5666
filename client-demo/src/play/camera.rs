//! Where on the picture a place in the world is.
//!
//! Never follows anybody by itself: it is made anew for each picture.

use tickwire_shared::glam::Vec2;

/// World units the picture is wide, about; larger terminals see a little more and much finer.
const WIDTH: f32 = 1_000.0;

/// Units a pixel may stand for.
const UNITS_MIN: f32 = 4.0;
const UNITS_MAX: f32 = 14.0;

/// A view of the world around a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The place in the middle, in world units.
    pub centre: Vec2,
    /// World units a pixel is wide and high.
    pub units: f32,
    /// Size of the picture in pixels.
    size: Vec2,
}

impl Camera {
    /// A view around `centre` for a picture of this many cells (of two pixels each).
    #[must_use]
    pub fn new(centre: Vec2, columns: usize, lines: usize) -> Camera {
        let size = Vec2::new(columns as f32, lines as f32 * 2.0);
        Camera {
            centre,
            units: (WIDTH / size.x.max(1.0)).clamp(UNITS_MIN, UNITS_MAX),
            size,
        }
    }

    /// Where a place in the world is, in pixels.
    #[must_use]
    pub fn pixel(&self, place: Vec2) -> Vec2 {
        (place - self.centre) / self.units + self.size * 0.5
    }

    /// Which place in the world a pixel shows.
    #[must_use]
    pub fn place(&self, pixel: Vec2) -> Vec2 {
        (pixel - self.size * 0.5) * self.units + self.centre
    }

    /// Whether a circle in the world can be seen.
    #[must_use]
    pub fn sees(&self, place: Vec2, radius: f32) -> bool {
        let reach = self.size * 0.5 * self.units + Vec2::splat(radius);
        (place - self.centre).abs().cmple(reach).all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_places_are_inverse() {
        let camera = Camera::new(Vec2::new(500.0, 300.0), 100, 30);
        assert_eq!(camera.pixel(camera.centre), Vec2::new(50.0, 30.0));
        let place = camera.place(Vec2::new(3.0, 59.0));
        assert!((camera.pixel(place) - Vec2::new(3.0, 59.0)).length() < 1e-3);
        assert!(camera.sees(place, 0.0));
        assert!(!camera.sees(camera.place(Vec2::new(-4.0, 5.0)), 10.0));
    }
}
