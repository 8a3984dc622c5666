//! How a pilot opens, loses and changes links.
//!
//! Never gives a session up by itself: while there is a chance of a link it goes on dialing.

use std::time::Duration;

use tickwire_link::{DialOrder, Dialed, LinkEnd, NotDialed};
use tickwire_shared::close::CloseReason;
use tickwire_shared::limits::PILOT_PACKETS_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::line::{Line, sum};
use super::reserve::{Purpose, Reserve};
use super::{Pilot, Stage};
use crate::retry::{is_final, why_again};

/// A link that gives nothing for so long gets company: another one is dialed. An idle server sends
/// ten packets a second, and one a second to a client that does not ack.
const SILENCE: Duration = Duration::from_secs(3);

/// A link in doubt gets company after so little silence: several snapshots even where a round trip
/// takes long.
const DOUBTED_SILENCE: Duration = Duration::from_millis(400);

/// How long a server may take to answer a Hello.
const JOIN_PATIENCE: Duration = Duration::from_secs(5);

impl Pilot {
    /// Moves to another transport in the middle of the game: dials while the old link plays on,
    /// then takes the session over. Without a link it dials anew at once.
    pub fn switch_transport(&mut self, only: Option<Transport>, now: Instant) {
        let before = self.proven_order();
        self.order = DialOrder { only, first: None };
        if self.line.is_none() {
            self.backoff.reset();
            return self.dial(now);
        }
        if only.is_some() && only == self.transport() {
            self.reserve = None;
            return;
        }
        self.reserve = Some(Reserve {
            purpose: Purpose::Change { before },
            since: now,
        });
        self.dialer.start(self.order);
    }

    /// Dials now instead of waiting, also after it was over.
    pub fn try_again(&mut self, now: Instant) {
        if self.line.is_none() {
            self.backoff.reset();
            self.dial(now);
        }
    }

    /// The network is perhaps another one than it was: a link that does not speak at once gets
    /// company soon, and who waits for the next attempt dials now.
    pub fn network_changed(&mut self, now: Instant) {
        self.doubt_link(now);
        if matches!(self.stage, Stage::Waiting { .. }) {
            self.try_again(now);
        }
    }

    /// See [`Pilot::network_changed`]; packets that came before say nothing about the link.
    pub(super) fn doubt_link(&mut self, now: Instant) {
        let silent = SILENCE - DOUBTED_SILENCE;
        self.line
            .iter_mut()
            .for_each(|line| line.doubt(now, silent));
    }

    pub(super) fn poll_dialer(&mut self, now: Instant) {
        let heard = self.line.as_ref().map(Line::heard);
        let needless = |reserve: &Reserve| heard.is_some_and(|at| reserve.is_needless(at));
        if self.reserve.as_ref().is_some_and(needless) {
            self.reserve = None;
        }
        match self.dialer.poll() {
            None => {}
            // Nobody waits for it any more: the old link spoke again, or the game is over.
            Some(_) if !self.is_dialing() => {}
            Some(Ok(dialed)) => self.take_over(dialed, now),
            Some(Err(failed)) => self.not_dialed(failed, now),
        }
    }

    pub(super) fn receive(&mut self, now: Instant) {
        for _ in 0..PILOT_PACKETS_MAX {
            let Some(line) = &mut self.line else { return };
            match line.try_recv(now) {
                None => return,
                Some(Err(end)) => return self.lose(now, end),
                Some(Ok((lane, bytes))) => {
                    self.heard = now;
                    self.client.receive(now, lane, &bytes);
                    if let Some(reason) = self.client.closed() {
                        return self.closed_by_client(now, reason);
                    }
                }
            }
        }
    }

    pub(super) fn transmit(&mut self, now: Instant) {
        let Some(line) = &mut self.line else { return };
        while let Some(packet) = self.client.poll_transmit() {
            if let Err(error) = line.send(now, packet.lane, packet.bytes) {
                let end = LinkEnd::Lost(error.to_string());
                return self.lose(now, end);
            }
        }
    }

    /// What the passing of time alone brings about.
    pub(super) fn judge(&mut self, now: Instant) {
        match self.stage {
            Stage::Waiting { until } if now >= until => self.dial(now),
            Stage::Joining if now.since(self.since) > JOIN_PATIENCE => {
                let words = "the server did not answer in time".to_owned();
                self.lose(now, LinkEnd::Lost(words));
            }
            Stage::Playing => self.judge_silence(now),
            _ => {}
        }
    }

    /// The server let the client in.
    pub(super) fn joined(&mut self, now: Instant) {
        self.set_stage(Stage::Playing, now);
        self.backoff.reset();
        self.why.clear();
        if let Some(lost_at) = self.lost_at.take() {
            let seconds = now.since(lost_at).as_secs_f32();
            let title = self.transport().map_or("", Transport::title);
            self.notify(format!("Back after {seconds:.1} s, over {title}."));
        }
        if !core::mem::replace(&mut self.was_in, true) {
            self.explain();
        }
    }

