//! What a bench is told on its command line.
//!
//! Never knows what a bench measures, and never lets an argument pass that nobody knows.

use std::slice::Iter;

/// Goes through the arguments: `take` gets each, and what follows, and says whether it knows it.
/// `usage` ends the sentence about one that it does not.
///
/// # Errors
/// A sentence for whoever started the bench.
pub fn read<T: Default>(
    args: &[String],
    usage: &str,
    take: impl Fn(&mut T, &str, &mut Iter<'_, String>) -> Result<bool, String>,
) -> Result<T, String> {
    let mut options = T::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        // Cargo says `--bench` to every bench.
        if arg != "--bench" && !take(&mut options, arg, &mut rest)? {
            return Err(format!("unknown argument `{arg}`: use {usage}"));
        }
    }
    Ok(options)
}

/// The value of an argument, which follows it.
///
/// # Errors
/// There is none.
pub fn value(arg: &str, rest: &mut Iter<'_, String>) -> Result<String, String> {
    let value = rest.next().cloned();
    value.ok_or_else(|| format!("{arg} needs a value"))
}
