//! Applies every rule to the workspace. A failure lists each place.

use std::fs;

use tickwire_tidy::source::{self, Source};
use tickwire_tidy::{Violation, docs, imports, lock, shape, words};

fn check(rule: impl Fn(&Source) -> Vec<Violation>) {
    let sources = source::read_tree(&source::workspace_root()).expect("the tree can be read");
    assert!(
        sources.len() > 20,
        "only {} files were found",
        sources.len()
    );
    report(sources.iter().flat_map(rule).collect());
}

fn report(found: Vec<Violation>) {
    let list: Vec<String> = found.iter().map(Violation::to_string).collect();
    assert!(
        list.is_empty(),
        "{} places:\n{}",
        list.len(),
        list.join("\n")
    );
}

#[test]
fn nobody_imports_what_the_table_forbids() {
    check(imports::forbidden_imports);
}

#[test]
fn only_the_few_read_a_clock() {
    check(imports::stray_clock_reads);
}

#[test]
fn files_and_functions_keep_their_shape() {
    check(shape::misshapen);
}

#[test]
fn no_unwanted_word_stands_in_the_tree() {
    check(words::unwanted);
}

#[test]
fn the_lock_file_keeps_its_pins() {
    let file = source::workspace_root().join("Cargo.lock");
    report(lock::unwanted_packages(
        &fs::read_to_string(file).expect("it is committed"),
    ));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = source::workspace_root();
    check(|source| docs::broken_links(source, |path| root.join(path).exists()));
}

#[test]
fn code_in_documents_is_the_code_of_the_tree() {
    let root = source::workspace_root();
    check(|source| docs::stale_copies(source, |path| fs::read_to_string(root.join(path)).ok()));
}
