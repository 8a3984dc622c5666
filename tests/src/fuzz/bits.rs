//! The bit reader and writer under any bytes.
//!
//! The bytes are both the stream that is read and the list of widths it is read with.

use tickwire_shared::bits::{BitReader, BitWriter};

/// Reads the bytes in widths they name themselves: what was read, written again, gives the same
/// bits, and the end is refused without moving.
///
/// # Panics
/// When one of these does not hold.
pub fn target(bytes: &[u8]) {
    let (mut reader, mut writer) = (BitReader::new(bytes), BitWriter::new());
    for byte in bytes.iter().cycle() {
        let width = byte % 33;
        let before = reader.bit_position();
        let Ok(value) = reader.take(width) else {
            assert_eq!(reader.bit_position(), before, "a refused read moved");
            assert!(
                before + usize::from(width) > bytes.len() * 8,
                "refused too early"
            );
            break;
        };
        assert_eq!(reader.bit_position(), before + usize::from(width));
        assert!(
            width == 32 || value >> width == 0,
            "more bits than asked for"
        );
        writer.put(value, width);
        if width == 0 && bytes.iter().all(|byte| byte % 33 == 0) {
            break;
        }
    }
    check_written(bytes, &reader, &mut writer);
    truncates(bytes);
}

fn check_written(bytes: &[u8], reader: &BitReader<'_>, writer: &mut BitWriter) {
    let bits = reader.bit_position();
    assert_eq!(writer.bit_len(), bits);
    let written = writer.finish();
    let whole = bits / 8;
    assert_eq!(&written[..whole], &bytes[..whole], "rewritten bits differ");
    if !bits.is_multiple_of(8) {
        let mask = (1u8 << (bits % 8)) - 1;
        assert_eq!(written[whole], bytes[whole] & mask, "the last bits differ");
    }
}

/// Taking back the end of what was written leaves exactly its beginning.
fn truncates(bytes: &[u8]) {
    let Some((&cut, rest)) = bytes.split_first() else {
        return;
    };
    let mut whole = BitWriter::new();
    let mut part = BitWriter::new();
    let mut end = 0;
    for (at, &byte) in rest.iter().take(64).enumerate() {
        let width = 1 + byte % 32;
        let value = u32::from(byte).wrapping_mul(0x0101_0101);
        whole.put(value, width);
        if at < usize::from(cut % 64) {
            part.put(value, width);
            end += usize::from(width);
        }
    }
    whole.truncate(end);
    assert_eq!(whole.finish(), part.finish(), "truncated to {end} bits");
}

/// Streams with every width in them.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    vec![
        (0..=255).collect(),
        vec![0; 40],
        vec![255; 40],
        vec![32; 9],
        Vec::new(),
    ]
}
