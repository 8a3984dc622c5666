//! One handler of one event, as long as it is kept.
//!
//! Never outlives its owner: dropping it takes the handler off the target.

use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

/// A handler on an event target; dropped, it is taken off.
pub(super) struct Listener {
    target: EventTarget,
    event: &'static str,
    handler: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `act` at each `event` of `target`.
    pub(super) fn on(
        target: &EventTarget,
        event: &'static str,
        act: impl FnMut(Event) + 'static,
    ) -> Listener {
        let handler = Closure::<dyn FnMut(Event)>::new(act);
        // Only an invalid `this` is refused, and a target is one by its type.
        let _ = target.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
        Listener {
            target: target.clone(),
            event,
            handler,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let handler = self.handler.as_ref().unchecked_ref();
        let removed = self
            .target
            .remove_event_listener_with_callback(self.event, handler);
        debug_assert!(removed.is_ok());
    }
}
