//! The Kotlin, the Swift, the manifest and the property list say what `contract.rs` says.
//!
//! Each rule is a function over the texts, and is shown to fail on a planted error below.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use glow_engine::SERVICE_TYPE;
use serde::Serialize;
use tauri_plugin_afterglow::contract::{
    Announce, Ask, Command, EVENTS, Files, Folder, NativeEvent, NativeFile, Permission, Permissions, Preview,
    Previewed, Save, Seen, Sign, WatchRoll, Withdraw,
};

/// What the phones' languages hold, as text.
struct Sources {
    kotlin: String,
    swift: String,
    manifest: String,
}

impl Sources {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            kotlin: all(&root.join("android/src/main/java"), "kt"),
            swift: all(&root.join("ios/Sources"), "swift"),
            manifest: fs::read_to_string(root.join("android/src/main/AndroidManifest.xml")).unwrap(),
        }
    }
}

fn all(folder: &Path, ending: &str) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &all(&path, ending);
        } else if path.extension().is_some_and(|found| found == ending) {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

#[test]
fn every_command_is_a_function_of_both_phones_and_no_other_is() {
    let sources = Sources::read();
    assert_eq!(commands_that_differ(&sources), Vec::<String>::new());
}

#[test]
fn every_field_has_its_name_on_both_phones() {
    let sources = Sources::read();
    assert_eq!(fields_that_differ(&sources), Vec::<String>::new());
}

#[test]
fn every_word_of_an_answer_is_said_by_both_phones() {
    let sources = Sources::read();
    assert_eq!(words_that_miss(&sources), Vec::<String>::new());
}

#[test]
fn the_service_is_the_same_everywhere() {
    let sources = Sources::read();
    for (place, text) in [("Kotlin", &sources.kotlin), ("Swift", &sources.swift)] {
        assert!(text.contains(&format!("\"{SERVICE_TYPE}\"")), "{place} announces {SERVICE_TYPE}");
    }
}

#[test]
fn every_permission_that_kotlin_asks_for_is_declared() {
    let sources = Sources::read();
    assert_eq!(permissions_not_declared(&sources), Vec::<String>::new());
}

#[test]
fn the_manifest_declares_what_is_known_and_nothing_else() {
    assert_eq!(permissions_not_known(&Sources::read().manifest), Vec::<String>::new());
}

#[test]
fn the_manifest_names_classes_that_exist() {
    let sources = Sources::read();
    assert_eq!(classes_that_miss(&sources), Vec::<String>::new());
}

#[test]
fn the_page_reaches_this_device_without_tls_and_nothing_else() {
    let manifest = Sources::read().manifest;
    assert!(
        manifest.contains("android:networkSecurityConfig=\"@xml/afterglow_network\""),
        "Android would refuse pictures"
    );
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("android/src/main/res/xml/afterglow_network.xml");
    let rules = fs::read_to_string(rules).unwrap();
    assert!(rules.contains("<base-config cleartextTrafficPermitted=\"false\" />"), "nothing else");
    let hosts = rules.match_indices("<domain ").count();
    assert!(hosts == 2 && rules.contains(">127.0.0.1<") && rules.contains(">tauri.localhost<"), "{rules}");
}

#[test]
fn the_property_list_names_the_service_and_every_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/Info.ios.plist");
    let list = plist::Value::from_file(path).unwrap();
    assert_eq!(missing_in(list.as_dictionary().unwrap()), Vec::<String>::new());
}

#[test]
fn each_planted_error_is_found() {
    let good = Sources::read();
    let plant = |change: &dyn Fn(&mut Sources)| {
        let mut planted = Sources::read();
        change(&mut planted);
        planted
    };
    let renamed = plant(&|sources| sources.kotlin = good.kotlin.replace("fun stopRoll(", "fun endRoll("));
    assert_eq!(commands_that_differ(&renamed), ["Kotlin: endRoll is no command", "Kotlin: no function stopRoll"]);
    let lost = plant(&|sources| sources.swift = good.swift.replace("@objc public func save(", "func save("));
    assert_eq!(commands_that_differ(&lost), ["Swift: no function save"]);
    let field = plant(&|sources| sources.swift = good.swift.replace("let sinceMs: Int64", "let since: Int64"));
    assert_eq!(fields_that_differ(&field), ["Swift: WatchRollArgs has {folder, since}, not {folder, sinceMs}"]);
    let word = plant(&|sources| sources.kotlin = good.kotlin.replace("\"notAsked\"", "\"prompt\""));
    assert_eq!(words_that_miss(&word), ["Kotlin: notAsked"]);
    let silent = plant(&|sources| sources.manifest = good.manifest.replace("android.permission.CAMERA\"", "x\""));
    assert_eq!(permissions_not_declared(&silent), ["android.permission.CAMERA"]);
    assert_eq!(permissions_not_known(&silent.manifest), ["x"]);
    let gone = plant(&|sources| sources.manifest = good.manifest.replace(".SharingService", ".Sharing"));
    assert_eq!(classes_that_miss(&gone), ["Sharing"]);
    let mut list = plist::Dictionary::new();
    list.insert("NSBonjourServices".to_owned(), plist::Value::Array(vec!["_other._udp".into()]));
    assert_eq!(missing_in(&list).len(), 2 + REASONS.len(), "the service, every reason and the task are missed");
}

