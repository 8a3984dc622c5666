//! Words that are met, and words that only look like it.

use super::*;

/// Harmless words stand in for those of a real list.
fn filter() -> Filter {
    let mask = "# Mild ones.\n\nweed  # a comment\nass\ncock\nduck\ncum\n";
    Filter::of(mask, "slit\nсорок\n").expect("the lists are fair")
}

fn shown(text: &str) -> String {
    let filter = filter();
    let shown = filter.apply(text).map(Cow::into_owned);
    shown.unwrap_or_else(|Blocked| "blocked".to_owned())
}

#[test]
fn whole_words_are_masked_and_keep_their_length() {
    assert_eq!(shown("a duck!"), "a ****!");
    assert_eq!(shown("Duck, duck and DUCK"), "****, **** and ****");
    assert_eq!(shown("(duck)_duck_'duck'-duck"), "(****)_****_'****'-****");
    assert_eq!(shown("ｄｕｃｋ"), "****");
    assert_eq!(shown("a slit"), "blocked");
    assert_eq!(shown("weed slit"), "blocked");
    assert_eq!(shown(""), "");
}

#[test]
fn nothing_is_found_inside_longer_words() {
    for fair in [
        "Scunthorpe has a cocktail class; Essex grasses assume a peacock",
        "ducks, ducking, reduck, seaweed, slither, slits, cumin",
        "as a s s, coc k, duc-k",
        "455 and $$ and 1 + 1 = 2!",
        "con col cool assign bass",
        "año, Füße, näin, été",
    ] {
        assert_eq!(shown(fair), fair);
    }
}

#[test]
fn disguises_are_seen_through() {
    for (hidden, stars) in [
        ("w33d", 4),
        ("a55", 3),
        ("@ss", 3),
        ("a$$", 3),
        ("$lit", 0),
        ("sl1t", 0),
        ("s!it", 0),
        ("duuuuck", 7),
        ("asssss", 6),
        ("dÚck", 0),
        ("du\u{200D}ck", 5),
        ("d\u{0333}\u{0333}uck", 6),
        ("с\u{43E}ck", 4),
        ("𝐝𝐮𝐜𝐤", 4),
        ("ⓓⓤⓒⓚ", 4),
        ("cuⅿ", 3),
        ("ԁuck", 4),
    ] {
        let expected = match stars {
            0 if hidden == "dÚck" => hidden.to_owned(),
            0 => "blocked".to_owned(),
            stars => "*".repeat(stars),
        };
        assert_eq!(shown(hidden), expected, "{hidden}");
    }
    assert_eq!(shown("duck!!!"), "****!!!");
    assert_eq!(shown("@duck"), "@****");
}

#[test]
fn words_of_other_scripts_are_words_too() {
    assert_eq!(shown("СОРОК"), "blocked");
    assert_eq!(shown("сорока"), "сорока");
}

#[test]
fn letters_that_only_touch_are_not_taken_for_one() {
    let filter = Filter::of("bum\npom\n", "").expect("the lists are fair");
    for fair in ["burn", "porn"] {
        assert_eq!(filter.apply(fair), Ok(Cow::Borrowed(fair)));
    }
}

#[test]
fn a_list_that_is_wrong_says_where() {
    let fault = |mask: &str, block: &str| Filter::of(mask, block).unwrap_err().to_string();
    let two = fault("ass\ntwo words\n", "");
    assert!(
        two.starts_with("mask list, line 2: it is not one word"),
        "{two}"
    );
    let number = fault("", "\n\n455");
    assert!(
        number.starts_with("block list, line 3: a word has a letter"),
        "{number}"
    );
    let long = fault(&"x".repeat(65), "");
    assert!(long.contains("line 1: the word is too long"), "{long}");
    let many = fault(&"a\n".repeat(WORDS_MAX + 1), "");
    assert!(
        many.contains(&format!("line {}: too many", WORDS_MAX + 1)),
        "{many}"
    );
    let huge = fault(&"#".repeat(WORD_LIST_BYTES_MAX + 1), "");
    assert!(huge.contains("the list is too long"), "{huge}");
}

#[test]
fn no_text_panics_and_none_gets_longer() {
    use tickwire_shared::rng::Rng;
    let letters: Vec<char> = "duckas54$@! \u{301}\u{200D}ﷺßİⅿ🦆\u{958}кс"
        .chars()
        .collect();
    let filter = filter();
    for seed in 0..2_000 {
        let mut rng = Rng::new(seed);
        let length = rng.below(40);
        let pick = |_| letters[rng.below(letters.len() as u32) as usize];
        let text: String = (0..length).map(pick).collect();
        if let Ok(shown) = filter.apply(&text) {
            assert_eq!(shown.chars().count(), text.chars().count(), "seed {seed}");
            assert!(shown.len() <= text.len(), "seed {seed}");
            let again = filter
                .apply(&shown)
                .expect("nothing is blocked")
                .into_owned();
            assert_eq!(again, shown, "seed {seed}");
        }
    }
}
