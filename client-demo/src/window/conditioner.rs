//! The panel of the simulated network: presets and sliders, changed while playing.
//!
//! Never touches the link: it hands back the figures that shall hold.

use std::time::Duration;

use eframe::egui::{Button, RichText, Slider, Ui};
use tickwire_shared::conditioner::{Network, Rate};

use super::theme;

/// What the sliders say; kept apart from the network, so that switching off forgets nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Whether the network is simulated at all.
    pub on: bool,
    /// The preset last chosen, if nothing was changed since.
    pub preset: Option<&'static str>,
    /// The figures.
    pub network: Network,
}

impl Default for Figures {
    fn default() -> Figures {
        Figures {
            on: false,
            preset: None,
            network: Network::PERFECT,
        }
    }
}

/// Names of the presets as people say them.
const TITLES: [(&str, &str); 7] = [
    ("lan", "Cable"),
    ("broadband", "Home"),
    ("wifi", "Wi-Fi"),
    ("4g", "4G"),
    ("train", "Train"),
    ("satellite", "Satellite"),
    ("bad", "Bad"),
];

/// Kilobytes a second from which the rate counts as unlimited.
const RATE_OPEN_KB: u32 = 500;

impl Figures {
    /// The figures of a network that holds already.
    #[must_use]
    pub fn of(network: Option<Network>) -> Figures {
        let preset = Network::NAMES.into_iter().find(|name| {
            name.parse::<Network>()
                .is_ok_and(|preset| Some(preset) == network)
        });
        Figures {
            on: network.is_some(),
            preset,
            network: network.unwrap_or(Network::PERFECT),
        }
    }

    /// The network that shall hold.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        self.on.then_some(self.network)
    }

    /// A preset, by its name.
    pub fn choose(&mut self, name: &'static str) {
        if let Ok(network) = name.parse() {
            (self.on, self.preset, self.network) = (true, Some(name), network);
        }
    }
}

/// Shows the panel; true when the figures changed.
pub fn show(ui: &mut Ui, figures: &mut Figures) -> bool {
    let before = figures.clone();
    let text = "Feel the game on another line. Both directions suffer, on any transport.";
    ui.label(RichText::new(text).color(theme::FAINT));
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = eframe::egui::vec2(6.0, 6.0);
        if chip(ui, "Off", !figures.on) {
            figures.on = false;
            figures.preset = None;
        }
        for (name, title) in TITLES {
            if chip(ui, title, figures.on && figures.preset == Some(name)) {
                figures.choose(name);
            }
        }
    });
    ui.add_space(6.0);
    sliders(ui, figures);
    *figures != before
}

/// A small button that is lit while it is chosen.
pub fn chip(ui: &mut Ui, text: &str, chosen: bool) -> bool {
    let ink = if chosen { theme::VOID } else { theme::INK };
    let fill = if chosen { theme::ACCENT } else { theme::WELL };
    let button = Button::new(RichText::new(text).color(ink))
        .fill(fill)
        .corner_radius(15)
        .min_size(eframe::egui::vec2(0.0, 28.0));
    ui.add(button).clicked()
}

fn sliders(ui: &mut Ui, figures: &mut Figures) {
    let network = &mut figures.network;
    let before = *network;
    let mut rtt_ms = network.rtt.as_millis() as u32;
    let mut jitter_ms = network.jitter.as_millis() as u32;
    let mut loss = network.loss * 100.0;
    let mut duplicates = network.duplicates * 100.0;
    let mut reorder = network.reorder * 100.0;
    let mut rate_kb = network
        .rate
        .map_or(RATE_OPEN_KB, |rate| rate.bytes_per_s / 1_000);
    ui.add(line(
        Slider::new(&mut rtt_ms, 0..=800),
        " ms",
        "Latency, both ways",
    ));
    ui.add(line(Slider::new(&mut jitter_ms, 0..=200), " ms", "Jitter"));
    ui.add(line(
        Slider::new(&mut loss, 0.0..=40.0).fixed_decimals(1),
        " %",
        "Loss",
    ));
    let slider = Slider::new(&mut duplicates, 0.0..=20.0).fixed_decimals(1);
    ui.add(line(slider, " %", "Duplicates"));
    let slider = Slider::new(&mut reorder, 0.0..=20.0).fixed_decimals(1);
    ui.add(line(slider, " %", "Reordered"));
    let slider = Slider::new(&mut rate_kb, 4..=RATE_OPEN_KB).logarithmic(true);
    let slider = slider.custom_formatter(|value, _| match value as u32 {
        RATE_OPEN_KB.. => "open".to_owned(),
        kilobytes => format!("{kilobytes} kB/s"),
    });
    ui.add(slider.text("Rate"));
    let moved = Network {
        rtt: Duration::from_millis(rtt_ms.into()),
        jitter: Duration::from_millis(jitter_ms.into()),
        loss: loss / 100.0,
        duplicates: duplicates / 100.0,
        reorder: reorder / 100.0,
        rate: rate_of(rate_kb, network.rate),
        ..*network
    };
    if differs(&moved, &before) {
        (figures.network, figures.on, figures.preset) = (moved, true, None);
    }
}

fn line<'a>(slider: Slider<'a>, suffix: &str, text: &str) -> Slider<'a> {
    slider.suffix(suffix.to_owned()).text(text.to_owned())
}

fn rate_of(kilobytes: u32, before: Option<Rate>) -> Option<Rate> {
    let bytes_per_s = kilobytes * 1_000;
    match before {
        _ if kilobytes >= RATE_OPEN_KB => None,
        Some(rate) if rate.bytes_per_s / 1_000 == kilobytes => Some(rate),
        // A queue of half a second, as in many a home's box.
        _ => Some(Rate {
            bytes_per_s,
            queue_bytes_max: bytes_per_s / 2,
        }),
    }
}

/// Whether a slider was moved: what rounding to a slider's steps changed does not count.
fn differs(a: &Network, b: &Network) -> bool {
    let apart = |a: f32, b: f32| (a - b).abs() > 0.000_01;
    a.rtt.as_millis() != b.rtt.as_millis()
        || a.jitter.as_millis() != b.jitter.as_millis()
        || apart(a.loss, b.loss)
        || apart(a.duplicates, b.duplicates)
        || apart(a.reorder, b.reorder)
        || a.rate != b.rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_a_title_and_figures() {
        let names: Vec<&str> = TITLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, Network::NAMES);
        let mut figures = Figures::default();
        for name in names {
            figures.choose(name);
            assert!(figures.network() == name.parse().ok() && figures.preset == Some(name));
            assert_eq!(Figures::of(figures.network()).preset, Some(name));
        }
    }

    #[test]
    fn a_rate_at_the_end_of_its_slider_is_none() {
        assert_eq!(rate_of(RATE_OPEN_KB, None), None);
        let rate = rate_of(20, None).expect("limited");
        assert_eq!((rate.bytes_per_s, rate.queue_bytes_max), (20_000, 10_000));
    }
}
