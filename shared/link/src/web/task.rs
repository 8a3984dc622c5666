//! Work that goes on while the page does other things, and ends with its owner.
//!
//! Never blocks: a browser has one thread, and everything here is resumed by a callback.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, millis: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Work under way. Dropping it ends the work where it stands, and drops what it held.
pub(crate) struct Task<T> {
    slot: Rc<RefCell<Slot<T>>>,
}

struct Slot<T> {
    work: Option<Pin<Box<dyn Future<Output = T>>>>,
    outcome: Option<T>,
}

impl<T: 'static> Task<T> {
    /// Starts `work`.
    pub(crate) fn start(work: impl Future<Output = T> + 'static) -> Task<T> {
        let slot = Rc::new(RefCell::new(Slot {
            work: Some(Box::pin(work)),
            outcome: None,
        }));
        let shared = Rc::clone(&slot);
        spawn_local(poll_fn(move |cx| {
            // Taken out while it runs, so that the work may look at its own task.
            let Some(mut work) = shared.borrow_mut().work.take() else {
                return Poll::Ready(());
            };
            match work.as_mut().poll(cx) {
                Poll::Ready(outcome) => {
                    shared.borrow_mut().outcome = Some(outcome);
                    Poll::Ready(())
                }
                // Its owner went away while it ran.
                Poll::Pending if Rc::strong_count(&shared) == 1 => Poll::Ready(()),
                Poll::Pending => {
                    shared.borrow_mut().work = Some(work);
                    Poll::Pending
                }
            }
        }));
        Task { slot }
    }

    /// What came of it, once; `None` while it goes on.
    pub(crate) fn outcome(&self) -> Option<T> {
        self.slot.borrow_mut().outcome.take()
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let work = self.slot.borrow_mut().work.take();
        drop(work);
    }
}

/// Waits `millis`. A hidden tab may be woken up to a second late.
pub(crate) async fn sleep(millis: u32) {
    let timer = Timer::start(millis);
    poll_fn(|cx| {
        if timer.rang.get() {
            return Poll::Ready(());
        }
        *timer.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// What `work` comes to, unless it takes longer than `millis`.
pub(crate) async fn within<T>(millis: u32, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut late) = (Box::pin(work), Box::pin(sleep(millis)));
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(outcome));
        }
        late.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// Calls `act` once after `millis`, whatever becomes of the caller.
pub(crate) fn later(millis: i32, act: impl FnOnce() + 'static) {
    let act = Closure::once_into_js(act);
    if let Some(act) = act.dyn_ref::<js_sys::Function>() {
        set_timeout(act, millis);
    }
}

/// One timer of the browser; dropping it takes it back.
struct Timer {
    handle: JsValue,
    rang: Rc<Cell<bool>>,
    waker: Rc<RefCell<Option<std::task::Waker>>>,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    fn start(millis: u32) -> Timer {
        let rang = Rc::new(Cell::new(false));
        let waker: Rc<RefCell<Option<std::task::Waker>>> = Rc::default();
        let (bell, sleeper) = (Rc::clone(&rang), Rc::clone(&waker));
        let callback = Closure::<dyn FnMut()>::new(move || {
            bell.set(true);
            if let Some(waker) = sleeper.borrow_mut().take() {
                waker.wake();
            }
        });
        let function: &js_sys::Function = callback.as_ref().unchecked_ref();
        Timer {
            handle: set_timeout(function, i32::try_from(millis).unwrap_or(i32::MAX)),
            rang,
            waker,
            _callback: callback,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}
