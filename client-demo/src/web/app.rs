//! The program of the window inside a page: what a page adds to it.
//!
//! Never draws anything of its own: it counts pictures, and keeps the settings in the browser.

use eframe::egui::{Context, RawInput, Ui};
use serde::Serialize;

use crate::window::{Settings, WindowApp, WindowState};

use super::kept;
use super::time::millis;

/// Where the settings are kept.
const SETTINGS: &str = "settings";

/// The program in a page.
pub struct PageApp {
    app: WindowApp,
    /// What the browser keeps already.
    kept: Settings,
    /// When the first picture was drawn, and the first with a fighter of one's own; milliseconds
    /// since the page was opened, 0 before.
    first_picture: f64,
    first_played: f64,
    /// How long the last picture took, in milliseconds.
    picture_millis: f64,
}

/// What a page answers about itself.
#[derive(Serialize)]
pub struct PageState {
    #[serde(flatten)]
    window: WindowState,
    first_frame_ms: f64,
    playing_ms: f64,
    frame_ms: f64,
}

impl PageApp {
    /// Around a program that was made with [`kept_settings`].
    pub fn new(app: WindowApp) -> PageApp {
        PageApp {
            kept: app.settings().clone(),
            app,
            first_picture: 0.0,
            first_played: 0.0,
            picture_millis: 0.0,
        }
    }

    /// The program inside.
    pub fn window(&mut self) -> &mut WindowApp {
        &mut self.app
    }

    /// Everything there is to know now.
    pub fn state(&self) -> PageState {
        PageState {
            window: self.app.state(),
            first_frame_ms: self.first_picture,
            playing_ms: self.first_played,
            frame_ms: self.picture_millis,
        }
    }

    fn note_picture(&mut self, began: f64) {
        let now = millis();
        self.picture_millis = now - began;
        if self.first_picture == 0.0 {
            self.first_picture = now;
        }
        let plays = self.app.play().is_some_and(|play| play.is_seated());
        if self.first_played == 0.0 && plays {
            self.first_played = now;
        }
    }

    fn keep_settings(&mut self) {
        let settings = self.app.settings();
        if *settings != self.kept {
            self.kept = settings.clone();
            kept::set(
                SETTINGS,
                &serde_json::to_string(settings).unwrap_or_default(),
            );
        }
    }
}

/// The settings of the last time, or the usual ones.
pub fn kept_settings() -> Settings {
    let text = kept::get(SETTINGS);
    let settings: Option<Settings> = text.and_then(|text| serde_json::from_str(&text).ok());
    settings.unwrap_or_default().checked()
}

impl eframe::App for PageApp {
    fn logic(&mut self, context: &Context, frame: &mut eframe::Frame) {
        self.app.logic(context, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let began = millis();
        self.app.ui(ui, frame);
        self.note_picture(began);
        self.keep_settings();
    }

    fn raw_input_hook(&mut self, context: &Context, input: &mut RawInput) {
        self.app.raw_input_hook(context, input);
    }

    fn clear_color(&self, visuals: &eframe::egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn core::any::Any> {
        Some(self)
    }
}
