//! What a player types: a line for what is open, or a command.
//!
//! Never sends a line the server would refuse for its form: that is said at once.

use tickwire_arena::Arena;
use tickwire_shared::chat::slash::{self, Deed, Least, Place as Where, Slash, Typed};
use tickwire_shared::chat::{check_line, check_reason};
use tickwire_shared::client::Client;
use tickwire_shared::id::LogId;
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, Manner, Neighbour, Role, Sanction, Scope, Whom,
};

use super::act::ask;
use super::model::to_account;
use super::{Panel, Place, Shelf};
use crate::limits::OFFERED_MAX;

/// The commands that begin with what was typed, as they are written, and what they do. Those for
/// moderators are offered to moderators.
#[must_use]
pub fn complete(typed: &str, role: Role) -> Vec<(&'static str, &'static str)> {
    if !typed.starts_with('/') || typed.contains(char::is_whitespace) {
        return Vec::new();
    }
    let fits = |usage: &str| {
        usage
            .split(' ')
            .next()
            .is_some_and(|word| word.starts_with(typed))
    };
    let all = offered(role).filter(|(usage, _)| fits(usage));
    all.take(OFFERED_MAX).collect()
}

/// The commands for players of a role.
fn offered(role: Role) -> impl Iterator<Item = (&'static str, &'static str)> {
    let most = match role {
        Role::Player | Role::Bot => Least::Player,
        Role::Moderator => Least::Moderator,
        Role::Admin => Least::Admin,
    };
    let all = slash::HELP.into_iter();
    let all = all.filter(move |(.., least)| *least <= most);
    all.map(|(usage, what, _)| (usage, what))
}

impl Panel {
    /// Says a line where the player is, or does what a command says.
    ///
    /// # Errors
    /// What to write instead, as a sentence. Nothing was sent then.
    pub fn enter(&mut self, client: &mut Client<Arena>, typed: &str) -> Result<(), String> {
        match slash::read(typed).map_err(|fault| fault.to_string())? {
            Typed::Line(text) => self.say_here(client, Manner::Said, &text),
            Typed::Command(command) => self.command(client, command),
        }
    }

    fn say_here(
        &mut self,
        client: &mut Client<Arena>,
        manner: Manner,
        text: &str,
    ) -> Result<(), String> {
        let place = self.open.ok_or("Wait until the room is there.")?;
        let to = self.address(place).ok_or("Open another chat first.")?;
        self.say(client, to, Some(place), manner, text)
    }

    fn say(
        &mut self,
        client: &mut Client<Arena>,
        to: Address,
        place: Option<Place>,
        manner: Manner,
        text: &str,
    ) -> Result<(), String> {
        check_line(text).map_err(|fault| format!("Not said: {fault}."))?;
        let words = "Not said: there is no link now, or too much is unsaid already.";
        let client_id = client.say(to, manner, text).ok_or(words)?;
        // What is no longer on its way out needs no place.
        let waiting: Vec<u64> = client.talk().waiting().map(|line| line.client_id).collect();
        self.said.retain(|id, _| waiting.contains(id));
        self.said.insert(client_id, place);
        self.changed();
        Ok(())
    }

    fn command(&mut self, client: &mut Client<Arena>, command: Slash) -> Result<(), String> {
        match command {
            Slash::Whisper { to, text } => self.whisper_to(client, &to, &text),
            Slash::Reply(text) => {
                let to = self.last_whisper.ok_or("Nobody has whispered to you.")?;
                self.whisper_to_account(client, to, &text)
            }
            Slash::Say(place, text) => self.say_at(client, place, &text),
            Slash::Emote(text) => self.say_here(client, Manner::Emote, &text),
            Slash::NewParty => ask(client, Ask::Party),
            Slash::NewGroup(title) => {
                let name = BoundedStr::new(&title).map_err(|_| "That name is too long.")?;
                ask(client, Ask::Group { name })
            }
            Slash::Invite(whom) => {
                let (log, whom) = (self.circle(client)?, self.whom(client, &whom)?);
                ask(client, Ask::Invite { log, whom })
            }
            Slash::Accept => {
                let open = client.talk().invitations();
                let newest = self.invited.iter().rev().find(|log| open.contains_key(log));
                let log = *newest.ok_or("Nobody has invited you.")?;
                ask(client, Ask::Accept { log })
            }
            Slash::Leave => {
                let log = self.circle(client)?;
                ask(client, Ask::Leave { log })
            }
            Slash::Block(name, on) => {
                let whom = self.neighbour(client, &name, |one| one.blocked && !on)?;
                ask(client, Ask::Block { whom, on })
            }
            Slash::Follow(name, on) => {
                let whom = self.neighbour(client, &name, |one| one.followed && !on)?;
                if matches!(whom, Whom::Account(account) if on && client.talk().hides(account)) {
                    return Err(format!(
                        "You hear nothing from {name}: /unblock {name} first."
                    ));
                }
                ask(client, Ask::Follow { whom, on })
            }
            Slash::Blocked => {
                let blocked = self.blocked_in_words(client);
                blocked.iter().for_each(|words| self.note(words));
                Ok(())
            }
            Slash::Report(why) => self.report(client, &why),
            Slash::React(sign) => self.react_to_newest(client, &sign),
            Slash::People => {
                let people = self.people_in_words(client);
                people.iter().for_each(|words| self.note(words));
                Ok(())
            }
            Slash::Moderate { whom, deed, why } => self.moderate(client, &whom, deed, &why),
            Slash::Slow(seconds) => {
                let log = self.open_log().ok_or("Open a chat first.")?;
                ask(client, Ask::SlowMode { log, seconds })
            }
            Slash::Help => {
                self.help(client);
                Ok(())
            }
        }
    }

