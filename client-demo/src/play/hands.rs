//! From keys and mouse to an input of the game, a typed line and wishes of the player.
//!
//! Never reads a terminal: whoever does hands over [`Act`]s.

use tickwire_arena::kinds::{Entity, Fighter, Input};
use tickwire_arena::tune::BULLET_SPEED;
use tickwire_arena::{Map, kinds};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;
use tickwire_shared::limits::CHAT_BYTES_MAX;
use tickwire_shared::time::Instant;

use super::camera::Camera;
use super::held::{Held, Key};

/// What a player did at the keyboard or with the mouse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// A key went down or repeats.
    Down(Stroke),
    /// A key was let go; only some terminals say so.
    Up(Stroke),
    /// The pointer is at this cell (column, line).
    Pointer(u16, u16),
    /// The main button of the mouse went down or up.
    Trigger(bool),
    /// The second button of the mouse went down.
    Dash,
    /// The window lost its focus: nothing is held any more.
    Blur,
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A printable character.
    Char(char),
    /// An arrow.
    Arrow(Key),
    /// Enter.
    Enter,
    /// Backspace.
    Backspace,
    /// Escape.
    Escape,
    /// Tab.
    Tab,
    /// Ctrl-C.
    Interrupt,
}

/// What the player wants besides steering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To leave.
    Quit,
    /// To say this.
    Say(String),
    /// Help shown or hidden.
    Help,
    /// Everybody's score shown or hidden.
    Board,
}

/// What turns the weapon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AimBy {
    Itself,
    Pointer,
    Keys,
}

/// The player's hands.
#[derive(Clone, Debug)]
pub struct Hands {
    held: Held,
    aim_by: AimBy,
    pointer: Vec2,
    trigger: bool,
    dash: bool,
    aim: f32,
    entry: Option<String>,
}

/// What steering needs to know of the game.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Whose hands these are.
    pub me: PlayerId,
    /// Everything the client knows.
    pub entities: &'a [Entity],
    /// The map of the room.
    pub map: &'a Map,
    /// How the picture shows the world.
    pub camera: Camera,
}

impl Hands {
    /// Hands that hold nothing; `exact` when the terminal says when a key is let go.
    #[must_use]
    pub fn new(exact: bool) -> Hands {
        Hands {
            held: Held::new(exact),
            aim_by: AimBy::Itself,
            pointer: Vec2::ZERO,
            trigger: false,
            dash: false,
            aim: 0.0,
            entry: None,
        }
    }

    /// The line being typed, if any.
    #[must_use]
    pub fn entry(&self) -> Option<&str> {
        self.entry.as_deref()
    }

    /// Takes note of an act at `now`; some acts are wishes.
    pub fn act(&mut self, now: Instant, act: Act) -> Option<Wish> {
        match act {
            Act::Down(Stroke::Interrupt) => return Some(Wish::Quit),
            Act::Down(stroke) if self.entry.is_some() => return self.type_on(stroke),
            Act::Down(stroke) => return self.stroke(now, stroke),
            Act::Up(stroke) => {
                if let Some(key) = key_of(stroke) {
                    self.held.release(key);
                }
            }
            Act::Pointer(column, line) => {
                self.pointer = Vec2::new(f32::from(column) + 0.5, f32::from(line) * 2.0 + 1.0);
                self.aim_by = AimBy::Pointer;
            }
            Act::Trigger(pulled) => self.trigger = pulled,
            Act::Dash => self.dash = true,
            Act::Blur => self.let_go(),
        }
        None
    }

    /// The input these hands give; a dash is given once.
    pub fn input(&mut self, now: Instant, sight: &Sight<'_>) -> Input {
        let way = Vec2::new(
            self.held.axis(now, Key::Left, Key::Right),
            self.held.axis(now, Key::Up, Key::Down),
        );
        let own = sight.entities.iter().find_map(|entity| match entity {
            Entity::Fighter(body) if body.player == sight.me => Some(body),
            _ => None,
        });
        if let Some(own) = own
            && let Some(direction) = self.direction(now, own, way, sight)
        {
            self.aim = direction
                .y
                .atan2(direction.x)
                .rem_euclid(core::f32::consts::TAU);
        }
        Input {
            move_x: (way.x * 127.0) as i8,
            move_y: (way.y * 127.0) as i8,
            aim: self.aim,
            fire: self.trigger || self.held.is_down(now, Key::Fire),
            dash: core::mem::take(&mut self.dash),
        }
    }

