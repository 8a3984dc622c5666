//! A small table of entities of one kind, in the order of their ids.
//!
//! Never depends on the order in which rows came, so that a world that was loaded steps exactly
//! like the world that was saved.

use tickwire_shared::id::EntityId;

/// Rows by id, each with a mark that says whether it may have changed since the last load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table<T> {
    rows: Vec<Row<T>>,
}

#[derive(Clone, Debug)]
struct Row<T> {
    id: EntityId,
    touched: bool,
    value: T,
}

impl<T> Table<T> {
    pub fn new() -> Table<T> {
        Table { rows: Vec::new() }
    }

    /// Adds or replaces a row that the game made.
    pub fn put(&mut self, id: EntityId, value: T) {
        self.insert(id, value, true);
    }

    /// Adds or replaces a row as the mirror holds it.
    pub fn load(&mut self, id: EntityId, value: T) {
        self.insert(id, value, false);
    }

    pub fn remove(&mut self, id: EntityId) -> Option<T> {
        let at = self.find(id).ok()?;
        Some(self.rows.remove(at).value)
    }

    /// The row, to change it.
    pub fn get_mut(&mut self, id: EntityId) -> Option<&mut T> {
        let at = self.find(id).ok()?;
        let row = self.rows.get_mut(at)?;
        row.touched = true;
        Some(&mut row.value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (EntityId, &T)> {
        self.rows.iter().map(|row| (row.id, &row.value))
    }

    /// Every row that `wanted` names, to change it.
    pub fn iter_mut(
        &mut self,
        wanted: impl Fn(EntityId, &T) -> bool,
    ) -> impl Iterator<Item = (EntityId, &mut T)> {
        self.rows
            .iter_mut()
            .filter(move |row| wanted(row.id, &row.value))
            .map(|row| {
                row.touched = true;
                (row.id, &mut row.value)
            })
    }

    /// Rows that may have changed since the last load.
    pub fn touched(&self) -> impl Iterator<Item = (EntityId, &T)> {
        let touched = self.rows.iter().filter(|row| row.touched);
        touched.map(|row| (row.id, &row.value))
    }

    fn insert(&mut self, id: EntityId, value: T, touched: bool) {
        let row = Row { id, touched, value };
        match self.find(id) {
            Ok(at) => self.rows[at] = row,
            Err(at) => self.rows.insert(at, row),
        }
    }

    fn find(&self, id: EntityId) -> Result<usize, usize> {
        self.rows.binary_search_by_key(&id, |row| row.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(slot: u32) -> EntityId {
        EntityId {
            slot,
            generation: 0,
        }
    }

    #[test]
    fn keeps_the_order_of_ids_whatever_the_order_of_puts() {
        let mut table = Table::new();
        for slot in [5, 1, 3] {
            table.put(id(slot), slot);
        }
        let slots: Vec<u32> = table.iter().map(|(_, value)| *value).collect();
        assert_eq!(slots, [1, 3, 5]);
        assert_eq!(table.remove(id(3)), Some(3));
        assert_eq!(table.remove(id(3)), None);
        assert_eq!(table.iter().count(), 2);
    }

    #[test]
    fn only_what_the_game_changed_is_touched() {
        let mut table = Table::new();
        table.load(id(1), 10);
        table.load(id(2), 20);
        assert_eq!(table.touched().count(), 0);
        *table.get_mut(id(2)).expect("it is there") = 21;
        assert_eq!(table.touched().collect::<Vec<_>>(), [(id(2), &21)]);
        table.load(id(2), 21);
        assert_eq!(table.touched().count(), 0);
    }
}
