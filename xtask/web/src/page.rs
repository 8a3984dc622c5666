//! Which files make the page: the client with its glue, and what is written by hand.
//!
//! Never minifies: after brotli that would save a few hundred bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::folder::Folder;

/// What is written by hand: file, name and ending. A script comes after those it imports.
const WRITTEN: [(&str, &str, &str); 7] = [
    ("style.css", "style", "css"),
    ("chat.css", "chat", "css"),
    ("lines.js", "lines", "js"),
    ("people.js", "people", "js"),
    ("chat.js", "chat", "js"),
    ("boot.js", "boot", "js"),
    ("icon.svg", "icon", "svg"),
];

/// The client as a browser loads it.
pub struct Client {
    wasm: Vec<u8>,
    glue: String,
    /// Scripts of libraries, by the path under which the glue imports them.
    snippets: BTreeMap<String, String>,
}

/// Writes the JavaScript around the wasm that the compiler made.
///
/// # Errors
///
/// What wasm-bindgen said.
pub fn bind(wasm: &Path) -> Result<Client, String> {
    let told = |error| format!("{}: {error:#}", wasm.display());
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name("client")
        .typescript(false)
        .remove_name_section(true);
    let bindgen = bindgen.web(true).map_err(told)?;
    let mut output = bindgen.generate_output().map_err(told)?;
    let mut snippets = BTreeMap::new();
    for (library, scripts) in output.snippets() {
        for (number, script) in scripts.iter().enumerate() {
            let path = format!("./snippets/{library}/inline{number}.js");
            snippets.insert(path, script.clone());
        }
    }
    for (path, script) in output.local_modules() {
        snippets.insert(format!("./snippets/{path}"), script.clone());
    }
    Ok(Client {
        glue: output.js().to_owned(),
        wasm: output.wasm_mut().emit_wasm(),
        snippets,
    })
}

/// Names the client's files by their content, then those that name them, up to `index.html`.
///
/// # Errors
///
/// A file of the page that is missing, or that does not name what it should.
pub fn assemble(client: &Client, page: &Path, folder: &mut Folder) -> Result<(), String> {
    let mut glue = client.glue.clone();
    // A library may bring scripts that this client has no use for.
    for (path, script) in client
        .snippets
        .iter()
        .filter(|(path, _)| client.glue.contains(*path))
    {
        let name = folder.add_hashed("snippet", "js", script.as_bytes())?;
        glue = glue.replace(path, &format!("./{name}"));
    }
    let mut named = vec![
        (
            "client.wasm",
            folder.add_hashed("client", "wasm", &client.wasm)?,
        ),
        (
            "client.js",
            folder.add_hashed("client", "js", glue.as_bytes())?,
        ),
    ];
    for (file, stem, ending) in WRITTEN {
        let text = link(&read(page, file)?, &named);
        named.push((file, folder.add_hashed(stem, ending, text.as_bytes())?));
    }
    let size = client.wasm.len().to_string();
    let index = fill(&read(page, "index.html")?, &named, &size)?;
    folder.add("index.html", index.as_bytes())
}

fn read(page: &Path, file: &str) -> Result<String, String> {
    let path = page.join(file);
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A script with the names that carry hashes of those it imports.
fn link(script: &str, named: &[(&str, String)]) -> String {
    let names = named.iter();
    names.fold(script.to_owned(), |text, (file, name)| {
        text.replace(&format!("{{{{{file}}}}}"), name)
    })
}

/// Replaces `{{FILE}}` by the name that carries the hash, and `{{wasm bytes}}` by the size.
fn fill(index: &str, named: &[(&str, String)], wasm_bytes: &str) -> Result<String, String> {
    let mut text = index.replace("{{wasm bytes}}", wasm_bytes);
    for (file, name) in named {
        let mark = format!("{{{{{file}}}}}");
        if !text.contains(&mark) {
            return Err(format!("index.html does not name {mark}"));
        }
        text = text.replace(&mark, name);
    }
    match text.find("{{") {
        None => Ok(text),
        Some(at) => {
            let rest: String = text[at..].chars().take(30).collect();
            Err(format!("index.html names what there is not: {rest}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fill, link};

    #[test]
    fn scripts_import_by_the_names_that_carry_hashes() {
        let named = [("a.js", "a-1.js".to_owned())];
        let linked = link("import \"/{{a.js}}\"; `${b}`", &named);
        assert_eq!(linked, "import \"/a-1.js\"; `${b}`");
    }

    #[test]
    fn marks_are_filled_and_none_is_left_over() {
        let named = [("a.js", "a-1.js".to_owned())];
        let filled = fill("<{{a.js}}> <{{a.js}}> {{wasm bytes}}", &named, "9");
        assert_eq!(filled, Ok("<a-1.js> <a-1.js> 9".to_owned()));
        assert!(fill("<b.js>", &named, "9").is_err());
        assert!(fill("{{a.js}} {{b.js}}", &named, "9").is_err());
    }
}
