//! The program of the window: one picture a call.
//!
//! Never opens a link itself: a pilot has its dialer, and the start screen asks whoever started the
//! program to connect. Native window and browser run the same code.

use std::time::Duration;

use eframe::egui::{Context, Event, Key, LayerId, RawInput, Rect, Ui};
use tickwire_arena::kinds::Input;
use tickwire_shared::conditioner::Network;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::camera::Camera;
use super::conditioner::Figures;
use super::menu::{self, Page, Wish};
use super::play::Play;
use super::scene::Scene;
use super::settings::Settings;
use super::start::{Form, Start};
use super::{banner, chatter, picture, theme};
use crate::pilot::{Pilot, Stage};

/// Opens what the start screen asks for.
pub trait Connect {
    /// A pilot that dials the server of the form.
    ///
    /// # Errors
    /// Words for the player when the form cannot be used.
    fn connect(&mut self, form: &Form, now: Instant) -> Result<Pilot, String>;
}

/// Which screen is shown.
enum Screen {
    Start(Start),
    Play(Box<Play>),
}

/// The program of the window.
pub struct WindowApp {
    screen: Screen,
    /// How the start screen connects; `None` where a page asks instead.
    connect: Option<Box<dyn Connect>>,
    /// What the start screen shows when a game is left.
    form: Form,
    settings: Settings,
    clock: Box<dyn Fn() -> Instant>,
    figures: Figures,
    /// The page of the menu; `None` while it is closed.
    menu: Option<Page>,
    /// Whether Tab is held, or the board was asked for on a touch screen.
    board: bool,
    by_itself: bool,
    camera: Camera,
    frames: u64,
    /// The size the style was made for; 0 before the first frame.
    dressed: f32,
}

impl WindowApp {
    /// A program that plays with this pilot; `clock` gives the time that the pilot was made with.
    #[must_use]
    pub fn new(pilot: Pilot, settings: Settings, clock: Box<dyn Fn() -> Instant>) -> WindowApp {
        let now = clock();
        let figures = Figures::of(pilot.network());
        let play = Play::new(pilot, false, now);
        WindowApp {
            figures,
            ..WindowApp::with(Screen::Play(Box::new(play)), settings, clock)
        }
    }

    /// A program that first asks where to, then connects.
    #[must_use]
    pub fn asking(
        form: Form,
        connect: Box<dyn Connect>,
        settings: Settings,
        clock: Box<dyn Fn() -> Instant>,
    ) -> WindowApp {
        let screen = Screen::Start(Start::new(form.clone()));
        WindowApp {
            connect: Some(connect),
            form,
            ..WindowApp::with(screen, settings, clock)
        }
    }

    fn with(screen: Screen, settings: Settings, clock: Box<dyn Fn() -> Instant>) -> WindowApp {
        WindowApp {
            screen,
            connect: None,
            form: Form::default(),
            settings: settings.checked(),
            clock,
            figures: Figures::default(),
            menu: None,
            board: false,
            by_itself: false,
            camera: Camera::new(Scene::middle(), Rect::ZERO),
            frames: 0,
            dressed: 0.0,
        }
    }

    /// Lets a brain play from the next game on.
    #[must_use]
    pub fn playing_by_itself(mut self) -> WindowApp {
        self.by_itself = true;
        self
    }

    /// Fills in the form and connects at once, as if the player had.
    #[must_use]
    pub fn connecting(mut self) -> WindowApp {
        let form = self.form.clone();
        self.begin(&form);
        self
    }

    /// The game in progress, if there is one.
    #[must_use]
    pub fn play(&self) -> Option<&Play> {
        match &self.screen {
            Screen::Play(play) => Some(play),
            Screen::Start(_) => None,
        }
    }

    /// The same, to steer it.
    pub fn play_mut(&mut self) -> Option<&mut Play> {
        match &mut self.screen {
            Screen::Play(play) => Some(play),
            Screen::Start(_) => None,
        }
    }

    /// The settings, to be kept.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time on the program's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.clock)()
    }

    /// Pictures drawn so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Holds this input in the player's place; `None` gives the hands back.
    pub fn hold(&mut self, input: Option<Input>) {
        self.play_mut()
            .into_iter()
            .for_each(|play| play.hold(input.clone()));
    }

    /// Says a line to the room; false when that is not possible now.
    pub fn chat(&mut self, text: &str) -> bool {
        let now = (self.clock)();
        self.play_mut().is_some_and(|play| play.say(now, text))
    }

    /// Moves the session to another transport; `None` tries all.
    pub fn switch_transport(&mut self, only: Option<Transport>) {
        let now = (self.clock)();
        if let Some(play) = self.play_mut() {
            play.pilot.switch_transport(only, now);
        }
    }

    /// Simulates a network in both directions, or none.
    pub fn set_network(&mut self, network: Option<Network>) {
        self.figures = Figures::of(network);
        if let Some(play) = self.play_mut() {
            play.pilot.set_network(network);
        }
    }

    /// One turn without a picture, for a window or a tab that is hidden: packets are taken and
    /// sent, so that the session lives.
    pub fn turn(&mut self) {
        let now = (self.clock)();
        let camera = self.camera;
        if let Some(play) = self.play_mut() {
            play.update(now, &camera, false);
        }
    }

    /// Tells the server whether the player looks elsewhere.
    pub fn set_away(&mut self, away: bool) {
        let now = (self.clock)();
        if let Some(play) = self.play_mut() {
            play.pilot.set_away(now, away);
        }
    }

    /// The network is perhaps another one than it was.
    pub fn network_changed(&mut self) {
        let now = (self.clock)();
        if let Some(play) = self.play_mut() {
            play.pilot.network_changed(now);
        }
    }

    /// Whether the player left the game and there is no start screen to go back to.
    #[must_use]
    pub fn has_left(&self) -> bool {
        let over = |play: &Play| play.pilot.stage() == Stage::Over && play.pilot.why().is_empty();
        self.connect.is_none() && self.play().is_some_and(over)
    }

    /// Gives up the link, not the session: a later program may take that up.
    pub fn let_go(&mut self) {
        let now = (self.clock)();
        if let Some(play) = self.play_mut() {
            play.pilot.let_go(now);
        }
    }

    /// Says goodbye: the session ends.
    pub fn leave(&mut self) {
        let now = (self.clock)();
        if let Screen::Play(play) = &mut self.screen {
            play.pilot.leave(now);
            self.menu = None;
            if self.connect.is_some() {
                self.screen = Screen::Start(Start::new(self.form.clone()));
            }
        }
    }

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

    fn begin(&mut self, form: &Form) {
        let now = (self.clock)();
        self.form = form.clone();
        let Some(connect) = &mut self.connect else {
            return;
        };
        match connect.connect(form, now) {
            Ok(mut pilot) => {
                pilot.set_network(self.figures.network());
                self.screen = Screen::Play(Box::new(Play::new(pilot, self.by_itself, now)));
            }
            Err(why) => {
                let mut start = Start::new(form.clone());
                start.why = why;
                self.screen = Screen::Start(start);
            }
        }
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
