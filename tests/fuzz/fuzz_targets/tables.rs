//! Coverage-guided fuzzing of `tickwire_tests::fuzz::text::tables_target`; asserts what that asserts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_tests::fuzz::text::tables_target(bytes));
