//! Commands as players type them, right and wrong.

use super::*;

fn command(typed: &str) -> Slash {
    match read(typed) {
        Ok(Typed::Command(command)) => command,
        other => panic!("{typed}: {other:?}"),
    }
}

fn fault(typed: &str) -> String {
    read(typed).expect_err(typed).to_string()
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn lines_are_lines_and_two_slashes_are_one() {
    for line in ["hi", "a /w b", "1/2", ""] {
        assert_eq!(read(line), Ok(Typed::Line(text(line))));
    }
    assert_eq!(read(" hi "), Ok(Typed::Line(text("hi"))));
    assert_eq!(read("//w is short"), Ok(Typed::Line(text("/w is short"))));
}

#[test]
fn whispers_take_names_with_and_without_spaces() {
    let whisper = |to: &str, what: &str| Slash::Whisper {
        to: text(to),
        text: text(what),
    };
    assert_eq!(command("/w Ann hello  you"), whisper("Ann", "hello  you"));
    assert_eq!(command("/W @Ann hi"), whisper("Ann", "hi"));
    assert_eq!(command("/tell \"Ann B\" hi"), whisper("Ann B", "hi"));
    assert_eq!(command("/r yes"), Slash::Reply(text("yes")));
    let usage = "Write it as /w NAME TEXT. A name with spaces goes in quotes.";
    for wrong in ["/w", "/w Ann", "/w \"Ann B hi", "/w \"\" hi", "/w  "] {
        assert_eq!(fault(wrong), usage, "{wrong}");
    }
}

#[test]
fn places_and_groups() {
    for (typed, place) in [
        ("/team go", Place::Team),
        ("/t go", Place::Team),
        ("/near go", Place::Near),
        ("/n go", Place::Near),
        ("/room go", Place::Room),
        ("/party go", Place::Party),
        ("/p go", Place::Party),
        ("/g go", Place::Group),
        ("/announce go", Place::Server),
    ] {
        assert_eq!(command(typed), Slash::Say(place, text("go")), "{typed}");
    }
    assert_eq!(command("/party"), Slash::NewParty);
    assert_eq!(
        command("/group Night owls"),
        Slash::NewGroup(text("Night owls"))
    );
    assert_eq!(command("/invite Ann B"), Slash::Invite(text("Ann B")));
    assert_eq!(command("/invite \"Ann B\""), Slash::Invite(text("Ann B")));
    assert_eq!(command("/unblock Ann"), Slash::Block(text("Ann"), false));
    assert_eq!(command("/blocked"), Slash::Blocked);
    assert_eq!(command("/follow Ann"), Slash::Follow(text("Ann"), true));
    assert_eq!(command("/me waves"), Slash::Emote(text("waves")));
    assert_eq!(fault("/team"), "Write it as /team TEXT.");
    assert!(fault("/invite \"Ann\" B").starts_with("Write it as /invite NAME."));
}

#[test]
fn moderators_say_whom_how_long_and_why() {
    let moderate = |whom: &str, deed, why: &str| Slash::Moderate {
        whom: text(whom),
        deed,
        why: text(why),
    };
    let (mute, ban) = (Deed::Mute, Deed::Ban);
    assert_eq!(
        command("/mute Ann 10m spam spam"),
        moderate("Ann", mute(600), "spam spam")
    );
    assert_eq!(
        command("/mute \"Ann B\" 90"),
        moderate("Ann B", mute(90), "")
    );
    assert_eq!(command("/ban Ann 7d"), moderate("Ann", ban(604_800), ""));
    assert_eq!(
        command("/shadow Ann 2h x"),
        moderate("Ann", Deed::Shadow(7_200), "x")
    );
    assert_eq!(command("/unmute Ann"), moderate("Ann", mute(0), ""));
    assert_eq!(command("/unban Ann"), moderate("Ann", ban(0), ""));
    assert_eq!(command("/kick Ann go"), moderate("Ann", Deed::Kick, "go"));
    assert!(fault("/mute Ann").starts_with("Write it as /mute NAME 10m WHY."));
    let no_time = "\"spam\" is no time: write 30s, 10m, 2h or 7d, as in /mute NAME 10m WHY.";
    assert_eq!(fault("/mute Ann spam"), no_time);
    for time in [
        "0",
        "-1",
        "+1",
        "1w",
        "m",
        "99999999999",
        "99999d",
        "1.5h",
        "١",
    ] {
        assert!(
            fault(&format!("/ban Ann {time}")).contains("is no time"),
            "{time}"
        );
    }
    assert_eq!(command("/slow 10s"), Slash::Slow(10));
    assert_eq!(
        (command("/slow 0"), command("/slow off")),
        (Slash::Slow(0), Slash::Slow(0))
    );
    assert!(fault("/slow 1d").contains("is no time"));
}

#[test]
fn what_is_no_command_says_so_and_help_lists_what_is() {
    let unknown = "There is no command /dance. /help lists them; begin with // to say it.";
    assert_eq!(fault("/dance now"), unknown);
    assert!(fault("/").starts_with("There is no command /."));
    for (usage, ..) in HELP {
        assert!(matches!(read(usage), Ok(Typed::Command(_))), "{usage}");
    }
}
