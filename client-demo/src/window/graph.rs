//! The net graph: how the link did in the last ten seconds, figure by figure.
//!
//! Never measures and never changes anything. Each row has its own scale, which grows with what it
//! shows and is written beside it.

use eframe::egui::{
    Align, Align2, Area, Color32, Context, CornerRadius, Id, Layout, Margin, Order, Pos2, Rect,
    RichText, Sense, Shape, Stroke, Ui, pos2, vec2,
};
use tickwire_link::Attempt;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::history::{History, SPAN, Sample};
use super::ink::fade;
use super::theme;

/// Width of the panel's inside, and height of one row.
const WIDTH: f32 = 272.0;
const ROW: f32 = 34.0;

/// What is left free between two rows.
const GAP: f32 = 2.0;

/// On low screens a row is less high, and below [`ROW_OF_TWO_LINES`] its figure stands in its plot.
const ROW_LEAST: f32 = 20.0;
const ROW_OF_TWO_LINES: f32 = 28.0;

/// What stands above and below the rows takes about so much.
const BESIDE_ROWS: f32 = 128.0;

/// Where labels end and plots begin.
const LABELS: f32 = 96.0;

/// One row of the graph.
struct Row {
    label: &'static str,
    unit: &'static str,
    decimals: usize,
    /// The scale's least upper end.
    scale_min: f32,
    colour: Color32,
    of: fn(&Sample) -> f32,
}

const BLUE: Color32 = Color32::from_rgb(110, 190, 255);
const VIOLET: Color32 = Color32::from_rgb(178, 160, 255);

const ROWS: [Row; 9] = [
    row("RTT", "ms", 0, 50.0, theme::GOOD, |s| s.rtt_ms),
    row("Jitter", "ms", 0, 20.0, theme::GOOD, |s| s.jitter_ms),
    row("Loss", "%", 1, 5.0, theme::BAD, |s| s.loss_percent),
    row("Snapshot age", "ms", 0, 50.0, theme::WARN, |s| s.age_ms),
    row("Interpolation", "ms", 0, 50.0, VIOLET, |s| s.delay_ms),
    row("Lead", "ticks", 1, 4.0, VIOLET, |s| s.lead_ticks),
    row("Down", "kbit/s", 0, 100.0, BLUE, |s| s.down_kbits),
    row("Up", "kbit/s", 0, 50.0, BLUE, |s| s.up_kbits),
    row("Prediction error", "units", 1, 4.0, theme::BAD, |s| {
        s.error_units
    }),
];

const fn row(
    label: &'static str,
    unit: &'static str,
    decimals: usize,
    scale_min: f32,
    colour: Color32,
    of: fn(&Sample) -> f32,
) -> Row {
    Row {
        label,
        unit,
        decimals,
        scale_min,
        colour,
        of,
    }
}

/// What the graph says besides its plots.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What carries the link.
    pub transport: Option<Transport>,
    /// How the transports did that were tried.
    pub attempts: &'a [Attempt],
    /// Mispredictions, and those that nothing explains.
    pub mispredictions: (u64, u64),
    /// Where the plots end.
    pub now: Instant,
}

/// Shows the graph at the right edge of the screen.
pub fn show(context: &Context, screen: Rect, history: &History, facts: &Facts<'_>) {
    let count = ROWS.len() as f32;
    let least = BESIDE_ROWS + count * (ROW_LEAST + GAP);
    let top = (screen.top() + 178.0)
        .min(screen.bottom() - theme::MARGIN - least)
        .max(screen.top() + 60.0);
    let room = screen.bottom() - theme::MARGIN - top - BESIDE_ROWS;
    let height = (room / count - GAP).clamp(ROW_LEAST, ROW);
    let right = screen.right() - theme::MARGIN;
    let area = Area::new(Id::unique("net graph"))
        .order(Order::Middle)
        .pivot(Align2::RIGHT_TOP)
        .fixed_pos(pos2(right, top))
        .interactable(false);
    area.show(context, |ui| {
        let frame = theme::plate()
            .fill(Color32::from_rgba_unmultiplied(13, 16, 23, 238))
            .inner_margin(Margin::same(12));
        frame.show(ui, |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = GAP;
            head(ui, facts);
            for row in &ROWS {
                plot(ui, history, row, height, facts.now);
            }
            tail(ui, history, facts);
        });
    });
}