    /// Where the weapon shall point; `None` keeps it where it is.
    fn direction(&self, now: Instant, own: &Fighter, way: Vec2, sight: &Sight<'_>) -> Option<Vec2> {
        let direction = match self.aim_by {
            AimBy::Pointer => sight.camera.place(self.pointer) - own.pos,
            AimBy::Keys => Vec2::new(
                self.held.axis(now, Key::AimLeft, Key::AimRight),
                self.held.axis(now, Key::AimUp, Key::AimDown),
            ),
            AimBy::Itself => nearest_enemy(own, sight).unwrap_or(way),
        };
        (direction.length_squared() > 0.0).then_some(direction)
    }

    fn stroke(&mut self, now: Instant, stroke: Stroke) -> Option<Wish> {
        if let Some(key) = key_of(stroke) {
            if matches!(
                key,
                Key::AimUp | Key::AimDown | Key::AimLeft | Key::AimRight
            ) {
                self.aim_by = AimBy::Keys;
            }
            self.held.press(now, key);
            return None;
        }
        match stroke {
            Stroke::Char('q' | 'Q') => return Some(Wish::Quit),
            Stroke::Char('h' | 'H' | '?') => return Some(Wish::Help),
            Stroke::Tab => return Some(Wish::Board),
            Stroke::Char('e' | 'E') => self.aim_by = AimBy::Itself,
            Stroke::Char('f' | 'F' | 'x' | 'X') => self.dash = true,
            Stroke::Char('t' | 'T') | Stroke::Enter => {
                self.let_go();
                self.entry = Some(String::new());
            }
            _ => {}
        }
        None
    }

    /// A key while a line is being typed.
    fn type_on(&mut self, stroke: Stroke) -> Option<Wish> {
        let entry = self.entry.as_mut()?;
        match stroke {
            Stroke::Char(glyph) if entry.len() + glyph.len_utf8() <= CHAT_BYTES_MAX => {
                entry.push(glyph);
            }
            Stroke::Backspace => {
                entry.pop();
            }
            Stroke::Escape => self.entry = None,
            Stroke::Enter => {
                let said = self.entry.take().unwrap_or_default();
                let said = said.trim();
                return (!said.is_empty()).then(|| Wish::Say(said.to_owned()));
            }
            _ => {}
        }
        None
    }

    fn let_go(&mut self) {
        self.held.release_all();
        self.trigger = false;
    }
}

/// The keys that are held, not tapped.
fn key_of(stroke: Stroke) -> Option<Key> {
    let glyph = match stroke {
        Stroke::Arrow(key) => return Some(key),
        Stroke::Char(glyph) => glyph.to_ascii_lowercase(),
        _ => return None,
    };
    Some(match glyph {
        'w' => Key::Up,
        's' => Key::Down,
        'a' => Key::Left,
        'd' => Key::Right,
        'i' => Key::AimUp,
        'k' => Key::AimDown,
        'j' => Key::AimLeft,
        'l' => Key::AimRight,
        ' ' => Key::Fire,
        _ => return None,
    })
}

/// Towards where the nearest enemy in the line of fire will be when a bullet gets there.
fn nearest_enemy(own: &Fighter, sight: &Sight<'_>) -> Option<Vec2> {
    let enemies = sight.entities.iter().filter_map(|entity| match entity {
        kinds::Entity::Fighter(body) if body.player != sight.me && body.health > 0 => Some(body),
        _ => None,
    });
    let nearest = enemies
        .filter(|body| sight.camera.sees(body.pos, 0.0))
        .filter(|body| sight.map.is_clear(own.pos, body.pos, 4.0))
        .min_by(|a, b| {
            let distance = |body: &Fighter| body.pos.distance_squared(own.pos);
            distance(a).total_cmp(&distance(b))
        })?;
    let seconds = nearest.pos.distance(own.pos) / BULLET_SPEED;
    Some(nearest.pos + nearest.vel * seconds - own.pos)
}
