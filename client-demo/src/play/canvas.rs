//! A picture made of half-block pixels with text on top.
//!
//! Never talks to a terminal: a screen shows it, a test reads it.

use crate::panel::steers;

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// One character cell: what a terminal shows there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub glyph: char,
    /// Its colour.
    pub ink: Rgb,
    /// What is behind it.
    pub paper: Rgb,
}

/// A picture. Each cell holds two pixels, one above the other, which makes them about square.
#[derive(Clone, Debug)]
pub struct Canvas {
    columns: usize,
    lines: usize,
    pixels: Vec<Rgb>,
    letters: Vec<Option<(char, Rgb)>>,
}

impl Rgb {
    /// This colour with `share` (0.0 to 1.0) of `other` mixed in.
    #[must_use]
    pub fn mix(self, other: Rgb, share: f32) -> Rgb {
        let share = share.clamp(0.0, 1.0);
        let blend = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share) as u8;
        Rgb(
            blend(self.0, other.0),
            blend(self.1, other.1),
            blend(self.2, other.2),
        )
    }

    /// A bright colour of this hue in degrees; `light` from 0.0 (black) over 0.5 (full) to 1.0
    /// (white).
    #[must_use]
    pub fn of_hue(degrees: u16, light: f32) -> Rgb {
        let sector = f32::from(degrees % 360) / 60.0;
        let part = |offset: f32| {
            let distance = ((sector + offset) % 6.0 - 3.0).abs() - 1.0;
            (distance.clamp(0.0, 1.0) * 255.0) as u8
        };
        let full = Rgb(part(0.0), part(4.0), part(2.0));
        if light < 0.5 {
            Rgb::default().mix(full, light * 2.0)
        } else {
            full.mix(Rgb(255, 255, 255), light * 2.0 - 1.0)
        }
    }
}

impl Canvas {
    /// A picture of this many character cells, all in one colour.
    #[must_use]
    pub fn new(columns: usize, lines: usize, ground: Rgb) -> Canvas {
        Canvas {
            columns,
            lines,
            pixels: vec![ground; columns * lines * 2],
            letters: vec![None; columns * lines],
        }
    }

    /// Width in cells, which is also the width in pixels.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Height in cells; there are twice as many pixels.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Mixes `share` of a colour into a pixel; outside the picture nothing happens.
    pub fn dab(&mut self, x: i32, y: i32, colour: Rgb, share: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x >= self.columns {
            return;
        }
        if let Some(pixel) = self.pixels.get_mut(y * self.columns + x) {
            *pixel = pixel.mix(colour, share);
        }
    }

    /// A filled circle with soft edges; all in pixels.
    pub fn disc(&mut self, x: f32, y: f32, radius: f32, colour: Rgb) {
        let (left, right) = ((x - radius - 1.0) as i32, (x + radius + 1.0) as i32);
        let (top, bottom) = ((y - radius - 1.0) as i32, (y + radius + 1.0) as i32);
        for row in top.max(0)..=bottom.min(self.lines as i32 * 2) {
            for column in left.max(0)..=right.min(self.columns as i32) {
                let (dx, dy) = (column as f32 + 0.5 - x, row as f32 + 0.5 - y);
                let inside = radius + 0.5 - (dx * dx + dy * dy).sqrt();
                self.dab(column, row, colour, inside.min(1.0));
            }
        }
    }

    /// A filled rectangle with soft edges; all in pixels.
    pub fn bar(&mut self, min: (f32, f32), max: (f32, f32), colour: Rgb) {
        let span = |low: f32, high: f32, most: usize| {
            (low.floor().max(0.0) as i32)..(high.ceil().min(most as f32).max(0.0) as i32)
        };
        let covered = |at: i32, low: f32, high: f32| {
            ((at as f32 + 1.0).min(high) - (at as f32).max(low)).clamp(0.0, 1.0)
        };
        for row in span(min.1, max.1, self.lines * 2) {
            for column in span(min.0, max.0, self.columns) {
                let share = covered(row, min.1, max.1) * covered(column, min.0, max.0);
                self.dab(column, row, colour, share);
            }
        }
    }

