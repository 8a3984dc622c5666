//! Lists and texts that cannot be longer than their type says.
//!
//! Never allocates before the length was checked, so that a length from a stranger costs nothing.

use core::fmt;
use core::ops::Deref;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

/// The list or text is longer than the type allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "longer than its packet allows")
    }
}

impl core::error::Error for TooLong {}

/// At most `N` elements. `T` must not be a type without a size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoundedVec<T, const N: usize>(Vec<T>);

impl<T, const N: usize> BoundedVec<T, N> {
    /// Most elements it may hold.
    pub const MAX: usize = N;

    /// The elements.
    #[must_use]
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }

    /// The first elements of `items`, as many as fit.
    #[must_use]
    pub fn of_first(items: impl IntoIterator<Item = T>) -> BoundedVec<T, N> {
        BoundedVec(items.into_iter().take(N).collect())
    }
}

impl<T, const N: usize> Default for BoundedVec<T, N> {
    fn default() -> BoundedVec<T, N> {
        BoundedVec(Vec::new())
    }
}

impl<T, const N: usize> TryFrom<Vec<T>> for BoundedVec<T, N> {
    type Error = TooLong;

    fn try_from(items: Vec<T>) -> Result<BoundedVec<T, N>, TooLong> {
        if items.len() > N {
            return Err(TooLong);
        }
        Ok(BoundedVec(items))
    }
}

impl<T, const N: usize> Deref for BoundedVec<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Encode, const N: usize> Encode for BoundedVec<T, N> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u32).encode(encoder)?;
        self.0.iter().try_for_each(|item| item.encode(encoder))
    }
}

impl<C, T: Decode<C>, const N: usize> Decode<C> for BoundedVec<T, N> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        const { assert!(size_of::<T>() > 0, "elements without a size cost no bytes") };
        let length = length_below::<C, D>(decoder, N)?;
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            items.push(T::decode(decoder)?);
        }
        Ok(BoundedVec(items))
    }
}

impl<'de, C, T: Decode<C>, const N: usize> BorrowDecode<'de, C> for BoundedVec<T, N> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Decode::decode(decoder)
    }
}

/// At most `N` bytes of UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoundedStr<const N: usize>(String);

impl<const N: usize> BoundedStr<N> {
    /// The text, when it is short enough.
    ///
    /// # Errors
    /// [`TooLong`] beyond `N` bytes.
    pub fn new(text: &str) -> Result<BoundedStr<N>, TooLong> {
        if text.len() > N {
            return Err(TooLong);
        }
        Ok(BoundedStr(text.to_owned()))
    }

    /// The text, cut between two characters to what fits.
    #[must_use]
    pub fn cut(text: &str) -> BoundedStr<N> {
        BoundedStr(text[..text.floor_char_boundary(N)].to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Deref for BoundedStr<N> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Display for BoundedStr<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> Encode for BoundedStr<N> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u32).encode(encoder)?;
        self.0.bytes().try_for_each(|byte| byte.encode(encoder))
    }
}

impl<C, const N: usize> Decode<C> for BoundedStr<N> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let bytes = BoundedVec::<u8, N>::decode(decoder)?.into_inner();
        let text = String::from_utf8(bytes).map_err(|_| DecodeError::Other("not UTF-8"))?;
        Ok(BoundedStr(text))
    }
}

impl<'de, C, const N: usize> BorrowDecode<'de, C> for BoundedStr<N> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Decode::decode(decoder)
    }
}

fn length_below<C, D: Decoder<Context = C>>(
    decoder: &mut D,
    most: usize,
) -> Result<usize, DecodeError> {
    let length = <u32 as Decode<C>>::decode(decoder)? as usize;
    if length > most {
        return Err(DecodeError::Other("longer than its bound"));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(BoundedStr::<5>::cut("aé€x").as_str(), "aé");
        assert_eq!(BoundedStr::<6>::cut("aé€x").as_str(), "aé€");
        assert_eq!(BoundedStr::<6>::new("aé€x"), Err(TooLong));
    }

    #[test]
    fn a_list_is_refused_past_its_bound() {
        assert!(BoundedVec::<u8, 2>::try_from(vec![1, 2]).is_ok());
        assert_eq!(BoundedVec::<u8, 2>::try_from(vec![1, 2, 3]), Err(TooLong));
        assert_eq!(*BoundedVec::<u8, 2>::of_first([1, 2, 3]), [1, 2]);
    }
}