fn head(ui: &mut Ui, facts: &Facts<'_>) {
    let title = facts.transport.map_or("No link", Transport::title);
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).size(15.0).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new("last 10 s").size(11.0).color(theme::DIM));
        });
    });
    for attempt in facts.attempts {
        let won = Some(attempt.transport) == facts.transport;
        if let Err(why) = &attempt.outcome {
            let text = format!("{}: {why}", attempt.transport.title());
            ui.label(RichText::new(text).size(11.0).color(theme::FAINT));
        } else if let (Ok(took), false) = (&attempt.outcome, won) {
            let millis = took.as_secs_f32() * 1_000.0;
            let text = format!("{}: {millis:.1} ms, came later", attempt.transport.title());
            ui.label(RichText::new(text).size(11.0).color(theme::FAINT));
        }
    }
    ui.add_space(2.0);
}

fn tail(ui: &mut Ui, history: &History, facts: &Facts<'_>) {
    let newest = history.newest();
    let (wrong, unexplained) = facts.mispredictions;
    let texts = [
        format!(
            "Others are drawn {:.0} ms behind: one to two snapshots and the jitter.",
            newest.delay_ms
        ),
        format!("{wrong} mispredictions, {unexplained} of them unexplained."),
    ];
    ui.add_space(3.0);
    for text in texts {
        ui.label(RichText::new(text).size(11.0).color(theme::DIM));
    }
}

fn plot(ui: &mut Ui, history: &History, row: &Row, height: f32, now: Instant) {
    let (rect, _) = ui.allocate_exact_size(vec2(WIDTH, height), Sense::hover());
    let painter = ui.painter();
    let value = (row.of)(&history.newest());
    let label = pos2(rect.left(), rect.top() + 4.0);
    painter.text(
        label,
        Align2::LEFT_TOP,
        row.label,
        theme::font(11.0),
        theme::FAINT,
    );
    let figure = format!("{value:.*} {}", row.decimals, row.unit);
    let field = Rect::from_min_max(
        pos2(rect.left() + LABELS, rect.top() + 2.0),
        rect.max - vec2(0.0, 2.0),
    );
    painter.rect_filled(field, CornerRadius::same(3), fade(theme::WELL, 0.8));
    let (at, align) = match height < ROW_OF_TWO_LINES {
        true => (field.left_center() + vec2(6.0, 0.0), Align2::LEFT_CENTER),
        false => (pos2(rect.left(), rect.bottom() - 2.0), Align2::LEFT_BOTTOM),
    };
    painter.text(at, align, figure, theme::digits(12.0), theme::INK);
    let values = history.samples().map(|sample| (row.of)(sample));
    let scale = nice(values.fold(row.scale_min, f32::max));
    curve(ui, history, row, field, scale, now);
    let corner = field.right_top() + vec2(-4.0, 2.0);
    let end = format!("{scale:.0}");
    ui.painter()
        .text(corner, Align2::RIGHT_TOP, end, theme::font(9.0), theme::DIM);
}

fn curve(ui: &Ui, history: &History, row: &Row, field: Rect, scale: f32, now: Instant) {
    let span = SPAN.as_secs_f32();
    let place = |sample: &Sample| {
        let age = now.since(sample.at).as_secs_f32();
        let share = ((row.of)(sample) / scale).clamp(0.0, 1.0);
        pos2(
            field.right() - field.width() * age / span,
            field.bottom() - 1.0 - (field.height() - 2.0) * share,
        )
    };
    let in_span = |sample: &&Sample| now.since(sample.at) <= SPAN;
    let points: Vec<Pos2> = history.samples().filter(in_span).map(place).collect();
    let painter = ui.painter().with_clip_rect(field);
    let mut fill = eframe::egui::Mesh::default();
    for pair in points.windows(2) {
        let first = fill.vertices.len() as u32;
        let (strong, weak) = (fade(row.colour, 0.28), fade(row.colour, 0.04));
        for point in pair {
            fill.colored_vertex(*point, strong);
            fill.colored_vertex(pos2(point.x, field.bottom()), weak);
        }
        fill.add_triangle(first, first + 1, first + 2);
        fill.add_triangle(first + 1, first + 2, first + 3);
    }
    painter.add(Shape::mesh(fill));
    painter.add(Shape::line(points, Stroke::new(1.4, row.colour)));
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn nice(value: f32) -> f32 {
    let power = 10.0_f32.powf(value.max(1.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps
        .into_iter()
        .find(|step| *step >= value)
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::nice;

    #[test]
    fn scales_end_at_round_numbers() {
        let ends = [0.3, 4.0, 50.0, 51.0, 999.0, 1_001.0].map(nice);
        assert_eq!(ends, [1.0, 5.0, 50.0, 100.0, 1_000.0, 2_000.0]);
    }
}