    /// A thin line, in pixels.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), colour: Rgb) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 400.0);
        for step in 0..=steps as u16 {
            let share = f32::from(step) / steps;
            let (x, y) = (from.0 + dx * share, from.1 + dy * share);
            self.dab(x.floor() as i32, y.floor() as i32, colour, 1.0);
        }
    }

    /// Writes text in one line from a cell on; what sticks out is cut, what steers a terminal is
    /// left out.
    pub fn text(&mut self, column: i32, line: i32, text: &str, ink: Rgb) {
        let glyphs = text.chars().filter(|glyph| !steers(*glyph));
        for (at, glyph) in (column..).zip(glyphs) {
            let (Ok(x), Ok(y)) = (usize::try_from(at), usize::try_from(line)) else {
                continue;
            };
            if x < self.columns
                && let Some(letter) = self.letters.get_mut(y * self.columns + x)
            {
                *letter = Some((glyph, ink));
            }
        }
    }

    /// Darkens an area of cells so that text on it can be read.
    pub fn shade(&mut self, column: i32, line: i32, columns: i32, lines: i32) {
        for y in line * 2..(line + lines) * 2 {
            for x in column..column + columns {
                self.dab(x, y, Rgb(8, 10, 14), 0.72);
            }
        }
    }

    /// What a terminal shows in a cell; blank outside.
    #[must_use]
    pub fn cell(&self, column: usize, line: usize) -> Cell {
        let pixel = |row: usize| {
            let at = row * self.columns + column;
            self.pixels.get(at).copied().unwrap_or_default()
        };
        let (upper, lower) = (pixel(line * 2), pixel(line * 2 + 1));
        let letter = self.letters.get(line * self.columns + column).copied();
        match letter.flatten() {
            Some((glyph, ink)) => Cell {
                glyph,
                ink,
                paper: upper.mix(lower, 0.5),
            },
            None if upper == lower => Cell {
                glyph: ' ',
                ink: upper,
                paper: upper,
            },
            None => Cell {
                glyph: '▀',
                ink: upper,
                paper: lower,
            },
        }
    }

    /// The picture without colours, a line of text for each line of cells: pixels as shades of
    /// grey from blank to `#`.
    #[must_use]
    pub fn to_text(&self) -> String {
        const SHADES: [char; 6] = [' ', '.', ':', '+', '*', '#'];
        let mut text = String::new();
        for line in 0..self.lines {
            for column in 0..self.columns {
                let letter = self.letters.get(line * self.columns + column);
                let cell = self.cell(column, line);
                let Rgb(r, g, b) = cell.ink.mix(cell.paper, 0.5);
                let shade = SHADES.get(usize::from(r.max(g).max(b)) / 43);
                let letter = letter.copied().flatten().map(|(glyph, _)| glyph);
                text.push(letter.or(shade.copied()).unwrap_or(' '));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Rgb = Rgb(0, 0, 0);
    const WHITE: Rgb = Rgb(255, 255, 255);

    #[test]
    fn two_pixels_share_a_cell() {
        let mut canvas = Canvas::new(3, 2, BLACK);
        canvas.dab(1, 2, WHITE, 1.0);
        let cell = canvas.cell(1, 1);
        assert_eq!((cell.glyph, cell.ink, cell.paper), ('▀', WHITE, BLACK));
        assert_eq!(canvas.cell(0, 0).glyph, ' ');
    }

    #[test]
    fn nothing_reaches_outside_or_wraps_around() {
        let mut canvas = Canvas::new(4, 2, BLACK);
        for (x, y) in [(-1, 0), (4, 0), (0, -1), (0, 4), (i32::MAX, i32::MAX)] {
            canvas.dab(x, y, WHITE, 1.0);
        }
        canvas.text(2, 0, "abc", WHITE);
        canvas.text(-1, 1, "xyz\x1b", WHITE);
        assert_eq!(canvas.to_text(), "  ab\nyz  \n");
    }

    #[test]
    fn shapes_cover_what_they_say() {
        let mut canvas = Canvas::new(9, 5, BLACK);
        canvas.disc(4.5, 5.0, 3.0, WHITE);
        assert_eq!(canvas.cell(4, 2).ink, WHITE);
        assert_eq!(canvas.cell(0, 0).ink, BLACK);
        let mut canvas = Canvas::new(4, 2, BLACK);
        canvas.bar((1.0, 0.0), (2.5, 4.0), WHITE);
        let light = |column| canvas.cell(column, 0).ink.0;
        assert_eq!((light(0), light(1), light(2), light(3)), (0, 255, 127, 0));
    }

    #[test]
    fn hues_go_around() {
        assert_eq!(Rgb::of_hue(0, 0.5), Rgb(255, 0, 0));
        assert_eq!(Rgb::of_hue(120, 0.5), Rgb(0, 255, 0));
        assert_eq!(Rgb::of_hue(240, 0.5), Rgb(0, 0, 255));
        assert_eq!(Rgb::of_hue(77, 1.0), WHITE);
    }
}
