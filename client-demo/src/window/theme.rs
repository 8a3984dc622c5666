//! The looks of everything that is not the arena: colours, sizes, spacing.
//!
//! Never draws a panel itself. One accent colour marks what can be done and what is one's own; all
//! else is slate.

use eframe::egui::style::{HandleShape, Selection, WidgetVisuals, Widgets};
use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Frame, Margin, Shadow, Stroke, Style,
    TextStyle, ThemePreference, Visuals, vec2,
};

/// Behind everything.
pub const VOID: Color32 = Color32::from_rgb(9, 11, 16);
/// Text.
pub const INK: Color32 = Color32::from_rgb(228, 233, 241);
/// Text that matters less.
pub const FAINT: Color32 = Color32::from_rgb(146, 157, 174);
/// Text and lines that matter least.
pub const DIM: Color32 = Color32::from_rgb(92, 103, 121);
/// What can be done, and what is one's own.
pub const ACCENT: Color32 = Color32::from_rgb(255, 190, 92);
/// All is well.
pub const GOOD: Color32 = Color32::from_rgb(104, 214, 160);
/// Look here.
pub const WARN: Color32 = Color32::from_rgb(255, 171, 84);
/// Something is wrong.
pub const BAD: Color32 = Color32::from_rgb(255, 107, 107);
/// A panel.
pub const PANEL: Color32 = Color32::from_rgb(18, 22, 30);
/// A field or a track inside a panel.
pub const WELL: Color32 = Color32::from_rgb(27, 33, 44);
/// The same under the pointer.
pub const WELL_HOT: Color32 = Color32::from_rgb(38, 46, 60);
/// Edges of panels.
pub const EDGE: Color32 = Color32::from_rgb(44, 53, 68);

/// Distance of what floats over the arena from the edge of the screen.
pub const MARGIN: f32 = 16.0;

/// The size of text that is read while playing.
pub const TEXT: f32 = 14.0;
/// The size of small text.
pub const SMALL: f32 = 12.0;

/// A font of the one family there is.
#[must_use]
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// A font whose digits are equally wide.
#[must_use]
pub fn digits(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// A panel over the arena that is read at a glance: quiet, see-through.
pub fn plate() -> Frame {
    Frame::new()
        .fill(Color32::from_rgba_unmultiplied(12, 15, 21, 205))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(12, 8))
}

/// A panel one works in: opaque, with an edge and a shadow.
pub fn card() -> Frame {
    Frame::new()
        .fill(PANEL)
        .stroke(Stroke::new(1.0, EDGE))
        .corner_radius(CornerRadius::same(14))
        .inner_margin(Margin::same(24))
        .shadow(Shadow {
            offset: [0, 12],
            blur: 40,
            spread: 0,
            color: Color32::from_black_alpha(150),
        })
}

/// Dresses a context. Always dark: the arena is.
pub fn dress(context: &Context) {
    context.set_theme(ThemePreference::Dark);
    context.all_styles_mut(|style| {
        style.visuals = visuals();
        texts(style);
        spaces(style);
        style.animation_time = 0.1;
        style.interaction.selectable_labels = false;
    });
}

fn texts(style: &mut Style) {
    style.text_styles = [
        (TextStyle::Heading, font(22.0)),
        (TextStyle::Body, font(TEXT)),
        (TextStyle::Button, font(TEXT)),
        (TextStyle::Small, font(SMALL)),
        (TextStyle::Monospace, digits(13.0)),
    ]
    .into();
}

fn spaces(style: &mut Style) {
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 8.0);
    spacing.button_padding = vec2(14.0, 7.0);
    spacing.interact_size = vec2(36.0, 30.0);
    spacing.slider_width = 190.0;
    spacing.slider_rail_height = 4.0;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.scroll.bar_width = 6.0;
    spacing.scroll.floating = true;
}

fn visuals() -> Visuals {
    Visuals {
        dark_mode: true,
        widgets: widgets(),
        selection: Selection {
            bg_fill: Color32::from_rgba_unmultiplied(255, 190, 92, 60),
            stroke: Stroke::new(1.0, ACCENT),
        },
        hyperlink_color: ACCENT,
        extreme_bg_color: WELL,
        text_edit_bg_color: Some(WELL),
        faint_bg_color: Color32::from_rgb(22, 27, 36),
        code_bg_color: WELL,
        warn_fg_color: WARN,
        error_fg_color: BAD,
        panel_fill: PANEL,
        window_fill: PANEL,
        window_stroke: Stroke::new(1.0, EDGE),
        window_corner_radius: CornerRadius::same(14),
        menu_corner_radius: CornerRadius::same(8),
        slider_trailing_fill: true,
        handle_shape: HandleShape::Circle,
        weak_text_color: Some(FAINT),
        ..Visuals::dark()
    }
}

fn widgets() -> Widgets {
    let widget = |fill: Color32, edge: Color32, ink: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: CornerRadius::same(7),
        fg_stroke: Stroke::new(1.4, ink),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: widget(PANEL, EDGE, INK),
        inactive: widget(WELL, Color32::TRANSPARENT, INK),
        hovered: widget(WELL_HOT, EDGE, Color32::WHITE),
        active: widget(WELL_HOT, ACCENT, Color32::WHITE),
        open: widget(WELL_HOT, EDGE, INK),
    }
}