fn commands_that_differ(sources: &Sources) -> Vec<String> {
    let wanted: BTreeSet<&str> = Command::ALL.iter().map(|command| command.name()).collect();
    let kotlin = names_after(&sources.kotlin, "@Command\n    fun ");
    let swift = names_after(&sources.swift, "@objc public func ");
    let differing = |language, found: BTreeSet<&str>| {
        let strange = found.difference(&wanted).map(|name| format!("{language}: {name} is no command"));
        let missing = wanted.difference(&found).map(|name| format!("{language}: no function {name}"));
        strange.chain(missing).collect::<Vec<_>>()
    };
    [differing("Kotlin", kotlin), differing("Swift", swift)].concat()
}

fn names_after<'t>(text: &'t str, mark: &str) -> BTreeSet<&'t str> {
    text.match_indices(mark).map(|(at, _)| word(&text[at + mark.len()..])).collect()
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

/// Each class of the phones with what Rust sends or reads.
fn shapes() -> Vec<(&'static str, BTreeSet<String>)> {
    let events = || BTreeSet::from([EVENTS.to_owned()]);
    vec![
        ("ListenArgs", events()),
        ("BrowseArgs", events()),
        ("AskArgs", fields(Ask { what: Permission::Photos })),
        ("AnnounceArgs", fields(Announce::default())),
        ("WithdrawArgs", fields(Withdraw::default())),
        ("SignArgs", fields(Sign::default())),
        ("WatchRollArgs", fields(WatchRoll::default())),
        ("FolderArgs", fields(Folder::default())),
        ("ShareArgs", fields(Files::default())),
        ("SharedFile", fields(NativeFile::default())),
        ("SaveArgs", fields(Save::default())),
        ("PreviewArgs", fields(Preview::default())),
        ("Seen", fields(Seen::default())),
        ("Files", fields(Files::default())),
        ("NativeFile", fields(NativeFile::default())),
    ]
}

fn fields(shape: impl Serialize) -> BTreeSet<String> {
    serde_json::to_value(shape).unwrap().as_object().unwrap().keys().cloned().collect()
}

fn fields_that_differ(sources: &Sources) -> Vec<String> {
    let mut differing = Vec::new();
    for (name, wanted) in shapes() {
        let kotlin = declared(&sources.kotlin, &format!("class {name}"), &["lateinit var ", "    var ", "    val "]);
        let swift = declared(&sources.swift, &format!("struct {name}:"), &["    let "]);
        for (language, found) in [("Kotlin", kotlin), ("Swift", swift)] {
            if found != wanted {
                let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
                let (found, wanted) = (list(found), list(wanted.clone()));
                differing.push(format!("{language}: {name} has {{{found}}}, not {{{wanted}}}"));
            }
        }
    }
    differing
}

/// The names that a class of this head declares, up to the next empty line.
fn declared(text: &str, head: &str, marks: &[&str]) -> BTreeSet<String> {
    let starts = |at: usize| !text[at + head.len()..].starts_with(|next: char| next.is_ascii_alphanumeric());
    let Some(at) = text.match_indices(head).map(|(at, _)| at).find(|at| starts(*at)) else {
        return BTreeSet::new();
    };
    let body = text[at..].split("\n\n").next().unwrap();
    let names = |mark: &&str| names_after(body, mark).into_iter().map(str::to_owned).collect::<Vec<_>>();
    marks.iter().flat_map(names).collect()
}

