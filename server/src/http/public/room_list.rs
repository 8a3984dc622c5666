//! The list of rooms as a page reads it.
//!
//! Never written twice: whoever asks gets the bytes that were made for the first, until the rooms
//! are others. The hub sets them twice a second.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::http::RoomRow;

/// The newest list that somebody asked for.
#[derive(Default)]
pub(super) struct RoomList(RefCell<Option<(Arc<[RoomRow]>, Bytes)>>);

impl RoomList {
    /// These rooms as JSON.
    pub(super) fn json(&self, rooms: Arc<[RoomRow]>) -> Bytes {
        let mut made = self.0.borrow_mut();
        if let Some((of, json)) = &*made
            && Arc::ptr_eq(of, &rooms)
        {
            return json.clone();
        }
        let json = Bytes::from(written(&rooms).to_string());
        *made = Some((rooms, json.clone()));
        json
    }
}

fn written(rooms: &[RoomRow]) -> Value {
    let rooms = rooms
        .iter()
        .map(|room| json!({ "name": room.name, "players": room.sessions, "seats": room.seats }));
    Value::Array(rooms.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(name: &str) -> Arc<[RoomRow]> {
        Arc::from([RoomRow {
            id: 1,
            name: name.to_owned(),
            sessions: 2,
            seats: 128,
            figures: Arc::default(),
        }])
    }

    #[test]
    fn a_list_is_written_once() {
        let (list, lobby) = (RoomList::default(), rooms("lobby"));
        let first = list.json(Arc::clone(&lobby));
        assert_eq!(first, r#"[{"name":"lobby","players":2,"seats":128}]"#);
        let again = list.json(Arc::clone(&lobby));
        assert_eq!(again.as_ptr(), first.as_ptr());
        assert!(
            list.json(rooms("other"))
                .starts_with(br#"[{"name":"other""#)
        );
        assert_eq!(list.json(lobby), first);
    }
}
