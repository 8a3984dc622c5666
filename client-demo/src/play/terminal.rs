//! The player's terminal: shows pictures, hears keys and mouse, and is left as it was found.
//!
//! Never knows what a picture means.

use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::time::Duration;

use crossterm::event::{
    self, DisableFocusChange, DisableMouseCapture, EnableFocusChange, EnableMouseCapture, Event,
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, KeyboardEnhancementFlags, MouseButton,
    MouseEventKind, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::{Color, Print, SetBackgroundColor, SetForegroundColor};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::canvas::{Canvas, Cell, Rgb};
use super::hands::{Act, Stroke};
use super::held::Key;
use crate::limits::TERMINAL_ACTS_MAX;

/// Cells a picture has at the most in each direction; a larger terminal shows a border.
const COLUMNS_MAX: u16 = 240;
const LINES_MAX: u16 = 80;

/// The terminal, taken over until this is dropped.
pub struct Terminal {
    out: Stdout,
    shown: Vec<Cell>,
    size: (usize, usize),
    full_colour: bool,
    exact_keys: bool,
}

impl Terminal {
    /// Takes over the terminal.
    ///
    /// # Errors
    /// When standard output is no terminal or refuses.
    pub fn open() -> io::Result<Terminal> {
        if !stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(io::Error::other("play needs a terminal"));
        }
        restore_on_panic();
        terminal::enable_raw_mode()?;
        let exact_keys = terminal::supports_keyboard_enhancement().unwrap_or(false);
        let mut out = stdout();
        execute!(
            out,
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableFocusChange,
            cursor::Hide
        )?;
        if exact_keys {
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                | KeyboardEnhancementFlags::REPORT_EVENT_TYPES
                | KeyboardEnhancementFlags::REPORT_ALL_KEYS_AS_ESCAPE_CODES;
            execute!(out, PushKeyboardEnhancementFlags(flags))?;
        }
        let colours = std::env::var("COLORTERM").unwrap_or_default();
        Ok(Terminal {
            out,
            shown: Vec::new(),
            size: (0, 0),
            full_colour: colours == "truecolor" || colours == "24bit",
            exact_keys,
        })
    }

    /// Whether the terminal says when a key is let go.
    #[must_use]
    pub fn has_exact_keys(&self) -> bool {
        self.exact_keys
    }

    /// Columns and lines a picture should have now.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let (columns, lines) = terminal::size().unwrap_or((80, 24));
        let (columns, lines) = (columns.min(COLUMNS_MAX), lines.min(LINES_MAX));
        (usize::from(columns.max(20)), usize::from(lines.max(8)))
    }

    /// Shows a picture; only cells that changed are sent.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, canvas: &Canvas) -> io::Result<()> {
        let size = (canvas.columns(), canvas.lines());
        if self.size != size {
            self.size = size;
            self.shown.clear();
            queue!(self.out, terminal::Clear(terminal::ClearType::All))?;
        }
        let cells: Vec<Cell> = (0..size.1)
            .flat_map(|line| (0..size.0).map(move |column| canvas.cell(column, line)))
            .collect();
        let mut bytes = Vec::new();
        let (mut ink, mut paper, mut next) = (None, None, usize::MAX);
        for (at, cell) in cells.iter().enumerate() {
            if self.shown.get(at) == Some(cell) {
                continue;
            }
            if at != next || at % size.0 == 0 {
                queue!(
                    bytes,
                    cursor::MoveTo((at % size.0) as u16, (at / size.0) as u16)
                )?;
            }
            if paper != Some(cell.paper) {
                queue!(bytes, SetBackgroundColor(self.colour(cell.paper)))?;
                paper = Some(cell.paper);
            }
            if ink != Some(cell.ink) && cell.glyph != ' ' {
                queue!(bytes, SetForegroundColor(self.colour(cell.ink)))?;
                ink = Some(cell.ink);
            }
            queue!(bytes, Print(cell.glyph))?;
            next = at + 1;
        }
        self.shown = cells;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }

    fn colour(&self, Rgb(r, g, b): Rgb) -> Color {
        if self.full_colour {
            return Color::Rgb { r, g, b };
        }
        let step = |part: u8| match part {
            0..=47 => 0,
            48..=114 => 1,
            _ => (part - 35) / 40,
        };
        let spread = r.max(g).max(b) - r.min(g).min(b);
        if spread < 14 && (8..=238).contains(&r) {
            return Color::AnsiValue(232 + (r - 8) / 10);
        }
        Color::AnsiValue(16 + 36 * step(r) + 6 * step(g) + step(b))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore(self.exact_keys);
    }
}

/// Gives the terminal back. Errors are of no use here: the terminal is gone then.
fn restore(exact_keys: bool) {
    let mut out = stdout();
    if exact_keys {
        let _ = execute!(out, PopKeyboardEnhancementFlags);
    }
    let _ = execute!(
        out,
        DisableFocusChange,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = terminal::disable_raw_mode();
}

/// A panic's words must not vanish with the alternate screen.
fn restore_on_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore(true);
        usual(info);
    }));
}

/// Hears keys and mouse on a thread of its own; the thread ends when the receiver is dropped.
#[must_use]
pub fn listen() -> Receiver<Act> {
    let (sender, receiver) = channel(TERMINAL_ACTS_MAX);
    std::thread::spawn(move || hear(&sender));
    receiver
}

fn hear(sender: &Sender<Act>) {
    while !sender.is_closed() {
        match event::poll(Duration::from_millis(100)) {
            Ok(false) => continue,
            Ok(true) => {}
            Err(_) => return,
        }
        let Ok(happened) = event::read() else {
            return;
        };
        if let Some(act) = act_of(&happened) {
            let _ = sender.try_send(act);
        }
    }
}

fn act_of(happened: &Event) -> Option<Act> {
    match happened {
        Event::Key(key) => key_act(key),
        Event::FocusLost => Some(Act::Blur),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Act::Trigger(true)),
            MouseEventKind::Up(MouseButton::Left) => Some(Act::Trigger(false)),
            MouseEventKind::Down(_) => Some(Act::Dash),
            MouseEventKind::Moved | MouseEventKind::Drag(_) => {
                Some(Act::Pointer(mouse.column, mouse.row))
            }
            _ => None,
        },
        _ => None,
    }
}

fn key_act(key: &KeyEvent) -> Option<Act> {
    let stroke = match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Stroke::Interrupt,
        KeyCode::Char(glyph) => Stroke::Char(glyph),
        KeyCode::Up => Stroke::Arrow(Key::Up),
        KeyCode::Down => Stroke::Arrow(Key::Down),
        KeyCode::Left => Stroke::Arrow(Key::Left),
        KeyCode::Right => Stroke::Arrow(Key::Right),
        KeyCode::Enter => Stroke::Enter,
        KeyCode::Backspace => Stroke::Backspace,
        KeyCode::Esc => Stroke::Escape,
        KeyCode::Tab => Stroke::Tab,
        _ => return None,
    };
    Some(match key.kind {
        KeyEventKind::Release => Act::Up(stroke),
        KeyEventKind::Press | KeyEventKind::Repeat => Act::Down(stroke),
    })
}
