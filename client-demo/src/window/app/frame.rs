//! One picture of the program: what is drawn in which order, and what keys and buttons do.
//!
//! Never takes a packet: the game in progress does, before it is drawn.

use std::time::Duration;

use eframe::egui::{Context, Event, Key, LayerId, RawInput, Ui};
use tickwire_shared::time::Instant;

use super::super::camera::Camera;
use super::super::menu::{self, Page, Wish};
use super::super::scene::Scene;
use super::super::{banner, chatter, picture, theme};
use super::{Screen, WindowApp};

impl WindowApp {
    /// Draws one picture into `ui`, which covers the screen.
    pub fn picture(&mut self, ui: &mut Ui) {
        let context = ui.ctx().clone();
        self.dress(&context);
        let now = (self.clock)();
        self.frames += 1;
        match &mut self.screen {
            Screen::Start(start) => {
                if let Some(form) = start.show(&context, context.content_rect()) {
                    self.begin(&form);
                }
            }
            Screen::Play(_) => self.play_picture(&context, now),
        }
        self.ask_for_the_next(&context, now);
    }

    fn play_picture(&mut self, context: &Context, now: Instant) {
        let whole = context.viewport_rect();
        self.keys(context);
        let (menu, board, shake) = (self.menu, self.board, self.settings.shake);
        let by_itself = self.settings.aim_by_itself;
        let camera = Camera {
            screen: whole,
            ..self.camera
        };
        let Screen::Play(play) = &mut self.screen else {
            return;
        };
        let free = menu.is_none() && play.talk.entry.is_none();
        let on_panel = |at| {
            let layer = context.layer_id_at(at);
            layer.is_some_and(|layer| layer.order != eframe::egui::Order::Background)
        };
        // The context is locked while its input is read: everything else is asked before.
        let (safe, events) = (context.content_rect(), context.input(|i| i.events.clone()));
        play.hands.touch.note(&events, safe, on_panel);
        if !free {
            play.hands.touch.let_go();
        }
        context.input(|input| play.hands.note(input, free, by_itself));
        let seconds = play.update(now, &camera, shake);
        play.follow(&camera, seconds);
        self.camera = play.eye.camera(Scene::middle(), whole);
        let place = picture::Place {
            camera: self.camera,
            safe: context.content_rect(),
            board,
            now,
            free,
        };
        // The arena goes behind notches and rounded corners; what is read does not.
        let painter = context.layer_painter(LayerId::background());
        let painter = painter.with_clip_rect(whole);
        picture::draw(&painter, &place, play, &self.settings);
        picture::panels(&painter, context, &place, play, &self.settings);
        self.panels(context, now, &place);
    }

    fn panels(&mut self, context: &Context, now: Instant, place: &picture::Place) {
        let Screen::Play(play) = &mut self.screen else {
            return;
        };
        if let Some(asked) = picture::buttons(context, place, play) {
            self.pressed(asked);
        }
        let Screen::Play(play) = &mut self.screen else {
            return;
        };
        let chat_place = picture::chat_place(place, play, &self.settings);
        chatter::show(context, &chat_place, play);
        let asked = banner::show(context, &play.pilot, now);
        let wish = self.menu.as_mut().and_then(|page| {
            let (settings, figures) = (&mut self.settings, &mut self.figures);
            menu::show(context, place.safe, page, settings, figures, &play.pilot)
        });
        if let Some(asked) = asked {
            self.asked(asked, now);
        }
        if let Some(wish) = wish {
            self.wished(wish);
        }
    }

    fn asked(&mut self, asked: banner::Asked, now: Instant) {
        match (asked, self.play_mut()) {
            (banner::Asked::Leave, _) => self.leave(),
            (banner::Asked::TryAgain, Some(play)) => play.pilot.try_again(now),
            (banner::Asked::TryAll, Some(play)) => play.pilot.switch_transport(None, now),
            (_, None) => {}
        }
    }

    fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Close => self.menu = None,
            Wish::Leave => self.leave(),
            Wish::Transport(only) => self.switch_transport(only),
            Wish::Network => {
                let network = self.figures.network();
                if let Some(play) = self.play_mut() {
                    play.pilot.set_network(network);
                }
            }
        }
    }

    fn pressed(&mut self, button: picture::Pressed) {
        match button {
            picture::Pressed::Menu => self.menu = Some(Page::Settings),
            picture::Pressed::Board => self.board = !self.board,
            picture::Pressed::Chat => self.open_chat(),
        }
    }

    fn open_chat(&mut self) {
        if let Some(play) = self.play_mut() {
            play.talk.open();
        }
    }

    /// The keys that open and close panels.
    fn keys(&mut self, context: &Context) {
        let writing = self.play().is_some_and(|play| play.talk.entry.is_some());
        if writing {
            return;
        }
        let events = context.input(|input| input.events.clone());
        let pressed = |key: Key| events.iter().any(|event| is_stroke(event, key));
        if pressed(Key::Escape) {
            let open = self.menu.is_none().then_some(Page::Settings);
            self.menu = open;
        }
        if pressed(Key::F3) {
            self.settings.graph = !self.settings.graph;
        }
        if self.menu.is_some() {
            return;
        }
        if pressed(Key::H) {
            self.menu = Some(Page::Help);
        }
        if pressed(Key::E) {
            self.settings.aim_by_itself = !self.settings.aim_by_itself;
        }
        if pressed(Key::Enter) || pressed(Key::T) {
            self.open_chat();
        }
    }

    fn dress(&mut self, context: &Context) {
        if self.dressed != self.settings.scale {
            self.dressed = self.settings.scale;
            theme::dress(context);
            context.set_zoom_factor(self.settings.scale);
        }
    }

    fn ask_for_the_next(&self, context: &Context, began: Instant) {
        match self.settings.pictures_max {
            0 => context.request_repaint(),
            most => {
                let period = Duration::from_secs(1) / most;
                let spent = (self.clock)().since(began);
                context.request_repaint_after(period.saturating_sub(spent));
            }
        }
    }
}

/// Whether a key went down; a key that is held and repeats does not count.
fn is_stroke(event: &Event, wanted: Key) -> bool {
    matches!(event, Event::Key { key, pressed: true, repeat: false, .. } if *key == wanted)
}

impl eframe::App for WindowApp {
    fn logic(&mut self, context: &Context, _frame: &mut eframe::Frame) {
        let hidden = context.input(|input| input.viewport().visible() == Some(false));
        self.set_away(hidden);
        if hidden {
            self.turn();
            context.request_repaint_after(Duration::from_millis(250));
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.picture(ui);
    }

    fn raw_input_hook(&mut self, _context: &Context, input: &mut RawInput) {
        // Tab shows the board; egui would move the focus with it.
        let playing =
            self.menu.is_none() && self.play().is_some_and(|play| play.talk.entry.is_none());
        if !playing {
            return;
        }
        let board = &mut self.board;
        input.events.retain(|event| match event {
            Event::Key {
                key: Key::Tab,
                pressed,
                ..
            } => {
                *board = *pressed;
                false
            }
            _ => true,
        });
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        let now = (self.clock)();
        if let Some(play) = self.play_mut() {
            play.pilot.leave(now);
        }
    }

    fn clear_color(&self, _visuals: &eframe::egui::Visuals) -> [f32; 4] {
        theme::VOID.to_normalized_gamma_f32()
    }

    #[cfg(target_arch = "wasm32")]
    fn as_any_mut(&mut self) -> Option<&mut dyn core::any::Any> {
        Some(self)
    }
}