/// Words that phones answer as text: grants, what is asked for, events, and the field of a preview.
fn words_that_miss(sources: &Sources) -> Vec<String> {
    let mut words = fields(Permissions::default());
    words.extend(["granted", "denied", "notAsked"].map(str::to_owned));
    words.extend(fields(Previewed::default()));
    words.insert("kind".to_owned());
    for event in NativeEvent::ALL {
        words.insert(serde_json::to_value(event).unwrap()["kind"].as_str().unwrap().to_owned());
    }
    let missing = |language: &'static str, text: &str| {
        let said = |name: &String| text.contains(&format!("\"{name}\""));
        // Only iOS wakes an app up.
        let needed = words.iter().filter(|name| language == "Swift" || *name != "catchUp");
        needed.filter(|name| !said(name)).map(|name| format!("{language}: {name}")).collect::<Vec<_>>()
    };
    [missing("Kotlin", &sources.kotlin), missing("Swift", &sources.swift)].concat()
}

fn permissions_not_declared(sources: &Sources) -> Vec<String> {
    let declared = declared_permissions(&sources.manifest);
    let by_constant = names_after(&sources.kotlin, "Manifest.permission.");
    let asked = by_constant.into_iter().chain(names_after(&sources.kotlin, "\"android.permission."));
    let asked = asked.map(|name| format!("android.permission.{name}")).collect::<BTreeSet<_>>();
    asked.into_iter().filter(|name| !declared.contains(name.as_str())).collect()
}

fn declared_permissions(manifest: &str) -> BTreeSet<&str> {
    let mark = "<uses-permission android:name=\"";
    manifest.match_indices(mark).map(|(at, _)| manifest[at + mark.len()..].split('"').next().unwrap()).collect()
}

/// All that a phone is ever asked for, so that a new one is a decision.
const KNOWN: [&str; 16] = [
    "ACCESS_LOCAL_NETWORK",
    "ACCESS_NETWORK_STATE",
    "ACCESS_WIFI_STATE",
    "CAMERA",
    "CHANGE_WIFI_MULTICAST_STATE",
    "FOREGROUND_SERVICE",
    "FOREGROUND_SERVICE_CONNECTED_DEVICE",
    "INTERNET",
    "MODIFY_AUDIO_SETTINGS",
    "NEARBY_WIFI_DEVICES",
    "POST_NOTIFICATIONS",
    "READ_EXTERNAL_STORAGE",
    "READ_MEDIA_IMAGES",
    "READ_MEDIA_VIDEO",
    "RECORD_AUDIO",
    "WRITE_EXTERNAL_STORAGE",
];

fn permissions_not_known(manifest: &str) -> Vec<String> {
    let is_known = |name: &&str| name.strip_prefix("android.permission.").is_some_and(|name| KNOWN.contains(&name));
    declared_permissions(manifest).into_iter().filter(|name| !is_known(name)).map(str::to_owned).collect()
}

fn classes_that_miss(sources: &Sources) -> Vec<String> {
    let named = names_after(&sources.manifest, "android:name=\"app.afterglow.mobile.");
    let exists = |name: &&str| sources.kotlin.contains(&format!("class {name} "));
    named.into_iter().filter(|name| !exists(name)).map(str::to_owned).collect()
}

/// Without its reason iOS ends the app that uses something.
const REASONS: [&str; 5] = [
    "NSLocalNetworkUsageDescription",
    "NSCameraUsageDescription",
    "NSMicrophoneUsageDescription",
    "NSPhotoLibraryUsageDescription",
    "NSPhotoLibraryAddUsageDescription",
];

fn missing_in(list: &plist::Dictionary) -> Vec<String> {
    let holds = |key: &str, value: &str| {
        let array = list.get(key).and_then(plist::Value::as_array);
        array.is_some_and(|array| array.iter().any(|entry| entry.as_string() == Some(value)))
    };
    let mut missing = Vec::new();
    if !holds("NSBonjourServices", SERVICE_TYPE) {
        missing.push(format!("NSBonjourServices: {SERVICE_TYPE}"));
    }
    let is_said = |key: &&&str| list.get(key).and_then(plist::Value::as_string).is_some_and(|reason| reason.len() > 20);
    missing.extend(REASONS.iter().filter(|key| !is_said(key)).map(|key| (*key).to_owned()));
    let task = "app.afterglow.Afterglow.catch-up";
    if !holds("BGTaskSchedulerPermittedIdentifiers", task) || !Sources::read().swift.contains(task) {
        missing.push(task.to_owned());
    }
    missing
}
