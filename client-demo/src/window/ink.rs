//! Shapes that egui does not have: glows, beams with a gradient, arcs.
//!
//! Never knows what it draws. Glows and beams of a frame go into one mesh.

use core::f32::consts::TAU;

use eframe::egui::{Color32, Mesh, Pos2, Shape, Stroke, Vec2, vec2};

/// Corners of a glow.
const GLOW_CORNERS: u16 = 20;

/// A unit vector.
#[must_use]
pub fn direction(angle: f32) -> Vec2 {
    vec2(angle.cos(), angle.sin())
}

/// Adds a disc whose colour fades towards its rim.
pub fn glow(mesh: &mut Mesh, centre: Pos2, radius: f32, colour: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.colored_vertex(centre, colour);
    for corner in 0..GLOW_CORNERS {
        let way = direction(f32::from(corner) / f32::from(GLOW_CORNERS) * TAU);
        mesh.colored_vertex(centre + way * radius, Color32::TRANSPARENT);
    }
    for corner in 0..u32::from(GLOW_CORNERS) {
        let next = (corner + 1) % u32::from(GLOW_CORNERS);
        mesh.add_triangle(first, first + 1 + corner, first + 1 + next);
    }
}

/// Adds a tapering beam from `tail` (no width) to `head`.
pub fn beam(mesh: &mut Mesh, tail: Pos2, head: Pos2, width: f32, colours: [Color32; 2]) {
    let way = (head - tail).normalized();
    let side = way.rot90() * (width * 0.5);
    let first = mesh.vertices.len() as u32;
    mesh.colored_vertex(tail, colours[0]);
    mesh.colored_vertex(head + side, colours[1]);
    mesh.colored_vertex(head - side, colours[1]);
    mesh.add_triangle(first, first + 1, first + 2);
}

/// An arc: from `start` over `span` radians, clockwise on the screen.
pub fn arc(centre: Pos2, radius: f32, start: f32, span: f32, stroke: Stroke) -> Shape {
    let steps = ((span.abs() * radius / 4.0).ceil() as u16).clamp(2, 48);
    let points = (0..=steps)
        .map(|step| centre + direction(start + span * f32::from(step) / f32::from(steps)) * radius)
        .collect();
    Shape::line(points, stroke)
}

/// The same colour with a share of its strength.
#[must_use]
pub fn fade(colour: Color32, share: f32) -> Color32 {
    colour.gamma_multiply(share.clamp(0.0, 1.0))
}

/// The same colour as light: it brightens what is below it.
#[must_use]
pub fn light(colour: Color32, share: f32) -> Color32 {
    fade(colour, share).additive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    #[test]
    fn meshes_are_whole() {
        let mut mesh = Mesh::default();
        glow(&mut mesh, pos2(5.0, 5.0), 9.0, Color32::WHITE);
        let colours = [Color32::TRANSPARENT, Color32::WHITE];
        beam(&mut mesh, pos2(0.0, 0.0), pos2(9.0, 0.0), 2.0, colours);
        assert!(mesh.is_valid() && mesh.indices.len() == 63);
        beam(&mut mesh, pos2(1.0, 1.0), pos2(1.0, 1.0), 2.0, colours);
        assert!(mesh.vertices.iter().all(|corner| corner.pos.is_finite()));
    }
}
