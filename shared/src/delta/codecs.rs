//! The ends of [`code_row`](crate::delta::code_row): what writes rows, reads them, and counts their
//! symbols.
//!
//! Never knows a kind: which word comes next is decided there.

use crate::bits::{BitReader, BitWriter};
use crate::delta::DeltaError;
use crate::delta::places::Place;
use crate::delta::row::RowCodec;
use crate::delta::tables::{Counts, PLAIN, Table};

/// Writes rows.
#[derive(Debug)]
pub struct RowWriter<'a>(pub &'a mut BitWriter);

impl RowCodec for RowWriter<'_> {
    #[inline]
    fn bit(&mut self, value: bool) -> Result<bool, DeltaError> {
        self.0.put_bool(value);
        Ok(value)
    }

    #[inline]
    fn plain(&mut self, value: u32, bits: u8) -> Result<u32, DeltaError> {
        self.0.put(value, bits);
        Ok(value)
    }

    #[inline]
    fn residual(
        &mut self,
        table: &Table,
        _: Place,
        folded: Option<u32>,
    ) -> Result<Option<u32>, DeltaError> {
        let Some(z) = folded else {
            table.write(self.0, PLAIN);
            return Ok(None);
        };
        let length = 32 - z.leading_zeros();
        table.write(self.0, length as usize);
        if length > 1 {
            self.0.put(z, (length - 1) as u8);
        }
        Ok(folded)
    }

    fn position(&self) -> Option<usize> {
        Some(self.0.bit_len())
    }

    fn rewind(&mut self, position: usize) {
        self.0.truncate(position);
    }
}

/// Reads rows.
#[derive(Debug)]
pub struct RowReader<'a, 'b>(pub &'a mut BitReader<'b>);

impl RowCodec for RowReader<'_, '_> {
    #[inline]
    fn bit(&mut self, _: bool) -> Result<bool, DeltaError> {
        Ok(self.0.take_bool()?)
    }

    #[inline]
    fn plain(&mut self, _: u32, bits: u8) -> Result<u32, DeltaError> {
        Ok(self.0.take(bits)?)
    }

    #[inline]
    fn residual(
        &mut self,
        table: &Table,
        _: Place,
        _: Option<u32>,
    ) -> Result<Option<u32>, DeltaError> {
        let symbol = table.read(self.0)?;
        match symbol {
            PLAIN => Ok(None),
            0 | 1 => Ok(Some(symbol as u32)),
            length => {
                let low = self.0.take((length - 1) as u8)?;
                Ok(Some(1 << (length - 1) | low))
            }
        }
    }

    fn position(&self) -> Option<usize> {
        None
    }

    fn rewind(&mut self, _: usize) {}
}

/// Counts the symbols rows would need, for training.
#[derive(Debug)]
pub struct RowCounter<'a>(pub &'a mut Counts);

impl RowCodec for RowCounter<'_> {
    fn bit(&mut self, value: bool) -> Result<bool, DeltaError> {
        Ok(value)
    }

    fn plain(&mut self, value: u32, _: u8) -> Result<u32, DeltaError> {
        Ok(value)
    }

    fn residual(
        &mut self,
        _: &Table,
        place: Place,
        folded: Option<u32>,
    ) -> Result<Option<u32>, DeltaError> {
        let symbol = folded.map_or(PLAIN, |z| (32 - z.leading_zeros()) as usize);
        self.0.count(place, symbol);
        Ok(folded)
    }

    fn position(&self) -> Option<usize> {
        None
    }

    fn rewind(&mut self, _: usize) {}
}
