//! Coverage-guided runs of `tickwire_tests::fuzz::words::target`.
//! It asserts nothing of its own.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_tests::fuzz::words::target(bytes));