    fn whisper_to(
        &mut self,
        client: &mut Client<Arena>,
        to: &str,
        text: &str,
    ) -> Result<(), String> {
        if let Some(account) = self.account_named(client, to) {
            return self.whisper_to_account(client, account, text);
        }
        let name = BoundedStr::new(to).map_err(|_| "That name is too long.")?;
        let to = Address::Whisper(Whom::Name(name));
        self.say(client, to, None, Manner::Said, text)
    }

    fn whisper_to_account(
        &mut self,
        client: &mut Client<Arena>,
        account: tickwire_shared::id::AccountId,
        text: &str,
    ) -> Result<(), String> {
        let log = client.talk().whisper_with(account);
        let place = log.map_or(Place::New(account), |(id, _)| Place::Log(id));
        self.say(client, to_account(account), Some(place), Manner::Said, text)?;
        if !self.stays {
            self.whisper(client, account);
        }
        Ok(())
    }

    fn say_at(
        &mut self,
        client: &mut Client<Arena>,
        place: Where,
        text: &str,
    ) -> Result<(), String> {
        let (log, missing) = self.log_of(client, place);
        let log = log.ok_or(missing)?;
        let to = self.address(Place::Log(log)).ok_or(missing)?;
        self.say(client, to, Some(Place::Log(log)), Manner::Said, text)?;
        if !self.stays {
            self.show(client, Place::Log(log));
        }
        Ok(())
    }

    fn log_of(&self, client: &Client<Arena>, place: Where) -> (Option<LogId>, &'static str) {
        let (is_it, missing): (fn(&Scope) -> bool, _) = match place {
            Where::Room => (
                |scope| matches!(scope, Scope::Room { .. }),
                "You are in no room.",
            ),
            Where::Team => (
                |scope| matches!(scope, Scope::Team { .. }),
                "There are no teams here.",
            ),
            Where::Near => (
                |scope| matches!(scope, Scope::Near),
                "Nobody can be heard nearby here.",
            ),
            Where::Party => (
                |scope| matches!(scope, Scope::Party),
                "You are in no party: /party makes one.",
            ),
            Where::Group => (
                |scope| matches!(scope, Scope::Group { .. }),
                "You are in no group: /group NAME makes one.",
            ),
            Where::Server => (
                |scope| matches!(scope, Scope::Server),
                "Announcements are not open.",
            ),
        };
        (client.talk().find(is_it).map(|(log, _)| log), missing)
    }

    fn report(&mut self, client: &mut Client<Arena>, why: &str) -> Result<(), String> {
        check_reason(why).map_err(|fault| format!("Not reported: {fault}."))?;
        let log = self.open_log().ok_or("Open a chat first.")?;
        let mut others = self.open_shelf().into_iter().flat_map(|shelf| {
            let lines = shelf.lines().rev();
            lines.filter(|shown| !shown.mine)
        });
        let line = others.next().ok_or("Nobody else has said anything here.")?;
        let (offset, why) = (line.line.offset, BoundedStr::cut(why));
        ask(client, Ask::Report { log, offset, why })
    }

    /// Puts a sign under the newest line, or takes the player's own away.
    fn react_to_newest(&self, client: &mut Client<Arena>, sign: &str) -> Result<(), String> {
        let mut lines = self.open_shelf().into_iter().flat_map(Shelf::lines).rev();
        let newest = lines.find(|shown| !client.talk().hides(shown.line.from));
        let newest = newest.ok_or("Nothing was said here yet.")?;
        let mut signs = newest.reactions.iter();
        let is_mine = signs.any(|known| known.mine && known.sign.as_str() == sign);
        self.react(client, newest.line.offset, sign, !is_mine);
        Ok(())
    }

    fn moderate(
        &mut self,
        client: &mut Client<Arena>,
        whom: &str,
        deed: Deed,
        why: &str,
    ) -> Result<(), String> {
        check_reason(why).map_err(|fault| format!("Not done: {fault}."))?;
        let (sanction, seconds) = match deed {
            Deed::Shadow(seconds) => (Sanction::Shadow, seconds),
            Deed::Mute(seconds) => (Sanction::Mute, seconds),
            Deed::Kick => (Sanction::Kick, 0),
            Deed::Ban(seconds) => (Sanction::Ban, seconds),
        };
        let sanction = Ask::Sanction {
            whom: self.whom(client, whom)?,
            sanction,
            seconds,
            why: BoundedStr::cut(why),
        };
        ask(client, sanction)
    }

    fn whom(&self, client: &Client<Arena>, name: &str) -> Result<Whom, String> {
        if let Some(account) = self.account_named(client, name) {
            return Ok(Whom::Account(account));
        }
        let long = format!("A name has at most {NAME_BYTES_MAX} bytes.");
        BoundedStr::new(name).map(Whom::Name).map_err(|_| long)
    }

    /// Whom a name means where something is to end: of those it holds for, who may be gone, else
    /// as elsewhere.
    fn neighbour(
        &self,
        client: &Client<Arena>,
        name: &str,
        holds: impl Fn(&Neighbour) -> bool,
    ) -> Result<Whom, String> {
        let mut all = client.talk().neighbours().filter(|one| holds(one));
        let known = all.find(|one| one.name.to_lowercase() == name.to_lowercase());
        match known {
            Some(known) => Ok(Whom::Account(known.account)),
            None => self.whom(client, name),
        }
    }

    fn help(&mut self, client: &Client<Arena>) {
        let all: Vec<_> = offered(client.talk().role()).collect();
        if self.stays {
            self.help = Some(all);
            return;
        }
        for (usage, what) in all {
            self.note(&format!("{usage}  –  {what}"));
        }
    }
}