    /// Says why the game is played over TCP although nobody asked for it: it feels slower there.
    fn explain(&mut self) {
        let fell_back = self.order.only.is_none() && self.transport() == Some(Transport::WebSocket);
        let mut others = self.attempts.iter().filter_map(|attempt| {
            let words = attempt.outcome.as_ref().err()?;
            Some(format!("{}: {words}", attempt.transport))
        });
        if let Some(why) = others.next().filter(|_| fell_back) {
            self.notify(format!("Playing over WebSocket. {why}."));
        }
    }

    pub(super) fn end(&mut self, now: Instant, reason: CloseReason, why: String) {
        self.retire(reason);
        self.reserve = None;
        self.why = why;
        self.set_stage(Stage::Over, now);
    }

    /// What the link that is there was dialed with: a change under way has not worked yet.
    fn proven_order(&self) -> DialOrder {
        match self.reserve.map(|reserve| reserve.purpose) {
            Some(Purpose::Change { before }) => before,
            _ => self.order,
        }
    }

    fn is_dialing(&self) -> bool {
        self.stage == Stage::Dialing || self.reserve.is_some()
    }

    fn judge_silence(&mut self, now: Instant) {
        let silent_since = self.line.as_ref().map(Line::heard);
        if self.reserve.is_none() && silent_since.is_some_and(|at| now.since(at) > SILENCE) {
            self.reserve = Some(Reserve {
                purpose: Purpose::Silence,
                since: now,
            });
            self.dialer.start(self.order);
        }
    }

    /// A new link: the session goes on there.
    fn take_over(&mut self, dialed: Dialed, now: Instant) {
        let changed = self.reserve.take().map(|reserve| reserve.purpose);
        self.attempts = dialed.attempts;
        self.retire(CloseReason::LinkLost);
        let line = Line::new(dialed.link, self.network, now);
        if let Some(Purpose::Change { .. }) = changed {
            self.notify(format!("Now on {}.", line.transport().title()));
        } else if changed.is_some() {
            self.lost_at.get_or_insert(self.heard);
        }
        self.line = Some(line);
        self.links += 1;
        self.heard = now;
        self.client.reconnect(now);
        self.set_stage(Stage::Joining, now);
    }

    fn not_dialed(&mut self, failed: NotDialed, now: Instant) {
        self.attempts = failed.attempts;
        match self.reserve.take().map(|reserve| reserve.purpose) {
            None => self.wait(now, failed.words),
            Some(Purpose::Change { before }) => {
                self.order = before;
                let stays = self.transport().map_or("", Transport::title);
                self.notify(format!("{} You stay on {stays}.", sentence(&failed.words)));
                if self.line.is_none() {
                    self.wait(now, failed.words);
                }
            }
            // The silent link ends by itself, or speaks again; meanwhile the next attempt.
            Some(Purpose::Silence) => self.line.iter_mut().for_each(|line| line.excuse(now)),
        }
    }

    /// The client has read why it is out, or could not read what it got.
    fn closed_by_client(&mut self, now: Instant, reason: CloseReason) {
        if let Some(line) = &mut self.line {
            line.close(reason);
        }
        let words = String::new();
        self.lose(now, LinkEnd::Closed { reason, words });
    }

    fn lose(&mut self, now: Instant, end: LinkEnd) {
        let played = self.stage == Stage::Playing;
        self.retire(end.reason());
        self.client.link_closed(end.reason());
        if is_final(end.reason()) {
            return self.end(now, end.reason(), end.to_string());
        }
        if self.was_in {
            self.lost_at.get_or_insert(now);
        }
        let why = why_again(&end);
        self.why = sentence(&why);
        match (&self.reserve, played) {
            // The attempt under way is the next link, whatever it was for.
            (Some(reserve), _) => {
                if let Purpose::Change { before } = reserve.purpose {
                    self.order = before;
                }
                self.reserve = None;
                self.set_stage(Stage::Dialing, now);
            }
            (None, true) => self.dial(now),
            (None, false) => self.wait(now, why),
        }
    }

    fn retire(&mut self, reason: CloseReason) {
        if let Some(mut line) = self.line.take() {
            line.close(reason);
            self.past = sum(self.past, line.traffic());
        }
    }

    fn dial(&mut self, now: Instant) {
        self.reserve = None;
        self.dialer.start(self.order);
        self.set_stage(Stage::Dialing, now);
    }

    fn wait(&mut self, now: Instant, why: String) {
        self.why = sentence(&why);
        let until = now + self.backoff.next_wait();
        self.set_stage(Stage::Waiting { until }, now);
    }

    fn set_stage(&mut self, stage: Stage, now: Instant) {
        self.stage = stage;
        self.since = now;
    }
}

/// Words of an error as a sentence: a capital in front, a full stop behind.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    let ends = words.ends_with(['.', '!', '?', ')']) || words.is_empty();
    let stop = if ends { "" } else { "." };
    format!("{}{}{stop}", first.unwrap_or_default(), rest.as_str())
}
