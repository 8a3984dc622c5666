//! The program of the window: what it holds, and how it is steered from outside.
//!
//! Never draws: `frame` does. Never opens a link itself: a pilot has its dialer, and the start
//! screen asks whoever started the program to connect. Native window and browser run the same code.

mod frame;

use eframe::egui::Rect;
use tickwire_arena::kinds::Input;
use tickwire_shared::conditioner::Network;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::camera::Camera;
use super::conditioner::Figures;
use super::menu::Page;
use super::play::Play;
use super::scene::Scene;
use super::settings::Settings;
use super::start::{Form, Start};
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
}
