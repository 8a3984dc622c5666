//! The two ways a file is made smaller for the way to a browser.
//!
//! Never hurries: this is done once, and read by every player.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Best quality and the usual window of brotli.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW_BITS: u32 = 22;

/// Bytes of the compressor's own buffer.
const BUFFER_BYTES: usize = 64 * 1_024;

/// Brotli, for every browser of this decade.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (quality, window) = (BROTLI_QUALITY, BROTLI_WINDOW_BITS);
    let mut writer = brotli::CompressorWriter::new(Vec::new(), BUFFER_BYTES, quality, window);
    writer
        .write_all(bytes)
        .map_err(|error| format!("brotli failed: {error}"))?;
    Ok(writer.into_inner())
}

/// Gzip, for what does not ask for brotli, such as pages without TLS in some browsers.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    let written = writer.write_all(bytes).and_then(|()| writer.finish());
    written.map_err(|error| format!("gzip failed: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn both_are_read_back() {
        let text = b"a player, a player, another player ".repeat(500);
        let mut read = Vec::new();
        let small = brotli(&text).expect("brotli");
        let mut decoder = brotli::Decompressor::new(small.as_slice(), BUFFER_BYTES);
        decoder.read_to_end(&mut read).expect("what was written");
        assert_eq!(read, text);
        read.clear();
        let small = gzip(&text).expect("gzip");
        let mut decoder = flate2::read::GzDecoder::new(small.as_slice());
        decoder.read_to_end(&mut read).expect("what was written");
        assert_eq!(read, text);
    }
}
